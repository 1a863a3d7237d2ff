//! Plans that were edited by hand, or are none.

use std::fs;

use acts::{Act, BadPlan, Plan};
use serde_json::{Value, json};

use crate::world::{World, assert_refused, proposal};

fn read(value: &Value) -> Result<Plan, BadPlan> {
    Plan::read(value.to_string().as_bytes())
}

fn with_one_step(world: &World) -> Value {
    let (copy, kept) = (world.file("copy", "equal"), world.file("kept", "equal"));
    let plan = world.plan(Act::Trash, vec![proposal(&copy, Some(&kept))]);
    let bytes = plan.write();
    assert_eq!(Plan::read(&bytes).unwrap(), plan);
    serde_json::from_slice(&bytes).unwrap()
}

#[test]
fn another_schema_and_another_shape_are_refused_whole() {
    let world = World::new();
    let plan = with_one_step(&world);
    let edited = |edit: &dyn Fn(&mut Value)| {
        let mut plan = plan.clone();
        edit(&mut plan);
        read(&plan).unwrap_err().to_string()
    };
    let why = edited(&|plan| plan["schema"] = json!("candor/plan/2"));
    assert!(
        why.contains("candor/plan/2") && why.contains("candor/plan/1"),
        "{why}"
    );
    assert_eq!(edited(&|plan| plan["extra"] = json!(1)), "it is no plan");
    assert_eq!(
        edited(&|plan| plan["steps"][0]["act"] = json!("shred")),
        "it is no plan"
    );
    assert_eq!(
        edited(&|plan| plan["steps"][0]["is"]["inode"] = json!(-1)),
        "it is no plan"
    );
    let why = edited(&|plan| {
        let step = plan["steps"][0].clone();
        plan["steps"].as_array_mut().unwrap().push(step);
    });
    assert!(why.contains("number 1"), "{why}");
    for text in ["", "{}", "[]", "null", "{\"schema\": 1}", "\u{feff}{}"] {
        assert!(Plan::read(text.as_bytes()).is_err(), "{text}");
    }
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
    let came = world.apply(&read(&plan).unwrap());
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
        let _ = Plan::read(&bytes);
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
