//! What holds now: a pure function of the events.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Event, ProgramId, Time, What, keys::hex};

/// Where one consent stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nobody was ever asked.
    Unknown,
    /// The question was shown and not answered.
    Asked,
    /// The person said yes, to exactly this.
    Given {
        /// The hash of the event that says so, 64 hex digits.
        event: String,
        /// From here on it no longer holds.
        until: Time,
    },
    /// The person said no.
    Refused,
    /// The person took a yes back.
    Withdrawn,
    /// A yes held for its time, which is over.
    Expired,
    /// A yes was to something else than what would be done now.
    Invalidated,
}

impl Standing {
    /// Returns whether something may be sent.
    #[must_use]
    pub fn is_given(&self) -> bool {
        matches!(self, Self::Given { .. })
    }

    /// Returns whether a person is to be asked: never after a no or a withdrawal.
    #[must_use]
    pub fn is_to_ask(&self) -> bool {
        matches!(
            self,
            Self::Unknown | Self::Asked | Self::Expired | Self::Invalidated
        )
    }

    /// Returns the word that stands in JSON: `given`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Asked => "asked",
            Self::Given { .. } => "given",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
            Self::Invalidated => "invalidated",
        }
    }
}

/// What the events come to, for every program that one of them names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    programs: BTreeMap<ProgramId, Last>,
    /// Hashes of events that gave a consent which was taken back later, whatever came after that.
    withdrawn: BTreeSet<String>,
}

/// What was last said about one program.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Last {
    standing: Standing,
    material: String,
    declaration: String,
    time: Time,
    /// The events that gave it since it was last withdrawn.
    given: Vec<Yes>,
}

/// An event that gave a consent.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Yes {
    event: String,
    /// It is part of the yes that stands now: said again, and to the same.
    stands: bool,
}

impl State {
    /// Replays events in their order. The same events always come to the same state.
    #[must_use]
    pub fn of<'a>(events: impl IntoIterator<Item = &'a Event>) -> Self {
        let mut state = Self::default();
        for event in events {
            state.apply(event);
        }
        state
    }

    /// Returns where the consent to a program stands at a moment, if `material` is what would be done.
    ///
    /// A yes to another material hash is [`Standing::Invalidated`], a yes whose time is over
    /// [`Standing::Expired`], whether an event says so or not. A no to another material hash still is
    /// a no: a change is no reason to ask again somebody who refused.
    #[must_use]
    pub fn standing(&self, program: &ProgramId, material: &str, now: Time) -> Standing {
        let Some(last) = self.programs.get(program) else {
            return Standing::Unknown;
        };
        match &last.standing {
            Standing::Given { .. } if last.material != material => Standing::Invalidated,
            // A clock that was set back before the yes makes it no longer than it was.
            Standing::Given { until, .. } if now >= *until => Standing::Expired,
            standing => standing.clone(),
        }
    }

    /// Returns whether the yes of an event holds right now, whatever the declaration says: what the courier
    /// asks of a record before it sends it. A yes that was said again to the same still holds.
    #[must_use]
    pub fn holds(&self, program: &ProgramId, event: &str, now: Time) -> bool {
        let last = self.programs.get(program);
        last.is_some_and(|last| {
            matches!(&last.standing, Standing::Given { until, .. } if now < *until)
                && last
                    .given
                    .iter()
                    .any(|yes| yes.stands && yes.event == event)
        })
    }

    /// Returns where a consent stood after its last event, before time or a new declaration is thought of.
    #[must_use]
    pub fn as_noted(&self, program: &ProgramId) -> Standing {
        let last = self.programs.get(program);
        last.map_or(Standing::Unknown, |last| last.standing.clone())
    }

    /// Returns the material hash that the last answer was to.
    pub(crate) fn material(&self, program: &ProgramId) -> Option<&str> {
        let last = self.programs.get(program)?;
        Some(&last.material)
    }

    /// Returns whether the yes of this event was taken back, even if there is a new one since.
    pub(crate) fn is_withdrawn(&self, event: &str) -> bool {
        self.withdrawn.contains(event)
    }

    /// Returns the SHA-256 of the declaration of the last event, and when that was.
    #[must_use]
    pub fn last(&self, program: &ProgramId) -> Option<(&str, Time)> {
        let last = self.programs.get(program)?;
        Some((&last.declaration, last.time))
    }

    /// Returns every program that an event names.
    pub fn programs(&self) -> impl Iterator<Item = &ProgramId> {
        self.programs.keys()
    }

    fn apply(&mut self, event: &Event) {
        let last = self.programs.remove(&event.program);
        let (before, mut given) = last
            .as_ref()
            .map_or((Standing::Unknown, Vec::new()), |last| {
                (last.standing.clone(), last.given.clone())
            });
        let is_same = last
            .as_ref()
            .is_some_and(|last| last.material == event.material);
        let ends = match event.what {
            What::Given => !is_same,
            What::Refused | What::Expired | What::Invalidated => true,
            What::Asked | What::Reworded | What::Withdrawn => false,
        };
        if ends {
            given.iter_mut().for_each(|yes| yes.stands = false);
        }
        match event.what {
            What::Given => given.push(Yes {
                event: hex(&event.hash()),
                stands: true,
            }),
            What::Withdrawn => self.withdrawn.extend(given.drain(..).map(|yes| yes.event)),
            _ => {}
        }
        let standing = match event.what {
            // A question that is not answered changes no answer.
            What::Asked if before.is_given() => before,
            What::Asked if matches!(before, Standing::Refused | Standing::Withdrawn) => before,
            What::Asked => Standing::Asked,
            What::Given => Standing::Given {
                event: hex(&event.hash()),
                until: event
                    .record
                    .as_ref()
                    .map_or(event.time, |record| record.event.valid_until),
            },
            What::Refused => Standing::Refused,
            What::Withdrawn => Standing::Withdrawn,
            What::Expired if before.is_given() => Standing::Expired,
            What::Invalidated if before.is_given() => Standing::Invalidated,
            What::Expired | What::Invalidated | What::Reworded => before,
        };
        // Words that changed, or a question without an answer, change nothing of what was agreed to.
        let material = match (event.what, last) {
            (What::Reworded | What::Asked, Some(last)) => last.material,
            _ => event.material.clone(),
        };
        let last = Last {
            standing,
            material,
            declaration: event.declaration.clone(),
            time: event.time,
            given,
        };
        self.programs.insert(event.program.clone(), last);
    }
}
