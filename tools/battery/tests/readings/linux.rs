//! Linux: power supplies built from numbers, one trap each.

use serde_json::Value;

use crate::pretend::{Sysfs, absent, close};

/// A real ThinkPad. Numbers from prometheus/procfs, testdata/fixtures.ttar at 3c943fdba94a,
/// 2026-06-30 (Apache-2.0); typed anew.
const THINKPAD: &str = "
    type Battery
    present 1
    status Discharging
    energy_now 49450000
    energy_full 50060000
    energy_full_design 47520000
    power_now 4830000
    voltage_now 12229000
    voltage_min_design 10800000
    capacity 98
    capacity_level Normal
    cycle_count 0
    charge_start_threshold 95
    charge_stop_threshold 100
    manufacturer LGC
    model_name LNV-45N1
    technology Li-ion
    alarm 2369000
";

/// Its `uevent`, which is of another moment.
const THINKPAD_UEVENT: &str = "POWER_SUPPLY_NAME=BAT0\nPOWER_SUPPLY_STATUS=Discharging\n\
    POWER_SUPPLY_PRESENT=1\nPOWER_SUPPLY_POWER_NOW=5064000\nPOWER_SUPPLY_ENERGY_FULL_DESIGN=47520000\n\
    POWER_SUPPLY_ENERGY_FULL=47390000\nPOWER_SUPPLY_ENERGY_NOW=40730000\nPOWER_SUPPLY_CAPACITY=85\n";

/// Two batteries that count in different units; synthetic.
const WATT_HOURS: &str = "
    type Battery
    scope System
    present 1
    status Discharging
    energy_now 9120000
    energy_full 17290000
    energy_full_design 23480000
    power_now 8725000
    capacity 52
    cycle_count 412
    charge_control_start_threshold 75
    charge_control_end_threshold 80
";
const AMPERE_HOURS: &str = "
    type Battery
    scope System
    present 1
    status Unknown
    charge_now 1990000
    charge_full 2010000
    charge_full_design 2200000
    voltage_min_design 10800000
    voltage_now 12204000
    current_now 0
    capacity 99
    cycle_count 0
";

#[test]
fn a_battery_better_than_new_is_not_cut_off_and_uevent_is_not_mixed_in() {
    let sysfs = Sysfs::new();
    sysfs.supply("BAT0", THINKPAD);
    sysfs.file("BAT0", "uevent", THINKPAD_UEVENT);
    sysfs.supply("AC", "type Mains\nonline 0");
    let seen = sysfs.look();
    let battery = &seen.data["batteries"][0];

    close(&battery["health_percent"], 105.3);
    close(&battery["energy"]["now_wh"], 49.45);
    close(&battery["energy"]["full_wh"], 50.06);
    close(&battery["energy"]["design_wh"], 47.52);
    close(&battery["charge_percent"], 98.8);
    close(&battery["charge_system_percent"], 98.0);
    close(&battery["power_w"], 4.83);
    assert_eq!(battery["state"], "discharging");
    assert_eq!(battery["thresholds"]["start_percent"], 95);
    assert_eq!(battery["thresholds"]["end_percent"], 100);
    assert!(absent(battery, "cycles").contains("stands for not reported"));
    assert!(
        !seen.data.to_string().contains("40730000"),
        "a value out of uevent"
    );
    assert_eq!(seen.data["plugged"], false);
    assert!(seen.findings.is_empty() && seen.skipped.is_empty());

    let source = battery["sources"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["field"] == "energy_full")
        .unwrap();
    assert_eq!(
        (source["raw"].as_str(), source["unit"].as_str()),
        (Some("50060000"), Some("µWh"))
    );
    assert!(
        source["path"]
            .as_str()
            .unwrap()
            .ends_with("power_supply/BAT0/energy_full")
    );
}

#[test]
fn two_batteries_add_up_by_energy_whatever_they_count_in() {
    let sysfs = Sysfs::new();
    sysfs.supply("BAT0", WATT_HOURS);
    sysfs.supply("BAT1", AMPERE_HOURS);
    let seen = sysfs.look();
    let [first, second] = [&seen.data["batteries"][0], &seen.data["batteries"][1]];

    close(&first["charge_percent"], 52.75);
    close(&first["health_percent"], 73.64);
    close(&first["time_left_minutes"], 62.7);
    assert_eq!(first["time_left_basis"], "at the present rate");
    assert_eq!(first["time_left_to"], "empty");
    assert_eq!(first["cycles"], 412);
    close(&second["energy"]["now_wh"], 21.492);
    close(&second["charge_percent"], 99.0);
    close(&second["health_percent"], 91.36);
    assert_eq!(second["state"], "unknown");
    assert!(second["time_left_minutes"].is_null());

    let all = &seen.data["together"];
    close(&all["energy"]["now_wh"], 30.612);
    close(&all["energy"]["full_wh"], 38.998);
    close(&all["charge_percent"], 78.5);
    close(&all["health_percent"], 82.55);
    close(&all["time_left_minutes"], 210.5);
    assert_eq!(all["state"], "discharging");
    assert_eq!(seen.rules(), ["battery.health-below-80"]);
    let section = format!("{:?}", seen.section);
    // 52.7475 and 82.5531: not rounded twice.
    for shown in ["52.7 %", "82.6 %", "73.6 %", "8.725 W"] {
        assert!(section.contains(shown), "{shown}: {section}");
    }
    let summary = seen.summary();
    assert!(
        summary.contains("2 batteries together are charged to 78.5 % (30.61 of 39.00 Wh)"),
        "{summary}"
    );
    assert!(
        summary.contains("About 3 h 31 min until empty, at the present rate."),
        "{summary}"
    );
}

#[test]
fn a_machine_without_a_battery_is_told_so() {
    let sysfs = Sysfs::new();
    sysfs.supply("AC", "type Mains\nonline 1");
    sysfs.supply(
        "mouse",
        "type Battery\nscope Device\npresent 1\nstatus Discharging\ncapacity 60\nmodel_name Mouse",
    );
    sysfs.supply("ups", "type UPS\nstatus Full\ncapacity 100");
    let seen = sysfs.look();
    assert_eq!(
        seen.summary(),
        "This machine has no battery that the system reports."
    );
    assert_eq!(seen.data["batteries"], Value::Array(Vec::new()));
    assert!(seen.data["together"].is_null());
    close(&seen.data["peripherals"][0]["charge_percent"], 60.0);
    assert_eq!(seen.data["ups"][0]["state"], "full");
    assert_eq!(seen.data["plugged"], true);
    assert!(seen.findings.is_empty() && seen.skipped.is_empty());
}

/// Attribute lines, and what the battery must then say: `name value`, or `name -` for a null.
const CASES: &[(&str, &str, &str)] = &[
    (
        "sixteen and thirty-two ones stand for unknown",
        "status Discharging|energy_now 65535000|energy_full 4294967295|energy_full_design 47520000|power_now 65535|cycle_count 65535",
        "energy.now_wh -|energy.full_wh -|health_percent -|power_w -|cycles -|time_left_minutes -|energy.design_wh 47.52",
    ),
    (
        "what is no number is no number",
        "status Charging|energy_now NaN|energy_full 50000000|energy_full_design 1e9|power_now -nan|capacity 12.5",
        "energy.now_wh -|energy.design_wh -|health_percent -|power_w -|charge_percent -|energy.full_wh 50",
    ),
    (
        "now far above full: the system's figure is shown",
        "status Full|energy_now 132000000|energy_full 120000000|energy_full_design 132000000|capacity 100",
        "charge_counters_percent -|charge_percent 100|charge_system_percent 100|health_percent 90.91|energy.now_wh 132",
    ),
    (
        "now far above full and a capacity that cannot be",
        "status Full|energy_now 132000000|energy_full 120000000|capacity 110",
        "charge_counters_percent -|charge_percent -|charge_system_percent -",
    ),
    (
        "a little above full is full",
        "status Full|energy_now 50100000|energy_full 50060000",
        "charge_percent 100|charge_counters_percent 100|energy.now_wh 50.1",
    ),
    (
        "capacity that disagrees with the counters stands beside them",
        "status Discharging|energy_now 48000000|energy_full 60000000|energy_full_design 80000000|capacity 60",
        "charge_percent 80|charge_counters_percent 80|charge_system_percent 60|health_percent 75",
    ),
    (
        "no power while it is drained is an unknown rate, and none when it rests is none",
        "status Discharging|energy_now 48000000|energy_full 60000000|power_now 0",
        "power_w -|time_left_minutes -",
    ),
    (
        "at rest",
        "status Not charging|energy_now 48000000|energy_full 60000000|power_now 0",
        "power_w 0|time_left_minutes -",
    ),
    (
        "a negative rate is a rate",
        "status Discharging|energy_now 30000000|energy_full 60000000|power_now -10000000",
        "power_w 10|time_left_minutes 180",
    ),
    (
        "current times voltage",
        "status Discharging|energy_now 30000000|energy_full 60000000|current_now -1000000|voltage_now 10000000",
        "power_w 10|current_a -1|time_left_minutes 180",
    ),
    (
        "a rate no machine has",
        "status Discharging|energy_now 30000000|energy_full 60000000|power_now 400000000",
        "power_w -|time_left_minutes -",
    ),
    (
        "charging counts down to the limit",
        "status Charging|energy_now 30000000|energy_full 60000000|power_now 18000000|charge_control_end_threshold 80",
        "time_left_minutes 60|thresholds.end_percent 80",
    ),
    (
        "a counter at nothing beside a battery that is not empty",
        "status Discharging|energy_now 0|energy_full 60000000|capacity 50",
        "energy.now_wh -|charge_percent 50|charge_counters_percent -",
    ),
    (
        "an empty battery",
        "status Discharging|energy_now 0|energy_full 60000000|capacity 0",
        "energy.now_wh 0|charge_percent 0",
    ),
    (
        "only a percentage",
        "status Discharging|capacity 42|temp 251|state_of_health 87",
        "charge_percent 42|energy.now_wh -|health_percent -|temperature_c 25.1",
    ),
    (
        "charge without any voltage is no energy, but a share and a health",
        "status Discharging|charge_now 1000000|charge_full 2000000|charge_full_design 2500000",
        "charge_percent 50|health_percent 80|energy.now_wh -|energy.full_wh -|charge.now_ah 1",
    ),
    (
        "full and design of nothing",
        "status Unknown|energy_now 0|energy_full 0|energy_full_design 0",
        "health_percent -|charge_percent -|energy.full_wh -",
    ),
    (
        "an empty bay",
        "present 0|status Unknown|energy_now 30000000|energy_full 60000000|capacity 50",
        "charge_percent -|energy.now_wh -",
    ),
    (
        "a temperature from nowhere",
        "status Full|temp 6553",
        "temperature_c -",
    ),
    (
        "a status of its own",
        "status Pondering|capacity 7",
        "charge_percent 7",
    ),
];

#[test]
fn broken_values_are_not_reported_and_good_ones_beside_them_are() {
    for (name, attributes, expected) in CASES {
        let sysfs = Sysfs::new();
        sysfs.supply(
            "BAT0",
            &format!("type Battery\n{}", attributes.replace('|', "\n")),
        );
        let seen = sysfs.look();
        let battery = &seen.data["batteries"][0];
        for line in expected.split('|') {
            let (field, value) = line.split_once(' ').unwrap();
            let found = field.split('.').fold(battery, |at, key| &at[key]);
            match value.parse::<f64>() {
                Ok(value) => {
                    let number = found
                        .as_f64()
                        .unwrap_or_else(|| panic!("{name}: {field} is {found}"));
                    assert!((number - value).abs() < 0.01, "{name}: {field} {number}");
                }
                Err(_) => {
                    assert!(found.is_null(), "{name}: {field} {found}");
                    assert!(!absent(battery, field).is_empty(), "{name}: {field}");
                }
            }
        }
        crate::pretend::no_contradiction(&seen.data);
    }
}

#[test]
fn an_empty_bay_takes_no_part_in_the_sum() {
    let sysfs = Sysfs::new();
    sysfs.supply("BAT0", WATT_HOURS);
    sysfs.supply("BAT1", "type Battery\npresent 0");
    let seen = sysfs.look();
    assert_eq!(seen.data["batteries"][1]["state"], "absent");
    assert_eq!(seen.data["together"]["of"], serde_json::json!(["BAT0"]));
    close(&seen.data["together"]["charge_percent"], 52.75);
}

#[test]
fn a_battery_that_says_too_little_is_named_and_left_out_of_the_sum() {
    let sysfs = Sysfs::new();
    sysfs.supply("BAT0", WATT_HOURS);
    sysfs.supply("BAT1", "type Battery\nstatus Discharging\ncapacity 50");
    let seen = sysfs.look();
    assert_eq!(seen.data["together"]["left_out"][0]["field"], "BAT1");
    assert!(seen.data["together"]["time_left_minutes"].is_null());
    assert!(
        seen.summary().contains("BAT1 is not counted"),
        "{}",
        seen.summary()
    );
}

#[test]
fn uevent_alone_is_used_when_the_files_say_nothing() {
    let sysfs = Sysfs::new();
    sysfs.supply("BAT0", "type Battery");
    sysfs.file("BAT0", "uevent", THINKPAD_UEVENT);
    let seen = sysfs.look();
    let battery = &seen.data["batteries"][0];
    close(&battery["charge_percent"], 85.9);
    close(&battery["power_w"], 5.064);
    for source in battery["sources"].as_array().unwrap() {
        assert!(
            source["path"].as_str().unwrap().ends_with("/uevent"),
            "{source}"
        );
    }
}

#[test]
fn plugged_and_drained_is_found_and_a_headset_charger_is_no_plug() {
    let sysfs = Sysfs::new();
    sysfs.supply("BAT0", "type Battery\nstatus Discharging\nenergy_now 30000000\nenergy_full 60000000\npower_now 9000000\ntemp 461");
    sysfs.supply("USB", "type USB\nonline 1\nscope Device");
    assert_eq!(sysfs.look().rules(), ["battery.hot"]);
    sysfs.supply("AC", "type Mains\nonline 1");
    assert_eq!(
        sysfs.look().rules(),
        ["battery.plugged-yet-discharging", "battery.hot"]
    );
}

#[test]
fn a_planted_link_opens_no_other_folder_and_is_named() {
    let sysfs = Sysfs::new();
    sysfs.supply("BAT0", WATT_HOURS);
    std::fs::create_dir_all(sysfs.root.path().join("home/ada/secret")).unwrap();
    std::os::unix::fs::symlink("../../../home/ada/secret", sysfs.class().join("BAT1")).unwrap();
    std::os::unix::fs::symlink("/etc", sysfs.class().join("BAT2")).unwrap();
    let reads = candor_battery::reads(&sysfs.machine());
    assert_eq!(reads.folders.len(), 1);
    assert!(reads.folders[0].ends_with("power_supply/BAT0"));
    assert!(
        reads
            .paths()
            .all(|path| path.starts_with(sysfs.root.path().canonicalize().unwrap().join("sys")))
    );
    let seen = sysfs.look();
    assert_eq!(seen.skipped.len(), 2);
    assert!(
        seen.skipped[0].why.to_string().contains("leads out"),
        "{:?}",
        seen.skipped
    );
}

#[test]
fn pipes_folders_and_links_in_place_of_attributes_hold_nobody_up() {
    let sysfs = Sysfs::new();
    sysfs.supply("BAT0", WATT_HOURS);
    let folder = sysfs.folder("BAT0");
    for name in ["temp", "serial_number", "model_name"] {
        assert!(!folder.join(name).exists());
    }
    std::fs::create_dir(folder.join("temp")).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", folder.join("serial_number")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        folder.join("model_name"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR,
        0,
    )
    .unwrap();
    let seen = sysfs.look();
    assert_eq!(seen.skipped.len(), 3, "{:?}", seen.skipped);
    close(&seen.data["batteries"][0]["charge_percent"], 52.75);
}

#[test]
fn a_disk_at_rest_has_nothing_to_read() {
    let sysfs = Sysfs::new();
    std::fs::remove_dir_all(sysfs.root.path().join("sys/class")).unwrap();
    let seen = sysfs.look();
    assert!(
        seen.summary().contains("disk at rest"),
        "{}",
        seen.summary()
    );
    assert!(seen.skipped.is_empty());
}

#[test]
fn names_from_the_firmware_cannot_write_to_the_terminal() {
    let sysfs = Sysfs::new();
    sysfs.supply("BAT0", WATT_HOURS);
    sysfs.file("BAT0", "model_name", "a\u{1b}[2Jb\u{202e}c\n");
    let seen = sysfs.look();
    assert_eq!(seen.data["batteries"][0]["model"], "a\\u{1b}[2Jb\\u{202e}c");
}
