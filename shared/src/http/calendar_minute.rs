//! Instants in UTC, for people and machines.

use std::time::Duration;

use super::Language;
use crate::clock::Timestamp;

const SECONDS_OF_DAY: u64 = 86_400;
const ENGLISH_MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A minute of the Gregorian calendar, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CalendarMinute {
    year: u64,
    /// From 0 for January.
    month: usize,
    day: u64,
    hour: u64,
    minute: u64,
}

impl CalendarMinute {
    /// The minute that contains an instant, at most the last of the year 9999.
    pub fn of(at: Timestamp) -> Self {
        let at = at.min(Timestamp::END - Duration::from_secs(1));
        let (days, second) = (at.as_unix() / SECONDS_OF_DAY, at.as_unix() % SECONDS_OF_DAY);
        let (mut year, mut day) = (1970, days);
        while day >= days_of_year(year) {
            day -= days_of_year(year);
            year += 1;
        }
        let mut month = 0;
        for days in days_of_months(year) {
            if day < days {
                break;
            }
            day -= days;
            month += 1;
        }
        Self { year, month, day: day + 1, hour: second / 3600, minute: second / 60 % 60 }
    }

    /// For people: `28 Nov 2026, 09:14 UTC`, or `28/11/2026, 09:14 UTC`.
    pub fn readable(self, language: Language) -> String {
        let Self { year, month, day, hour, minute } = self;
        let date = match language {
            Language::English => {
                format!("{day} {} {year}", ENGLISH_MONTHS.get(month).copied().unwrap_or_default())
            }
            Language::Vietnamese => format!("{day}/{}/{year}", month + 1),
        };
        format!("{date}, {hour:02}:{minute:02} UTC")
    }

    /// For machines: `2026-11-28T09:14Z` (HTML section 2.3.5.7).
    pub fn machine(self) -> String {
        let Self { year, month, day, hour, minute } = self;
        format!("{year:04}-{:02}-{day:02}T{hour:02}:{minute:02}Z", month + 1)
    }
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_of_year(year: u64) -> u64 {
    if is_leap(year) { 366 } else { 365 }
}

fn days_of_months(year: u64) -> [u64; 12] {
    let february = if is_leap(year) { 29 } else { 28 };
    [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_in_a_minute_of_the_calendar() {
        for (unix, machine) in [
            (0, "1970-01-01T00:00Z"),
            (59, "1970-01-01T00:00Z"),
            (86_399, "1970-01-01T23:59Z"),
            (86_400, "1970-01-02T00:00Z"),
            (951_782_400, "2000-02-29T00:00Z"),
            (951_868_800, "2000-03-01T00:00Z"),
            (1_709_251_199, "2024-02-29T23:59Z"),
            (1_735_689_599, "2024-12-31T23:59Z"),
            (1_735_689_600, "2025-01-01T00:00Z"),
            (4_107_542_400, "2100-03-01T00:00Z"),
            (253_402_300_799, "9999-12-31T23:59Z"),
            (u64::MAX, "9999-12-31T23:59Z"),
        ] {
            assert_eq!(CalendarMinute::of(Timestamp::from_unix(unix)).machine(), machine, "{unix}");
        }
    }

    #[test]
    fn each_language_writes_dates_its_way() {
        let at = CalendarMinute::of(Timestamp::from_unix(1_795_857_240));
        assert_eq!(at.machine(), "2026-11-28T09:14Z");
        assert_eq!(at.readable(Language::English), "28 Nov 2026, 09:14 UTC");
        assert_eq!(at.readable(Language::Vietnamese), "28/11/2026, 09:14 UTC");
    }
}
