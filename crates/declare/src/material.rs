//! Whether a changed declaration is a changed promise.

use serde::Serialize;

use crate::{
    Access, Declaration, FieldType, Operator, Period, Purpose, Recipient, Retention, Trigger, Via,
    declaration::{Keep, Read, Send, sha256_hex},
    operator::MaterialOperator,
};

impl Declaration {
    /// Returns the SHA-256 of the material part, in hex: when it changes, consent is asked again.
    ///
    /// Material are, for each thing read, kept or sent: the data (category, places, access,
    /// fields, transforms), the purpose, who receives it and how, the retention, the place where
    /// it is kept, the identifiers (with `linked` and `tracking`), the trigger and the rate, the
    /// window; with an operator, its servers and who runs them. Words for people, ids, the order of tables, keys and lists, and comments are not.
    #[must_use]
    pub fn material_hash(&self) -> String {
        let material = Material {
            schema: "candor-material/1",
            reads: sorted(self.reads().iter().map(read)),
            keeps: sorted(self.keeps().iter().map(|keep| kept(self, keep))),
            sends: sorted(self.sends().iter().map(|send| sent(self, send))),
            operator: self.operator().map(Operator::material),
        };
        let canonical =
            serde_json::to_string(&material).expect("text, numbers and lists are always JSON");
        sha256_hex(canonical.as_bytes())
    }
}

/// The canonical form: JSON of these structs, keys in the order written here, lists sorted.
#[derive(Serialize)]
struct Material<'a> {
    schema: &'static str,
    reads: Vec<MaterialRead<'a>>,
    keeps: Vec<MaterialKeep<'a>>,
    sends: Vec<MaterialSend<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operator: Option<MaterialOperator<'a>>,
}

#[derive(Serialize)]
struct MaterialRead<'a> {
    data: &'a str,
    places: Vec<&'a str>,
    access: Access,
    fields: Vec<&'a str>,
    window: Option<Period>,
    trigger: Trigger,
    purpose: &'a str,
    leaves_device: bool,
}

#[derive(Serialize)]
struct MaterialKeep<'a> {
    /// What the reading it comes from was, since that reading's id is not material.
    from: Option<MaterialRead<'a>>,
    data: &'a str,
    location: &'a str,
    encrypted: bool,
    retention: Retention,
}

#[derive(Serialize)]
struct MaterialSend<'a> {
    from: Option<MaterialRead<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    also_from: Vec<MaterialRead<'a>>,
    fields: Vec<MaterialField<'a>>,
    controller: Option<(&'a str, &'a str)>,
    to: Vec<&'a str>,
    via: Via,
    recipient: Recipient,
    third_parties: Vec<&'a str>,
    purpose: &'a str,
    purpose_type: Purpose,
    trigger: Trigger,
    max_rate: &'a str,
    linked: bool,
    tracking: bool,
    identifiers: Vec<&'a str>,
    retention: Period,
    storage_location: &'a str,
}

#[derive(Serialize)]
struct MaterialField<'a> {
    name: &'a str,
    from: Option<&'a str>,
    transform: Option<&'a str>,
    kind: FieldType,
    max_length: Option<u32>,
    minimum: Option<i64>,
    maximum: Option<i64>,
    choices: Vec<&'a str>,
}

fn read(read: &Read) -> MaterialRead<'_> {
    MaterialRead {
        data: &read.data,
        places: texts(&read.places),
        access: read.access,
        fields: texts(&read.fields),
        window: read.window,
        trigger: read.trigger,
        purpose: &read.purpose,
        leaves_device: read.leaves_device,
    }
}

fn kept<'a>(declaration: &'a Declaration, keep: &'a Keep) -> MaterialKeep<'a> {
    MaterialKeep {
        from: declaration.read_named(&keep.from).map(read),
        data: &keep.data,
        location: &keep.location,
        encrypted: keep.encrypted,
        retention: keep.retention,
    }
}

fn sent<'a>(declaration: &'a Declaration, send: &'a Send) -> MaterialSend<'a> {
    let fields = send.fields.iter().map(|field| MaterialField {
        name: &field.name,
        from: field.from.as_deref(),
        transform: field.transform.as_deref(),
        kind: field.kind,
        max_length: field.max_length,
        minimum: field.minimum,
        maximum: field.maximum,
        choices: texts(field.choices.as_deref().unwrap_or_default()),
    });
    let also_from = send
        .also_from
        .iter()
        .filter_map(|id| declaration.read_named(id))
        .map(read);
    MaterialSend {
        from: declaration.read_named(&send.from).map(read),
        also_from: sorted(also_from),
        fields: sorted(fields),
        controller: declaration
            .controller()
            .map(|it| (it.name.as_str(), it.jurisdiction.as_str())),
        to: texts(&send.to),
        via: send.via,
        recipient: send.recipient,
        third_parties: texts(&send.third_parties),
        purpose: &send.purpose,
        purpose_type: send.purpose_type,
        trigger: send.trigger,
        max_rate: &send.max_rate,
        linked: send.linked,
        tracking: send.tracking,
        identifiers: texts(&send.identifiers),
        retention: send.retention,
        storage_location: &send.storage_location,
    }
}

fn texts(list: &[String]) -> Vec<&str> {
    let mut list: Vec<&str> = list.iter().map(String::as_str).collect();
    list.sort_unstable();
    list
}

/// Sorts by canonical form, so that the order of tables in the file says nothing.
fn sorted<T: Serialize>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.collect();
    items.sort_by_cached_key(|item| {
        serde_json::to_string(item).expect("text, numbers and lists are always JSON")
    });
    items
}
