//! Plans that were edited by hand, or are none.

use std::fs;

use acts::{Act, BadPlan, PlanFile};
use serde_json::{Value, json};

use crate::world::{World, assert_refused, proposal};

fn read(value: &Value) -> Result<PlanFile, BadPlan> {
    PlanFile::of(value.to_string().as_bytes())
}

fn with_one_step(world: &World) -> Value {
    let (copy, kept) = (world.file("copy", "equal"), world.file("kept", "equal"));
    let plan = world.plan(Act::Trash, vec![proposal(&copy, Some(&kept))]);
    let bytes = plan.write();
    let reading = PlanFile::of(&bytes).unwrap();
    assert_eq!((&reading.plan, reading.unread.len()), (&plan, 0));
    serde_json::from_slice(&bytes).unwrap()
}

/// Asserts that no step can be carried out, and returns why the first cannot.
#[track_caller]
fn refused(plan: &Value) -> String {
    let reading = read(plan).unwrap();
    assert_eq!(reading.plan.steps, []);
    let first = &reading.unread[0];
    assert_eq!((first.number, first.act), (1, Some(Act::Trash)));
    assert!(first.path.as_ref().unwrap().0.ends_with("copy"));
    first.why.clone()
}

#[test]
fn every_step_of_another_schema_is_refused_by_name() {
    let world = World::new();
    let plan = with_one_step(&world);
    let edited = |edit: &dyn Fn(&mut Value)| {
        let mut plan = plan.clone();
        edit(&mut plan);
        refused(&plan)
    };
    let why = edited(&|plan| plan["schema"] = json!("candor/plan/2"));
    assert!(
        why.contains("candor/plan/2") && why.contains("candor/plan/1"),
        "{why}"
    );
    // Another version may have other fields and other acts.
    edited(&|plan| {
        plan["schema"] = json!("candor/plan/2");
        plan["steps"][0]["is"] = json!("another thing");
        plan.as_object_mut().unwrap().remove("machine");
    });
    let why = edited(&|plan| plan["extra"] = json!(1));
    assert_eq!(
        why.split(',').next().unwrap(),
        "the plan cannot be read: unknown field `extra`"
    );
    for text in [
        "",
        "{}",
        "[]",
        "null",
        "{\"schema\": 1}",
        "\u{feff}{}",
        "{\"schema\": \"candor/plan/1\"}",
    ] {
        assert!(PlanFile::of(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn a_step_that_cannot_be_read_is_refused_alone() {
    let world = World::new();
    let mut plan = with_one_step(&world);
    let good = plan["steps"][0].clone();
    let edits: [(&str, Value, &str); 5] = [
        ("path", json!(7), "cannot be read"),
        ("act", json!("shred"), "unknown variant `shred`"),
        ("is", json!({}), "missing field"),
        ("more", json!(1), "unknown field `more`"),
        ("number", json!("two"), "invalid type"),
    ];
    let mut steps = vec![good.clone()];
    for (number, (field, value, _)) in (2..).zip(&edits) {
        let mut step = good.clone();
        step["number"] = json!(number);
        step[field] = value.clone();
        steps.push(step);
    }
    steps.push(json!(null));
    plan["steps"] = json!(steps);
    let reading = read(&plan).unwrap();
    assert_eq!(reading.plan.steps.len(), 1);
    let numbers: Vec<u64> = reading.unread.iter().map(|it| it.number).collect();
    assert_eq!(numbers, [2, 3, 4, 5, 6, 7]);
    for (unread, (.., what)) in reading.unread.iter().zip(&edits) {
        assert!(
            unread.why.contains(what) && !unread.why.contains(" at line "),
            "{unread:?}"
        );
    }
    assert_eq!(reading.unread[0].path, None);
    assert_eq!(reading.unread[1].act, None);
    let came = world.apply(&reading.plan);
    assert_eq!(came, [(1, None)]);
}

#[test]
fn steps_that_share_a_number_are_refused_and_the_rest_goes_on() {
    let world = World::new();
    let mut plan = with_one_step(&world);
    let mut steps = vec![plan["steps"][0].clone(); 3];
    steps[2]["number"] = json!(2);
    plan["steps"] = json!(steps);
    let reading = read(&plan).unwrap();
    assert_eq!(reading.plan.steps.len(), 1);
    assert_eq!(reading.plan.steps[0].number, 2);
    assert!(
        reading
            .unread
            .iter()
            .all(|it| it.number == 1 && it.why.contains("another step has its number"))
    );
    assert_eq!(reading.unread.len(), 2);
    let all = reading.refused("for a reason");
    assert_eq!(all.plan.steps, []);
    assert_eq!(all.unread.len(), 3);
}

#[test]
fn a_step_that_makes_no_sense_is_refused_and_the_rest_goes_on() {
    let world = World::new();
    let mut plan = with_one_step(&world);
    let good = plan["steps"][0].clone();
    let mut steps = Vec::new();
    let mut add = |edit: &dyn Fn(&mut Value)| {
        let mut step = good.clone();
        edit(&mut step);
        step["number"] = json!(steps.len() + 1);
        steps.push(step);
    };
    add(&|step| step["path"] = json!("copy"));
    add(&|step| step["path"] = json!("/"));
    add(&|step| step["path"] = json!("/home/../etc/passwd"));
    add(&|step| step["survivor"]["path"] = step["path"].clone());
    add(&|step| step["survivor"]["is"]["size"] = json!(1));
    add(&|step| step["survivor"]["is"]["kind"] = json!("folder"));
    add(&|step| step["is"]["device"] = json!(0));
    add(&|step| step["is"]["changed"] = json!("1.000000000"));
    add(&|step| {
        step["act"] = json!("hardlink");
        step.as_object_mut().unwrap().remove("survivor");
    });
    add(&|step| step["inside"] = json!([{"path": "/etc/passwd", "is": step["is"]}]));
    let bad = steps.len();
    let mut step = good.clone();
    step["number"] = json!(bad + 1);
    steps.push(step);
    plan["steps"] = Value::Array(steps);
    let came = world.apply(&read(&plan).unwrap().plan);
    let refused = came.iter().filter(|(_, why)| why.is_some()).count();
    assert_eq!(refused, bad, "{came:?}");
    assert_eq!(came.last().unwrap(), &(bad as u64 + 1, None));
    assert!(world.home.join("kept").exists());
}

#[test]
fn a_folder_that_is_said_to_be_empty_stays() {
    let world = World::new();
    world.file("folder/letter", "dear");
    let folder = world.home.join("folder");
    let mut it = proposal(&folder, None);
    it.inside.clear();
    let came = world.apply(&world.plan(Act::Remove, vec![it]));
    assert_refused(&came, "something in it is not in the plan");
    assert_eq!(fs::read(folder.join("letter")).unwrap(), b"dear");
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>) {
        let _ = PlanFile::of(&bytes);
    }

    /// At least one copy of each content is left, whatever steps stand in a plan: any act, any file
    /// as the copy that stays, any order.
    #[test]
    fn one_copy_always_stays(
        steps in proptest::collection::vec((0..4_u8, 0..6_usize, 0..6_usize), 1..12),
        contents in proptest::collection::vec(0..2_u8, 6),
    ) {
        let world = World::below(std::path::Path::new("/dev/shm"));
        let paths: Vec<_> = contents.iter().enumerate()
            .map(|(number, content)| world.file(&format!("{number}"), [*content; 5]))
            .collect();
        let groups: Vec<_> = steps.iter().filter(|(_, one, other)| one != other).collect();
        for act in [Act::Trash, Act::Quarantine, Act::Remove, Act::Hardlink] {
            let of_act = groups.iter().filter(|it| it.0 == match act {
                Act::Trash => 0,
                Act::Quarantine => 1,
                Act::Remove => 2,
                _ => 3,
            });
            let there = of_act.filter(|it| paths[it.1].exists() && paths[it.2].exists());
            let steps = there.map(|it| proposal(&paths[it.1], Some(&paths[it.2]))).collect();
            world.apply(&world.plan(act, steps));
        }
        for content in &contents {
            let left = paths.iter().filter_map(|path| fs::read(path).ok());
            proptest::prop_assert!(left.into_iter().any(|it| it == [*content; 5]));
        }
    }
}
