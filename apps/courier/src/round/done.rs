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
    /// How many things were due and wait for the next round, since one round tells one thing.
    pub(crate) waiting: usize,
    /// What did not work, and why; it is tried again.
    pub(crate) troubles: Vec<(String, String)>,
}

impl Done {
    /// Returns that nothing was done, and why.
    pub(crate) fn nothing(why: &'static str) -> Self {
        Self {
            nothing_to_do: Some(why),
            ..Self::default()
        }
    }

    /// Returns what was done by one round and by one with another operator after it.
    pub(crate) fn both(one: Option<Self>, other: Self) -> Option<Self> {
        Some(match one {
            Some(one) => one.and(other),
            None => other,
        })
    }

    fn and(mut self, other: Self) -> Self {
        self.nothing_to_do = self.nothing_to_do.and(other.nothing_to_do);
        self.records.extend(other.records);
        self.tokens.extend(other.tokens);
        self.withdrawn += other.withdrawn;
        self.closed.extend(other.closed);
        self.proofs += other.proofs;
        self.waiting += other.waiting;
        self.troubles.extend(other.troubles);
        self
    }

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
            "waiting": self.waiting,
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
        if self.waiting > 0 {
            writeln!(
                out,
                "{} wait for the next run: what goes in one burst comes from one machine.",
                self.waiting
            )?;
        }
        for (what, why) in &self.troubles {
            writeln!(out, "Not done, {what}: {why}. It is tried again.")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: &str = include_str!("../../../../schemas/candor.courier.1.schema.json");

    fn busy() -> Done {
        Done {
            nothing_to_do: None,
            records: vec![(7, "sent; the operator has it")],
            tokens: vec!["org.candor.history/threat-sighting".to_owned()],
            withdrawn: 1,
            closed: vec![("org.candor.suite/usage-count".to_owned(), 2)],
            proofs: 1,
            waiting: 2,
            troubles: vec![("record 8".to_owned(), "overloaded".to_owned())],
        }
    }

    /// Every key that is written, with the keys of the objects in lists, is one the schema has, and the
    /// other way round.
    #[test]
    fn the_json_is_what_its_schema_says() {
        let schema: serde_json::Value = serde_json::from_str(SCHEMA).unwrap();
        let said = busy().to_json();
        let keys = |value: &serde_json::Value| -> Vec<String> {
            let mut keys: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
            keys.sort();
            keys
        };
        assert_eq!(keys(&said), keys(&schema["properties"]));
        assert_eq!(said["schema"], schema["properties"]["schema"]["const"]);
        for list in ["records", "closed", "troubles"] {
            let item = &schema["properties"][list]["items"];
            assert_eq!(keys(&said[list][0]), keys(&item["properties"]), "{list}");
        }
    }

    #[test]
    fn words_name_each_thing_that_was_done() {
        let words = busy().to_string();
        for told in [
            "threat-sighting: one-time tokens",
            "Record 7: sent",
            "1 taken back",
            "usage-count: the operator no longer takes this",
            "1 proofs",
            "2 wait for the next run",
            "Not done, record 8: overloaded",
        ] {
            assert!(words.contains(told), "{told}: {words}");
        }
    }
}
