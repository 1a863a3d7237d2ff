//! What a round did, in words and as JSON.

use std::fmt;

/// What a round did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Done {
    /// Why there was nothing to do, if there was nothing.
    pub(crate) nothing_to_do: Option<&'static str>,
    /// Records by number, and what was done for each.
    pub(crate) records: Vec<(i64, &'static str)>,
    /// Programs that tokens were taken for.
    pub(crate) tokens: Vec<String>,
    /// How many withdrawals were delivered.
    pub(crate) withdrawn: usize,
    /// Programs that the operator has closed for this version, and how many records were erased for it.
    pub(crate) closed: Vec<(String, usize)>,
    /// How many proofs were taken.
    pub(crate) proofs: usize,
    /// What did not work, and why; it is tried again.
    pub(crate) troubles: Vec<(String, String)>,
}

impl Done {
    pub(crate) fn to_json(&self) -> serde_json::Value {
        let pairs = |list: &[(String, usize)]| -> Vec<serde_json::Value> {
            list.iter()
                .map(
                    |(program, erased)| serde_json::json!({ "program": program, "erased": erased }),
                )
                .collect()
        };
        let records: Vec<_> = self
            .records
            .iter()
            .map(|(id, what)| serde_json::json!({ "id": id, "done": what }))
            .collect();
        let troubles: Vec<_> = self
            .troubles
            .iter()
            .map(|(what, why)| serde_json::json!({ "what": what, "why": why }))
            .collect();
        serde_json::json!({
            "schema": "candor/courier/1",
            "nothing_to_do": self.nothing_to_do,
            "records": records,
            "tokens": self.tokens,
            "withdrawn": self.withdrawn,
            "closed": pairs(&self.closed),
            "proofs": self.proofs,
            "troubles": troubles,
        })
    }
}

impl fmt::Display for Done {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(why) = self.nothing_to_do {
            writeln!(out, "Nothing was sent: {why}.")?;
        }
        for program in &self.tokens {
            writeln!(
                out,
                "{program}: one-time tokens for this week were taken from the issuer."
            )?;
        }
        for (id, what) in &self.records {
            writeln!(out, "Record {id}: {what}.")?;
        }
        if self.withdrawn > 0 {
            writeln!(
                out,
                "{} taken back: the operator erased what was sent.",
                self.withdrawn
            )?;
        }
        for (program, erased) in &self.closed {
            writeln!(
                out,
                "{program}: the operator no longer takes this from this version. {erased} waiting were erased."
            )?;
        }
        if self.proofs > 0 {
            writeln!(
                out,
                "{} proofs of what became of reports were kept.",
                self.proofs
            )?;
        }
        for (what, why) in &self.troubles {
            writeln!(out, "Not done, {what}: {why}. It is tried again.")?;
        }
        Ok(())
    }
}
