//! Tables for people, and the values in their cells.

use comfy_table::{Table, presets};
use serde_json::{Map, Value};

/// The widest cell of a list.
const MAX_WIDTH: usize = 60;

/// A list: a row for each object, a column for each of these names.
pub(crate) fn list(names: &[&str], objects: &[Map<String, Value>]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(names.iter().map(|name| name.to_uppercase()));
    for object in objects {
        table.add_row(names.iter().map(|name| shortened(cell(name, object.get(*name)))));
    }
    trimmed(&table)
}

/// One object: a line for each of these names that it has.
pub(crate) fn lines(names: &[&str], object: &Map<String, Value>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    for name in names.iter().filter(|name| object.contains_key(**name)) {
        table.add_row([(*name).to_owned(), cell(name, object.get(*name))]);
    }
    trimmed(&table)
}

fn trimmed(table: &Table) -> String {
    // Every cell has a space before it, the first of a line too.
    let line = |line: String| line.strip_prefix(' ').unwrap_or(&line).trim_end().to_owned();
    table.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// The name says what a number is: instants end in `_at`, lengths of time in `_ttl`.
fn cell(name: &str, value: Option<&Value>) -> String {
    let is_instant = name.ends_with("_at") || ["not_before", "valid_from", "auth_time"].contains(&name);
    let is_ttl = name.ends_with("_ttl") || name == "leeway";
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::Bool(true)) => "yes".to_owned(),
        Some(Value::Bool(false)) => "no".to_owned(),
        Some(Value::Number(number)) => match number.as_u64() {
            Some(seconds) if is_instant => instant(seconds),
            Some(seconds) if is_ttl => format!("{seconds} s"),
            _ => number.to_string(),
        },
        Some(Value::String(text)) => harmless(text),
        Some(Value::Array(values)) if values.iter().all(Value::is_string) => {
            let texts: Vec<_> = values.iter().filter_map(Value::as_str).map(harmless).collect();
            if texts.is_empty() { "none".to_owned() } else { texts.join(" ") }
        }
        Some(other) => harmless(&other.to_string()),
    }
}

/// Without what a terminal would obey: device names and user agents are whatever a caller sent.
pub(crate) fn harmless(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

fn shortened(text: String) -> String {
    if text.chars().count() <= MAX_WIDTH {
        return text;
    }
    text.chars().take(MAX_WIDTH - 1).chain(['…']).collect()
}

/// An instant in UTC, in the Gregorian calendar: `2026-11-23 14:05:09Z`.
pub(crate) fn instant(unix: u64) -> String {
    const DAY: u64 = 24 * 3600;
    let (days, seconds) = (unix / DAY, unix % DAY);
    let (year, month, day) = date(days);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}Z")
}

/// The date so many days after 1970-01-01. A cycle of the calendar is 400 years; years begin in March here, so that the
/// day that is there only at times is a year's last.
fn date(days: u64) -> (u64, u64, u64) {
    const CYCLE: u64 = 146_097;
    // From 1970-01-01 back to 0000-03-01.
    let days = days + 719_468;
    let (cycle, day_of_cycle) = (days / CYCLE, days % CYCLE);
    let leap_days = day_of_cycle / 1460 - day_of_cycle / 36_524 + day_of_cycle / 146_096;
    let year_of_cycle = (day_of_cycle - leap_days) / 365;
    let day_of_year = day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    let months_since_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * months_since_march + 2) / 5 + 1;
    let month = if months_since_march < 10 { months_since_march + 3 } else { months_since_march - 9 };
    let year = cycle * 400 + year_of_cycle + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn instants_are_those_of_the_calendar() {
        for (unix, text) in [
            (0, "1970-01-01 00:00:00Z"),
            (951_782_400, "2000-02-29 00:00:00Z"),
            (951_868_799, "2000-02-29 23:59:59Z"),
            (1_795_442_709, "2026-11-23 14:05:09Z"),
            (4_107_542_399, "2100-02-28 23:59:59Z"),
            (4_107_542_400, "2100-03-01 00:00:00Z"),
            (253_402_300_799, "9999-12-31 23:59:59Z"),
        ] {
            assert_eq!(instant(unix), text);
        }
    }

    #[test]
    fn every_day_of_eight_centuries_follows_the_one_before() {
        let mut expected = (1970, 1, 1);
        for days in 0..800 * 366 {
            assert_eq!(date(days), expected);
            let (year, month, day) = expected;
            let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let last = match month {
                2 if is_leap => 29,
                2 => 28,
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            expected = match (month, day) {
                (12, 31) => (year + 1, 1, 1),
                (_, day) if day == last => (year, month + 1, 1),
                _ => (year, month, day + 1),
            };
        }
    }

    #[test]
    fn a_cell_is_for_people_and_obeyed_by_no_terminal() {
        assert_eq!(cell("created_at", Some(&json!(0))), "1970-01-01 00:00:00Z");
        assert_eq!(cell("access_ttl", Some(&json!(60))), "60 s");
        assert_eq!(cell("scope", Some(&json!(["read", "write"]))), "read write");
        assert_eq!(cell("disabled", Some(&json!(true))), "yes");
        assert_eq!(cell("device_name", Some(&json!("a\u{1b}[2Jb\n"))), "a\u{fffd}[2Jb\u{fffd}");
        assert_eq!(shortened("x".repeat(61)).chars().count(), 60);
    }
}
