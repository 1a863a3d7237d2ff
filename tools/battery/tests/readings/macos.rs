//! macOS: property lists built from the values of eight public machines, one trap each.

use std::fmt::Write as _;

use candor_battery::{Input, Reads};
use knowledge::Platform;
use tool::{Machine, Moment};

use crate::pretend::{Seen, absent, close};

/// A value of `ioreg`: numbers, `true`, `false`, or a list of numbers.
type Values = &'static [(&'static str, &'static str)];

const M2_ON_BATTERY: Values = &[
    ("Amperage", "-587"),
    ("AppleRawCurrentCapacity", "2930"),
    ("AppleRawMaxCapacity", "3977"),
    ("NominalChargeCapacity", "4104"),
    ("DesignCapacity", "4563"),
    ("CurrentCapacity", "78"),
    ("MaxCapacity", "100"),
    ("CycleCount", "338"),
    ("DesignCycleCount9C", "1000"),
    ("AvgTimeToEmpty", "296"),
    ("AvgTimeToFull", "65535"),
    ("Voltage", "12093"),
    ("Temperature", "3044"),
    ("ExternalConnected", "false"),
    ("IsCharging", "false"),
    ("FullyCharged", "false"),
    ("CellVoltage", "4032 4032 4030"),
    ("NotChargingReason", "128"),
];

const M2_WEAK_CHARGER: Values = &[
    ("Amperage", "-479"),
    ("AppleRawCurrentCapacity", "2889"),
    ("AppleRawMaxCapacity", "3984"),
    ("NominalChargeCapacity", "4111"),
    ("DesignCapacity", "4563"),
    ("CurrentCapacity", "76"),
    ("MaxCapacity", "100"),
    ("CycleCount", "338"),
    ("AvgTimeToEmpty", "352"),
    ("TimeRemaining", "65535"),
    ("Voltage", "12071"),
    ("Temperature", "3033"),
    ("ExternalConnected", "true"),
    ("IsCharging", "false"),
    ("AdapterWatts", "45"),
];

const INTEL_CHARGING: Values = &[
    ("TimeRemaining", "54"),
    ("CellVoltage", "4175 4162 4164 0"),
    ("MaxCapacity", "6806"),
    ("Voltage", "12500"),
    ("CurrentCapacity", "5761"),
    ("CycleCount", "46"),
    ("DesignCapacity", "6900"),
    ("AvgTimeToFull", "54"),
    ("ManufactureDate", "15928"),
    ("Temperature", "3094"),
    ("FullyCharged", "false"),
    ("InstantAmperage", "2465"),
    ("Amperage", "2486"),
    ("IsCharging", "true"),
    ("DesignCycleCount9C", "1000"),
    ("AvgTimeToEmpty", "65535"),
];

const UNSIGNED_CURRENT: Values = &[
    ("InstantAmperage", "18446744073709550034"),
    ("Amperage", "18446744073709550034"),
    ("Voltage", "11441"),
    ("ExternalConnected", "false"),
];

const NESTED: Values = &[
    ("CycleCount", "298"),
    ("MaxCapacity", "100"),
    ("BatteryData/FullChargeCapacity", "7435"),
    ("BatteryData/NominalChargeCapacity", "7679"),
    ("BatteryData/FullyCharged", "1"),
    ("BatteryData/DesignCapacity", "8579"),
    ("BatteryData/CycleCount", "298"),
];

const ON_MAINS: Values = &[
    ("CurrentCapacity", "94"),
    ("TimeRemaining", "65535"),
    ("Amperage", "0"),
    ("AppleRawCurrentCapacity", "7438"),
    ("MaxCapacity", "100"),
    ("Temperature", "3048"),
    ("DesignCapacity", "8579"),
    ("Voltage", "12695"),
    ("CycleCount", "36"),
    ("AvgTimeToEmpty", "65535"),
    ("ExternalConnected", "true"),
    ("IsCharging", "false"),
];

const RAW_AND_NOMINAL: Values = &[
    ("AppleRawMaxCapacity", "8179"),
    ("NominalChargeCapacity", "8423"),
    ("DesignCapacity", "8694"),
    ("MaxCapacity", "100"),
    ("CycleCount", "35"),
];

const AIR_CHARGING: Values = &[
    ("CycleCount", "179"),
    ("DesignCycleCount9C", "1000"),
    ("ExternalConnected", "true"),
    ("IsCharging", "true"),
    ("CurrentCapacity", "80"),
    ("Voltage", "12501"),
    ("InstantAmperage", "1210"),
    ("AvgTimeToFull", "91"),
    ("AvgTimeToEmpty", "65535"),
    ("Temperature", "3012"),
    ("DesignCapacity", "4563"),
    ("NominalChargeCapacity", "3920"),
    ("MaxCapacity", "100"),
];

fn plist(values: Values) -> String {
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \
         \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n<plist version=\"1.0\"><array><dict>",
    );
    let (nested, top): (Vec<_>, Vec<_>) = values.iter().partition(|(key, _)| key.contains('/'));
    for (key, value) in top {
        write!(xml, "<key>{key}</key>{}", element(value)).unwrap();
    }
    if !nested.is_empty() {
        xml.push_str("<key>BatteryData</key><dict>");
        for (key, value) in nested {
            let key = key.trim_start_matches("BatteryData/");
            write!(xml, "<key>{key}</key>{}", element(value)).unwrap();
        }
        xml.push_str("</dict>");
    }
    xml.push_str("</dict></array></plist>");
    xml
}

fn element(value: &str) -> String {
    let integer = |number: &str| format!("<integer>{number}</integer>");
    match value {
        "true" | "false" => format!("<{value}/>"),
        list if list.contains(' ') => format!(
            "<array>{}</array>",
            list.split(' ').map(integer).collect::<String>()
        ),
        number => integer(number),
    }
}

fn mac(live: bool) -> Machine {
    let platform = Platform::Macos;
    Machine {
        platform,
        root: "/".into(),
        people: Vec::new(),
        now: Moment(0),
        live,
    }
}

fn look_at(bytes: impl Into<Vec<u8>>) -> Seen {
    let input = Input {
        reads: Reads::default(),
        ioreg: Some(bytes.into()),
        system_profiler: None,
    };
    let seen = Seen::of(candor_battery::look(&mac(true), &input));
    crate::pretend::no_contradiction(&seen.data);
    seen
}

fn battery_of(values: Values) -> serde_json::Value {
    let seen = look_at(plist(values));
    assert!(seen.skipped.is_empty(), "{:?}", seen.skipped);
    seen.data["batteries"][0].clone()
}

#[test]
fn a_full_capacity_of_one_hundred_is_a_percentage_and_no_health() {
    let battery = battery_of(M2_ON_BATTERY);
    close(&battery["charge_percent"], 78.0);
    close(&battery["charge_counters_percent"], 73.67);
    close(&battery["health_percent"], 89.94);
    assert_eq!(
        battery["health_from"],
        "NominalChargeCapacity / DesignCapacity"
    );
    assert_eq!(battery["state"], "discharging");
    close(&battery["power_w"], 7.099);
    close(&battery["temperature_c"], 30.44);
    assert_eq!(battery["cycles"], 338);
    assert_eq!(battery["cycles_design"], 1000);
    assert_eq!(battery["cell_imbalance_mv"], 2);
    close(&battery["system_time_left_minutes"], 296.0);
    close(&battery["time_left_minutes"], 299.5);
}

#[test]
fn a_charger_too_weak_is_found_although_it_is_connected() {
    let seen = look_at(plist(M2_WEAK_CHARGER));
    assert_eq!(seen.data["batteries"][0]["state"], "discharging");
    assert_eq!(seen.data["plugged"], true);
    assert_eq!(seen.rules(), ["battery.plugged-yet-discharging"]);
    let evidence = &seen.findings[0].evidence;
    assert!(
        evidence.contains("5.8 W") && evidence.contains("rated 45 W"),
        "{evidence}"
    );
}

#[test]
fn an_intel_mac_counts_in_mah_and_has_an_empty_cell_slot() {
    let seen = look_at(plist(INTEL_CHARGING));
    let battery = &seen.data["batteries"][0];
    close(&battery["charge_percent"], 84.65);
    close(&battery["health_percent"], 98.64);
    assert_eq!(battery["health_from"], "MaxCapacity / DesignCapacity");
    assert_eq!(battery["cells_mv"], serde_json::json!([4175, 4162, 4164]));
    assert_eq!(battery["cell_imbalance_mv"], 13);
    assert_eq!(battery["manufactured"], "2011-01-24");
    assert_eq!(battery["state"], "charging");
    close(&battery["system_time_left_minutes"], 54.0);
    close(&battery["temperature_c"], 30.94);
    assert!(seen.findings.is_empty(), "{:?}", seen.findings);
    assert!(seen.data["plugged"].is_null());
}

#[test]
fn a_current_without_its_sign_is_a_discharge() {
    let battery = battery_of(UNSIGNED_CURRENT);
    close(&battery["current_a"], -1.582);
    close(&battery["power_w"], 18.1);
    assert_eq!(battery["state"], "discharging");
    let raw = battery["sources"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["field"] == "Amperage")
        .unwrap();
    assert_eq!(raw["raw"], "18446744073709550034");
}

#[test]
fn keys_that_moved_into_battery_data_are_found_there() {
    let battery = battery_of(NESTED);
    close(&battery["health_percent"], 89.51);
    close(&battery["healths"][1]["percent"], 86.67);
    assert_eq!(battery["cycles"], 298);
    assert_eq!(battery["state"], "full");
    assert!(absent(&battery, "energy.full_wh").contains("no voltage"));
    let path = |field: &str| {
        let sources = battery["sources"].as_array().unwrap();
        sources.iter().find(|it| it["field"] == field).unwrap()["path"].clone()
    };
    assert_eq!(
        path("DesignCapacity"),
        "AppleSmartBattery/BatteryData/DesignCapacity"
    );
    assert_eq!(path("CycleCount"), "AppleSmartBattery/CycleCount");
}

#[test]
fn on_mains_and_not_charging_has_no_time_left_and_no_health_without_a_full_capacity() {
    let battery = battery_of(ON_MAINS);
    assert_eq!(battery["state"], "not_charging");
    close(&battery["charge_percent"], 94.0);
    close(&battery["power_w"], 0.0);
    assert!(battery["time_left_minutes"].is_null());
    assert!(absent(&battery, "health_percent").contains("percentage"));
}

#[test]
fn raw_and_nominal_health_both_stand_there_and_apples_own_comes_first() {
    let battery = battery_of(RAW_AND_NOMINAL);
    close(&battery["health_percent"], 96.88);
    close(&battery["healths"][0]["percent"], 96.88);
    close(&battery["healths"][1]["percent"], 94.08);

    let profiler = r#"{"SPPowerDataType":[{"sppower_battery_health_info":{"sppower_battery_health_maximum_capacity":"95%"}}]}"#;
    let input = Input {
        ioreg: Some(plist(RAW_AND_NOMINAL).into()),
        system_profiler: Some(profiler.into()),
        ..Input::default()
    };
    let seen = Seen::of(candor_battery::look(&mac(true), &input));
    close(&seen.data["batteries"][0]["health_percent"], 95.0);
    assert_eq!(
        seen.data["batteries"][0]["healths"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
}

#[test]
fn health_comes_from_the_nominal_capacity_where_the_raw_one_is_missing() {
    let battery = battery_of(AIR_CHARGING);
    close(&battery["health_percent"], 85.9);
    close(&battery["charge_percent"], 80.0);
    assert_eq!(battery["state"], "charging");
    close(&battery["current_a"], 1.21);
    close(&battery["system_time_left_minutes"], 91.0);
    assert!(absent(&battery, "time_left_minutes").contains("not reported"));
}

#[test]
fn cells_far_apart_heat_and_many_cycles_are_found() {
    let seen = look_at(plist(&[
        ("CellVoltage", "4100 4030 4101"),
        ("Temperature", "4610"),
        ("CycleCount", "800"),
        ("DesignCycleCount9C", "1000"),
        ("DesignCapacity", "5000"),
        ("NominalChargeCapacity", "3990"),
    ]));
    let expected = [
        "battery.health-below-80",
        "battery.cell-imbalance",
        "battery.hot",
        "battery.cycles-near-design",
    ];
    assert_eq!(seen.rules(), expected);

    // Just inside every limit: nothing.
    let seen = look_at(plist(&[
        ("CellVoltage", "4100 4050"),
        ("Temperature", "4500"),
        ("CycleCount", "799"),
        ("DesignCycleCount9C", "1000"),
        ("DesignCapacity", "5000"),
        ("NominalChargeCapacity", "4000"),
    ]));
    assert!(seen.findings.is_empty(), "{:?}", seen.findings);
}

#[test]
fn what_was_not_asked_is_not_said_to_be_missing() {
    let none = Input::default();
    let at_rest = Seen::of(candor_battery::look(&mac(false), &none));
    assert!(
        at_rest.summary().contains("disk at rest"),
        "{}",
        at_rest.summary()
    );
    assert!(at_rest.skipped.is_empty());

    let unanswered = Seen::of(candor_battery::look(&mac(true), &none));
    assert!(
        unanswered.summary().contains("could not be read"),
        "{}",
        unanswered.summary()
    );
    assert_eq!(unanswered.skipped.len(), 1);

    let desktop = look_at("");
    assert_eq!(
        desktop.summary(),
        "This machine has no battery that the system reports."
    );

    let damaged = look_at("<plist><array><dict>");
    assert!(
        damaged.summary().contains("could not be read"),
        "{}",
        damaged.summary()
    );
    assert_eq!(damaged.skipped.len(), 1);
}
