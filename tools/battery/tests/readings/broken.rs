//! Whatever stands in an attribute or a key: no panic, no number that is not one, no contradiction.

use candor_battery::Input;
use knowledge::Platform;
use proptest::prelude::*;
use tool::{Machine, Moment};

use crate::pretend::{Seen, Sysfs, no_contradiction};

const ATTRIBUTES: &[&str] = &[
    "capacity",
    "charge_behaviour",
    "charge_control_end_threshold",
    "charge_control_start_threshold",
    "charge_full",
    "charge_full_design",
    "charge_now",
    "charge_stop_threshold",
    "current_now",
    "cycle_count",
    "energy_full",
    "energy_full_design",
    "energy_now",
    "manufacture_month",
    "manufacture_year",
    "model_name",
    "power_now",
    "present",
    "state_of_health",
    "status",
    "temp",
    "time_to_empty_now",
    "time_to_full_now",
    "uevent",
    "voltage_min_design",
    "voltage_now",
];

const KEYS: &[&str] = &[
    "Amperage",
    "AppleRawCurrentCapacity",
    "AppleRawMaxCapacity",
    "AvgTimeToEmpty",
    "AvgTimeToFull",
    "CellVoltage",
    "CurrentCapacity",
    "CycleCount",
    "DesignCapacity",
    "DesignCycleCount9C",
    "ExternalConnected",
    "FullyCharged",
    "IsCharging",
    "ManufactureDate",
    "MaxCapacity",
    "NominalChargeCapacity",
    "NotChargingReason",
    "Temperature",
    "Voltage",
];

/// Bytes as a broken driver, a broken disk or an attacker could leave them.
fn content() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        3 => (0_i64..100_000_000).prop_map(|it| format!("{it}\n").into_bytes()),
        2 => any::<i64>().prop_map(|it| it.to_string().into_bytes()),
        1 => (0_i64..101).prop_map(|it| it.to_string().into_bytes()),
        1 => prop::sample::select(vec![
            "Charging", "Discharging", "Full", "Not charging", "Unknown", "0", "1", "65535", "NaN", "inf", "", "\n",
            "99999999999999999999999", "1e309", "-0", "+5", "0x10", "[a] b", "]x[",
        ]).prop_map(|it| it.as_bytes().to_vec()),
        2 => prop::collection::vec(any::<u8>(), 0..200),
    ]
}

fn element() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => (-5_000_i64..10_000).prop_map(|it| format!("<integer>{it}</integer>")),
        1 => any::<i64>().prop_map(|it| format!("<integer>{it}</integer>")),
        1 => any::<u64>().prop_map(|it| format!("<integer>{it}</integer>")),
        1 => any::<f64>().prop_map(|it| format!("<real>{it}</real>")),
        1 => any::<bool>().prop_map(|it| format!("<{it}/>")),
        1 => Just("<string>NaN</string>".to_owned()),
        1 => prop::collection::vec(-10_i64..6_000, 0..5).prop_map(|list| {
            let items: String = list.iter().map(|it| format!("<integer>{it}</integer>")).collect();
            format!("<array>{items}</array>")
        }),
    ]
}

/// serde_json writes a number that is not finite as null, and each null must have its reason: so
/// this also asserts that every number is finite.
fn assert_sound(seen: &Seen) {
    no_contradiction(&seen.data);
    let text = format!("{:?}", seen.section);
    for word in ["NaN", "inf "] {
        // A model may call itself so; a number may not.
        let from_numbers = seen.section.summary.iter().any(|line| line.contains(word));
        assert!(!from_numbers, "{text}");
    }
    for block in &seen.section.blocks {
        if let tool::Block::Bars { bars, .. } = block {
            assert!(
                bars.iter()
                    .all(|bar| bar.share.is_finite() && bar.share >= 0.0),
                "{text}"
            );
        }
        if let tool::Block::Table(table) = block {
            assert!(
                table
                    .rows
                    .iter()
                    .all(|row| row.len() == table.columns.len()),
                "{text}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    #[test]
    fn any_bytes_in_any_attribute(
        first in prop::collection::btree_map(prop::sample::select(ATTRIBUTES), content(), 0..16),
        second in prop::collection::btree_map(prop::sample::select(ATTRIBUTES), content(), 0..16),
    ) {
        let sysfs = Sysfs::new();
        for (id, attributes) in [("BAT0", first), ("BAT1", second)] {
            sysfs.supply(id, "type Battery");
            for (name, bytes) in attributes {
                sysfs.file(id, name, bytes);
            }
        }
        assert_sound(&sysfs.look());
    }

    #[test]
    fn any_value_in_any_key(
        top in prop::collection::btree_map(prop::sample::select(KEYS), element(), 0..16),
        inner in prop::collection::btree_map(prop::sample::select(KEYS), element(), 0..8),
    ) {
        let keys = |map: &std::collections::BTreeMap<&str, String>| -> String {
            map.iter().map(|(key, value)| format!("<key>{key}</key>{value}")).collect()
        };
        let xml = format!(
            "<plist><array><dict>{}<key>BatteryData</key><dict>{}</dict></dict></array></plist>",
            keys(&top),
            keys(&inner)
        );
        assert_sound(&look_at(xml.into_bytes()));
    }

    #[test]
    fn any_bytes_for_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        assert_sound(&look_at(bytes));
    }
}

fn look_at(bytes: Vec<u8>) -> Seen {
    let platform = Platform::Macos;
    let mac = Machine {
        platform,
        root: "/".into(),
        people: Vec::new(),
        now: Moment(0),
        live: true,
    };
    let input = Input {
        ioreg: Some(bytes.clone()),
        system_profiler: Some(bytes),
        ..Input::default()
    };
    Seen::of(candor_battery::look(&mac, &input))
}
