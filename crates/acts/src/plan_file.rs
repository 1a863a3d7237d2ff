//! Reading a plan that somebody may have edited: what can be read is carried out, the rest is refused
//! step by step.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use tool::PathText;

use crate::plan::{Act, Plan, SCHEMA, Step};

/// A plan as its file has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanFile {
    /// What can be carried out.
    pub plan: Plan,
    /// Steps that cannot, in the order of the file.
    pub unread: Vec<Unread>,
}

/// A step that is refused before anybody looks at its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Its number; if it tells none, its place in the file.
    pub number: u64,
    /// What it is about, if it tells.
    pub path: Option<PathText>,
    /// What was to be done, if it tells.
    pub act: Option<Act>,
    /// Why it is refused.
    pub why: String,
}

/// Why a file is no plan of any version: it has no steps that could be named.
#[derive(Debug, thiserror::Error)]
#[error("it is no plan")]
pub struct BadPlan(#[source] serde_json::Error);

impl PlanFile {
    /// Reads a plan.
    ///
    /// No step is carried out of a plan of another schema version, or that itself misses or has a field too
    /// many; and none that does, or shares its number with another.
    ///
    /// # Errors
    /// [`BadPlan`] when it is not JSON with a schema and a list of steps.
    pub fn of(bytes: &[u8]) -> Result<Self, BadPlan> {
        let head: Head<'_> = serde_json::from_slice(bytes).map_err(BadPlan)?;
        if head.schema != SCHEMA {
            let why = format!(
                "the plan is of the schema `{}`, and this version reads `{SCHEMA}`",
                head.schema
            );
            return Ok(head.refused(&why));
        }
        let whole: Whole<'_> = match serde_json::from_slice(bytes) {
            Ok(whole) => whole,
            Err(error) => {
                let why = format!("the plan cannot be read: {}", without_line(&error));
                return Ok(head.refused(&why));
            }
        };
        let mut numbers: HashMap<u64, usize> = HashMap::new();
        let steps: Vec<_> = whole
            .steps
            .iter()
            .map(|raw| serde_json::from_str::<Step>(raw.get()))
            .collect();
        for step in steps.iter().flatten() {
            *numbers.entry(step.number).or_default() += 1;
        }
        let mut read = Self {
            plan: Plan {
                schema: head.schema,
                made: whole.made,
                by: whole.by,
                machine: whole.machine,
                steps: Vec::new(),
            },
            unread: Vec::new(),
        };
        for ((place, raw), step) in (1..).zip(&whole.steps).zip(steps) {
            let why = match step {
                Ok(step) if numbers[&step.number] == 1 => {
                    read.plan.steps.push(step);
                    continue;
                }
                Ok(_) => "another step has its number, and a journal could not tell them apart"
                    .to_owned(),
                Err(error) => format!("the step cannot be read: {}", without_line(&error)),
            };
            read.unread.push(unread(place, raw, &why));
        }
        Ok(read)
    }

    /// Refuses every step for one reason.
    #[must_use]
    pub fn refused(self, why: &str) -> Self {
        let steps = self.plan.steps.iter().map(|step| Unread {
            number: step.number,
            path: Some(step.path.clone()),
            act: Some(step.act),
            why: why.to_owned(),
        });
        let mut unread: Vec<_> = steps.chain(self.unread).collect();
        unread.sort_by_key(|it| it.number);
        let plan = Plan {
            steps: Vec::new(),
            ..self.plan
        };
        Self { plan, unread }
    }
}

/// What a plan of any version has.
#[derive(Deserialize)]
struct Head<'a> {
    schema: String,
    #[serde(borrow)]
    steps: Vec<&'a RawValue>,
}

impl Head<'_> {
    fn refused(self, why: &str) -> PlanFile {
        let unread = (1..)
            .zip(&self.steps)
            .map(|(place, raw)| unread(place, raw, why))
            .collect();
        let plan = Plan {
            schema: self.schema,
            ..Plan::default()
        };
        PlanFile { plan, unread }
    }
}

/// A plan of this version, its steps not yet read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whole<'a> {
    #[serde(rename = "schema")]
    _schema: String,
    made: String,
    by: String,
    machine: String,
    #[serde(borrow)]
    steps: Vec<&'a RawValue>,
}

/// Returns what a step tells, be it broken.
fn unread(place: u64, raw: &RawValue, why: &str) -> Unread {
    // Another version may have other fields; these are what a person knows a step by.
    let step: Value = serde_json::from_str(raw.get()).unwrap_or_default();
    Unread {
        number: step["number"].as_u64().unwrap_or(place),
        path: serde_json::from_value(step["path"].clone()).ok(),
        act: serde_json::from_value(step["act"].clone()).ok(),
        why: why.to_owned(),
    }
}

/// The line and column that an error names are those within the step: they would mislead.
fn without_line(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split_once(" at line ")
        .map_or(text.clone(), |(words, _)| words.to_owned())
}
