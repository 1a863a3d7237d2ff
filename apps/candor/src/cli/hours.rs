//! Spans of time as people write them.

/// Reads `90m`, `24h`, `7d` or a bare number of hours as whole hours, rounded up.
pub(super) fn hours(text: &str) -> Result<u32, String> {
    let number = text.trim_end_matches(char::is_alphabetic);
    let amount: u32 = number.parse().map_err(|_| usage(text))?;
    let hours = match &text[number.len()..] {
        "m" | "min" => Some(amount.div_ceil(60)),
        "" | "h" => Some(amount),
        "d" => amount.checked_mul(24),
        "w" => amount.checked_mul(24 * 7),
        _ => None,
    };
    // Browsers forget after 90 days at most; ten years is beyond any mistake worth guessing at.
    hours
        .filter(|hours| (1..=87_600).contains(hours))
        .ok_or_else(|| usage(text))
}

fn usage(text: &str) -> String {
    format!("`{text}` is not a time like 24h, 90m, 7d or 2w, from an hour to ten years")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        for (text, expected) in [
            ("24h", 24),
            ("24", 24),
            ("90m", 2),
            ("7d", 168),
            ("2w", 336),
        ] {
            assert_eq!(hours(text), Ok(expected), "{text}");
        }
        for text in [
            "",
            "h",
            "0h",
            "-1h",
            "1y",
            "99999999d",
            "4294967295w",
            "24 h",
        ] {
            assert!(hours(text).is_err(), "{text}");
        }
    }
}
