//! Time as DOS kept it: what a clock on the wall showed, to two seconds.

/// Returns the seconds since 1970 that a clock on the wall showed; none where there is no such day.
///
/// Source: Microsoft, `DosDateTimeToFileTime`.
pub(super) fn wall_time(date: u16, time: u16) -> Option<i64> {
    let (date, time) = (i64::from(date), i64::from(time));
    let (year, month, day) = (1980 + (date >> 9), date >> 5 & 15, date & 31);
    if !is_day(date as u16) {
        return None;
    }
    let days = days_since_1970(year, month, day);
    Some(days * 86_400 + (time >> 11) * 3600 + (time >> 5 & 63) * 60 + (time & 31) * 2)
}

/// Returns whether month and day can be.
pub(super) fn is_day(date: u16) -> bool {
    (1..=12).contains(&(date >> 5 & 15)) && date & 31 != 0
}

/// Counts days of the Gregorian calendar; years begin in March, so that the leap day is the last.
pub(super) fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    let in_year = (153 * month + 2) / 5 + day - 1;
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + in_year
        - 719_468
}
