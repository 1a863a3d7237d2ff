//! The answer of `ioreg -rn AppleSmartBattery -a`: a property list in XML.
//!
//! The worker may not run a program, so the bytes come from whoever started it.

use plist::{Dictionary, Value};
use tool::Why;

use crate::reading::{NOT_REPORTED, Source};

/// A real answer has some tens of kilobytes.
const LONGEST: usize = 4 << 20;

/// Bounds the nesting too: a list in a list in a list … must not use up the stack.
const MOST_CONTAINERS: usize = 2000;

/// A machine has one.
const MOST_BATTERIES: usize = 16;

/// Returns the batteries in an answer; none when the answer is empty, as on a desktop machine.
pub(crate) fn entries(bytes: &[u8]) -> Result<Vec<Entry>, Why> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(Vec::new());
    }
    if bytes.len() > LONGEST {
        return Err(Why::TooLarge {
            detail: format!("an answer of {} bytes", bytes.len()),
        });
    }
    // Closing marks are not counted against opening ones: a comment could hold false ones.
    let openings = [b"<dict".as_slice(), b"<array"].map(|mark| {
        bytes
            .windows(mark.len())
            .filter(|window| *window == mark)
            .count()
    });
    if openings.iter().sum::<usize>() > MOST_CONTAINERS {
        return Err(Why::TooLarge {
            detail: format!("more than {MOST_CONTAINERS} lists"),
        });
    }
    let value = Value::from_reader_xml(bytes).map_err(|error| Why::Damaged {
        detail: format!("not a property list: {error}"),
    })?;
    let dictionaries: Vec<Dictionary> = match value {
        Value::Dictionary(one) => vec![one],
        Value::Array(many) => many
            .into_iter()
            .filter_map(Value::into_dictionary)
            .collect(),
        _ => {
            return Err(Why::Damaged {
                detail: "no list of batteries".to_owned(),
            });
        }
    };
    if dictionaries.len() > MOST_BATTERIES {
        return Err(Why::TooLarge {
            detail: format!("more than {MOST_BATTERIES} batteries"),
        });
    }
    Ok(dictionaries.into_iter().map(Entry).collect())
}

/// One battery's keys. A key is looked for at the top, then in `BatteryData`, where macOS 27
/// keeps those that stood at the top before.
#[derive(Debug)]
pub(crate) struct Entry(Dictionary);

impl Entry {
    fn find(&self, key: &str) -> Option<(&Value, &'static str)> {
        let inner = |name: &'static str| {
            let value = self.0.get(name)?.as_dictionary()?.get(key)?;
            Some((value, name))
        };
        self.0
            .get(key)
            .map(|value| (value, ""))
            .or_else(|| inner("BatteryData"))
    }

    /// Returns a number as it stands there: from i64's lowest to u64's highest.
    pub(crate) fn number(&self, key: &str) -> Result<i128, String> {
        let (value, _) = self.find(key).ok_or(NOT_REPORTED)?;
        integer(value).ok_or_else(|| format!("{key} is not a number"))
    }

    /// Returns a number inside `range`, or why there is none.
    pub(crate) fn whole(
        &self,
        key: &str,
        range: std::ops::RangeInclusive<i64>,
    ) -> Result<i64, String> {
        let number = self.number(key)?;
        if number == 65_535 {
            return Err(format!("{key} 65535 stands for unknown"));
        }
        i64::try_from(number)
            .ok()
            .filter(|number| range.contains(number))
            .ok_or_else(|| format!("{key} {number} cannot be"))
    }

    /// Returns a number that may be negative and was printed without its sign.
    ///
    /// The two's complement of 64, 32 or 16 bits is undone, whichever first gives a value of at
    /// most `limit` either way: 18446744073709550034 is -1582.
    pub(crate) fn signed(&self, key: &str, limit: i64) -> Result<i64, String> {
        let number = self.number(key)?;
        let readings = [
            i64::try_from(number).ok(),
            u64::try_from(number).ok().map(u64::cast_signed),
            u32::try_from(number)
                .ok()
                .map(|it| i64::from(it.cast_signed())),
            u16::try_from(number)
                .ok()
                .map(|it| i64::from(it.cast_signed())),
        ];
        let fitting = readings
            .into_iter()
            .flatten()
            .find(|it| (-limit..=limit).contains(it));
        fitting.ok_or_else(|| format!("{key} {number} cannot be"))
    }

    /// Returns a flag, written as a boolean or as 0 and 1.
    pub(crate) fn flag(&self, key: &str) -> Option<bool> {
        let (value, _) = self.find(key)?;
        value.as_boolean().or_else(|| match integer(value)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        })
    }

    /// Returns words, if the key holds any.
    pub(crate) fn text(&self, key: &str) -> Option<String> {
        let text = self.find(key)?.0.as_string()?.trim();
        (!text.is_empty()).then(|| tool::path_text::shown(text.as_ref()))
    }

    /// Returns a list of numbers; `None` when the key holds no list of at most 64 numbers.
    pub(crate) fn list(&self, key: &str) -> Option<Vec<i128>> {
        let values = self
            .find(key)?
            .0
            .as_array()
            .filter(|values| values.len() <= 64)?;
        values.iter().map(integer).collect()
    }

    /// Returns the charger's rating in watts, from either of its two places.
    pub(crate) fn adapter_watts(&self) -> Result<i64, String> {
        if let Some(Value::Dictionary(details)) = self.0.get("AdapterDetails")
            && let Some(watts) = details.get("Watts").and_then(integer)
        {
            return i64::try_from(watts)
                .ok()
                .filter(|watts| (1..=500).contains(watts))
                .ok_or_else(|| format!("AdapterDetails/Watts {watts} cannot be"));
        }
        self.whole("AdapterWatts", 1..=500)
    }

    /// Returns every known key that is there, as it was printed.
    pub(crate) fn sources(&self, id: &str) -> Vec<Source> {
        let source = |(key, unit): &(&str, &'static str)| {
            let (value, below) = self.find(key)?;
            let raw = printed(value)?;
            let path = [id, below, key].into_iter().filter(|part| !part.is_empty());
            let path = path.collect::<std::path::PathBuf>().into();
            Some(Source {
                field: (*key).to_owned(),
                raw,
                unit,
                path,
            })
        };
        KEYS.iter().filter_map(source).collect()
    }
}

fn integer(value: &Value) -> Option<i128> {
    match value {
        Value::Integer(number) => number
            .as_signed()
            .map(i128::from)
            .or_else(|| number.as_unsigned().map(i128::from)),
        _ => None,
    }
}

fn printed(value: &Value) -> Option<String> {
    match value {
        Value::Boolean(flag) => Some(flag.to_string()),
        Value::Integer(_) => integer(value).map(|number| number.to_string()),
        Value::Real(number) => Some(number.to_string()),
        Value::String(text) => Some(tool::path_text::shown(text.as_ref())),
        Value::Array(values) => {
            let parts: Option<Vec<String>> = values
                .iter()
                .take(64)
                .map(|it| Some(integer(it)?.to_string()))
                .collect();
            parts.map(|parts| format!("[{}]", parts.join(", ")))
        }
        _ => None,
    }
}

/// The keys that are read, with the unit of their value.
///
/// `MaxCapacity` and `CurrentCapacity` are mAh on Intel and percent on Apple Silicon.
/// `Temperature` in 0.01 °C fits all public values; Apple has not said so.
const KEYS: &[(&str, &str)] = &[
    ("AdapterWatts", "W"),
    ("Amperage", "mA"),
    ("AppleRawCurrentCapacity", "mAh"),
    ("AppleRawMaxCapacity", "mAh"),
    ("AvgTimeToEmpty", "min"),
    ("AvgTimeToFull", "min"),
    ("BatteryInstalled", ""),
    ("BatterySerialNumber", ""),
    ("CellVoltage", "mV"),
    ("CurrentCapacity", "mAh or %"),
    ("CycleCount", ""),
    ("DesignCapacity", "mAh"),
    ("DesignCycleCount9C", ""),
    ("DeviceName", ""),
    ("ExternalConnected", ""),
    ("FullChargeCapacity", "mAh"),
    ("FullyCharged", ""),
    ("InstantAmperage", "mA"),
    ("IsCharging", ""),
    ("ManufactureDate", "packed date"),
    ("Manufacturer", ""),
    ("MaxCapacity", "mAh or %"),
    ("NominalChargeCapacity", "mAh"),
    ("NotChargingReason", ""),
    ("Serial", ""),
    ("Temperature", "0.01 °C"),
    ("TimeRemaining", "min"),
    ("Voltage", "mV"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(key: &str, number: &str) -> Entry {
        let xml = format!(
            "<plist><array><dict><key>{key}</key><integer>{number}</integer></dict></array></plist>"
        );
        entries(xml.as_bytes()).unwrap().remove(0)
    }

    #[test]
    fn a_current_without_its_sign_gets_it_back() {
        for (printed, expected) in [
            ("18446744073709550034", -1582),
            ("4294965714", -1582),
            ("63954", -1582),
            ("-1582", -1582),
            ("2486", 2486),
            ("0", 0),
        ] {
            assert_eq!(
                entry("Amperage", printed).signed("Amperage", 20_000),
                Ok(expected),
                "{printed}"
            );
        }
        assert!(
            entry("Amperage", "40000")
                .signed("Amperage", 20_000)
                .is_err()
        );
    }

    #[test]
    fn nesting_without_end_is_refused_before_it_is_parsed() {
        let deep = "<array>".repeat(100_000);
        assert!(matches!(
            entries(deep.as_bytes()),
            Err(Why::TooLarge { .. })
        ));
        // Comments that look like ends do not fool the count.
        let fooled = "<array><!--</array>-->".repeat(50_000);
        assert!(matches!(
            entries(fooled.as_bytes()),
            Err(Why::TooLarge { .. })
        ));
    }

    #[test]
    fn an_empty_answer_is_no_battery_and_rubbish_is_damage() {
        assert_eq!(entries(b" \n").unwrap().len(), 0);
        assert!(matches!(
            entries(b"no such thing"),
            Err(Why::Damaged { .. })
        ));
        assert!(matches!(
            entries(b"<plist><string>x</string></plist>"),
            Err(Why::Damaged { .. })
        ));
    }

    #[test]
    fn keys_are_sorted() {
        assert!(KEYS.is_sorted());
    }
}
