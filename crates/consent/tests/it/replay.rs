//! The same events come to the same state, whatever happened before and between.

use candor_consent::{How, Ledger, Standing, State, Time};
use proptest::prelude::*;

use crate::world::{DAY, NOW, OPERATOR, SEND, World, give, operated, operated_by, program};

/// What a person, a clock or a new release does.
#[derive(Clone, Copy, Debug)]
enum Act {
    Ask,
    Give,
    Refuse,
    Withdraw,
    DaysPass(u16),
    OperatorChanges,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        Just(Act::Ask),
        Just(Act::Give),
        Just(Act::Refuse),
        Just(Act::Withdraw),
        (1_u16..500).prop_map(Act::DaysPass),
        Just(Act::OperatorChanges),
    ];
    prop::collection::vec(act, 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn replay_comes_to_the_same_state(acts in acts()) {
        let world = World::new();
        let mut ledger = world.ledger();
        let mut outbox = world.outbox();
        let declarations = [operated(), operated_by(&OPERATOR.replace("\"DE\"", "\"FR\""))];
        let (mut now, mut which) = (NOW, 0);
        // What a person would say is so: whether the last answer was a yes, to which declaration, when.
        let mut given: Option<(usize, Time)> = None;
        for act in acts {
            let declaration = &declarations[which];
            match act {
                Act::Ask => ledger.asked(declaration, SEND, How::Question, now).unwrap(),
                Act::Give => {
                    give(&mut ledger, declaration, now).unwrap();
                    given = Some((which, now));
                }
                Act::Refuse => {
                    ledger.refused(declaration, SEND, How::Question, now).unwrap();
                    given = None;
                }
                Act::Withdraw => {
                    outbox.withdraw(&mut ledger, &program(), How::Command, now).unwrap();
                    given = None;
                }
                Act::DaysPass(days) => now = now.plus(u64::from(days) * DAY),
                Act::OperatorChanges => which = 1 - which,
            }
            let declaration = &declarations[which];
            ledger.notice(declaration, now).unwrap();
            // What was noted as over does not come back by itself.
            given = given.filter(|(to, at)| *to == which && now < at.plus(365 * DAY));
            let standing = ledger.state().standing(&program(), &declaration.material_hash(), now);
            prop_assert_eq!(standing.is_given(), given.is_some(), "{:?} after {:?}", standing, act);
        }
        let read = Ledger::read(&world.folder).unwrap();
        prop_assert_eq!(read.state(), ledger.state());
        prop_assert_eq!(&State::of(read.events()), ledger.state());
        // Each beginning of the ledger has a state of its own: no event is looked at twice.
        for cut in 0..=read.events().len() {
            let events = &read.events()[..cut];
            prop_assert_eq!(State::of(events), State::of(events));
        }
        prop_assert_eq!(State::of([]).standing(&program(), "", now), Standing::Unknown);
    }
}
