//! Times as archives keep them, to seconds since 1970.

/// Returns what a clock on the wall showed: years since 1980, months and days in one number, hours, minutes and pairs of
/// seconds in the other. None where that is no day.
///
/// Source: APPNOTE 6.3.10, 4.4.6.
pub(super) fn of_dos(day: u16, time: u16) -> Option<i64> {
    let (date, time) = (i64::from(day), i64::from(time));
    let (year, month, of_month) = (1980 + (date >> 9), date >> 5 & 15, date & 31);
    let seconds = (time >> 11) * 3600 + (time >> 5 & 63) * 60 + (time & 31) * 2;
    is_day(day).then(|| days_since_1970(year, month, of_month) * 86_400 + seconds)
}

/// Returns whether month and day can be.
pub(super) fn is_day(date: u16) -> bool {
    (1..=12).contains(&(date >> 5 & 15)) && date & 31 != 0
}

/// Returns what Windows keeps as so many times 100 ns since 1601.
///
/// Source: Microsoft, `FILETIME`.
pub(super) fn of_windows(time: u64) -> i64 {
    // A tenth of a millionth of any number is one of these.
    (time / 10_000_000).cast_signed() - 11_644_473_600
}

/// Counts days of the Gregorian calendar; years begin in March, so that the leap day is the last.
pub(super) fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    let in_year = (153 * month + 2) / 5 + day - 1;
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + in_year
        - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_over_leap_years() {
        assert_eq!(days_since_1970(1970, 1, 1), 0);
        assert_eq!(days_since_1970(2000, 2, 29), 11_016);
        assert_eq!(days_since_1970(2026, 11, 27), 20_784);
    }

    #[test]
    fn windows_counts_from_1601() {
        assert_eq!(of_windows(116_444_736_000_000_000), 0);
        assert!(of_windows(u64::MAX) > 0);
    }

    #[test]
    fn a_month_of_zero_is_no_day() {
        assert_eq!(of_dos(0, 0), None);
        assert_eq!(of_dos(33, 1), Some(315_532_800 + 2));
    }
}
