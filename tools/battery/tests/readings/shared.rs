//! The shared battery data, where it lies beside the project: `CANDOR_SHARED` names its folder.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use candor_battery::Input;
use knowledge::Platform;
use serde_json::Value;
use tool::{Machine, Moment};

use crate::pretend::{Seen, Sysfs, close, no_contradiction};

/// Returns the folder, or says that it was not looked at.
fn shared() -> Option<PathBuf> {
    let folder = std::env::var_os("CANDOR_SHARED").map(|it| Path::new(&it).join("data/battery"));
    if folder.is_none() {
        eprintln!("the shared battery data was not looked at: CANDOR_SHARED is not set");
    }
    folder
}

#[test]
fn the_procfs_thinkpad() {
    let Some(shared) = shared() else { return };
    let sysfs = Sysfs::new();
    let firmware = "procfs/sys/devices/LNXSYSTM:00/LNXSYBUS:00/PNP0A08:00/device:00/PNP0C09:00";
    for (id, folder) in [
        ("BAT0", "PNP0C0A:00/power_supply/BAT0"),
        ("AC", "ACPI0003:00/power_supply/AC"),
    ] {
        sysfs.supply(id, "");
        for entry in std::fs::read_dir(shared.join(firmware).join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            sysfs.file(id, name, std::fs::read(&path).unwrap());
        }
    }
    let seen = sysfs.look();
    let battery = &seen.data["batteries"][0];
    close(&battery["health_percent"], 105.3);
    close(&battery["charge_percent"], 98.8);
    close(&battery["charge_system_percent"], 98.0);
    close(&battery["power_w"], 4.83);
    close(&battery["energy"]["now_wh"], 49.45);
    assert!(battery["cycles"].is_null());
    assert_eq!(
        battery["thresholds"],
        serde_json::json!({"start_percent": 95, "end_percent": 100})
    );
    assert!(seen.skipped.is_empty() && seen.findings.is_empty());
    no_contradiction(&seen.data);
}

#[test]
fn the_two_batteries() {
    let Some(shared) = shared() else { return };
    let record = std::fs::read_to_string(shared.join("thinkpad_two_batteries.umockdev")).unwrap();
    let sysfs = Sysfs::new();
    for device in record.split("\n\n") {
        let path = device
            .lines()
            .find_map(|line| line.strip_prefix("P: "))
            .unwrap();
        let id = path.rsplit('/').next().unwrap();
        sysfs.supply(id, "");
        for (name, value) in device
            .lines()
            .filter_map(|line| line.strip_prefix("A: ")?.split_once('='))
        {
            sysfs.file(id, name, format!("{value}\n"));
        }
    }
    let seen = sysfs.look();
    let [first, second] = [&seen.data["batteries"][0], &seen.data["batteries"][1]];
    close(&first["charge_percent"], 52.7);
    close(&first["health_percent"], 73.64);
    close(&first["power_w"], 8.725);
    close(&first["time_left_minutes"], 62.7);
    close(&second["energy"]["now_wh"], 21.492);
    close(&second["charge_percent"], 99.0);
    close(&second["health_percent"], 91.36);
    close(&seen.data["together"]["energy"]["now_wh"], 30.61);
    close(&seen.data["together"]["time_left_minutes"], 210.5);
    no_contradiction(&seen.data);
}

#[test]
fn the_eight_macs() {
    let Some(shared) = shared() else { return };
    let facts = std::fs::read(shared.join("macos_ioreg_facts.json")).unwrap();
    let facts: Value = serde_json::from_slice(&facts).unwrap();
    let sets = facts["sets"].as_array().unwrap();
    assert_eq!(sets.len(), 8);
    for set in sets {
        let mut xml = String::from("<plist><array>");
        write_element(&set["values"], &mut xml);
        xml.push_str("</array></plist>");
        let (platform, root) = (Platform::Macos, "/".into());
        let mac = Machine {
            platform,
            root,
            people: Vec::new(),
            now: Moment(0),
            live: true,
        };
        let input = Input {
            ioreg: Some(xml.into_bytes()),
            ..Input::default()
        };
        let seen = Seen::of(candor_battery::look(&mac, &input));
        assert!(seen.skipped.is_empty(), "{}: {:?}", set["id"], seen.skipped);
        no_contradiction(&seen.data);
        let battery = &seen.data["batteries"][0];
        let health = |name: &str| {
            let healths = battery["healths"].as_array().unwrap();
            healths.iter().find(|it| it["name"] == name).unwrap()["percent"]
                .as_f64()
                .unwrap()
        };
        for (name, expected) in set["expect"].as_object().into_iter().flatten() {
            let expected = expected.as_f64().unwrap();
            let found = match name.as_str() {
                "amps_ma" => battery["current_a"].as_f64().unwrap() * 1000.0,
                "watts" => -battery["power_w"].as_f64().unwrap(),
                "raw_health" => health("raw").round(),
                "nominal_health" => health("nominal").round(),
                "health" => battery["health_percent"].as_f64().unwrap(),
                other => panic!("an expectation this test does not know: {other}"),
            };
            assert!(
                (found - expected).abs() < 0.06,
                "{}: {name} {found} for {expected}",
                set["id"]
            );
        }
    }
}

fn write_element(value: &Value, xml: &mut String) {
    match value {
        Value::Object(fields) => {
            xml.push_str("<dict>");
            for (key, value) in fields {
                write!(xml, "<key>{key}</key>").unwrap();
                write_element(value, xml);
            }
            xml.push_str("</dict>");
        }
        Value::Array(values) => {
            xml.push_str("<array>");
            values.iter().for_each(|value| write_element(value, xml));
            xml.push_str("</array>");
        }
        Value::Bool(flag) => write!(xml, "<{flag}/>").unwrap(),
        Value::Number(number) => write!(xml, "<integer>{number}</integer>").unwrap(),
        other => panic!("no such value in the facts: {other}"),
    }
}
