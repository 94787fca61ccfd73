//! Tables for people, and their cells. They are as wide as the terminal; without a terminal, nothing is
//! shortened.

use serde_json::{Map, Value};
use shared::duration;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::harmless::harmless;

/// The spaces between two columns.
const GAP: usize = 2;
/// The narrowest width of a shortened column.
const MIN_WIDTH: usize = 12;

/// A list, with a row for each object and a column for each name. If the columns are too wide, long texts are
/// shortened. If that isn't enough, each object becomes a paragraph.
pub(crate) fn list(names: &[&str], objects: &[Map<String, Value>], width: Option<usize>) -> String {
    let header: Vec<String> = names.iter().map(|name| name.to_uppercase()).collect();
    let of_object =
        |object: &Map<String, Value>| names.iter().map(|name| cell(name, object.get(*name))).collect();
    let rows: Vec<Vec<String>> = std::iter::once(header).chain(objects.iter().map(of_object)).collect();
    let natural = |column: usize| rows.iter().map(|row| row[column].width()).max().unwrap_or_default();
    let mut widths: Vec<usize> = (0..names.len()).map(natural).collect();
    if let Some(width) = width
        && !fit(&mut widths, names, width)
    {
        let paragraphs: Vec<String> =
            objects.iter().map(|object| lines(names, object, Some(width))).collect();
        return paragraphs.join("\n\n");
    }
    rows.iter().map(|row| line(row, &widths)).collect::<Vec<_>>().join("\n")
}

/// An object, with a line for each of these names that it has. On a terminal, a long value continues in the
/// next line, between words.
pub(crate) fn lines(names: &[&str], object: &Map<String, Value>, width: Option<usize>) -> String {
    let names: Vec<&str> = names.iter().copied().filter(|name| object.contains_key(*name)).collect();
    let label = names.iter().map(|name| name.width()).max().unwrap_or_default();
    let room = width.map(|width| width.saturating_sub(label + GAP).max(MIN_WIDTH));
    let mut text = Vec::new();
    for name in names {
        for (i, part) in parts(name, object.get(name), room).into_iter().enumerate() {
            let name = if i == 0 { name } else { "" };
            text.push(line(&[name.to_owned(), part], &[label, 0]));
        }
    }
    text.join("\n")
}

/// Narrows the columns until they fit, the widest first. Columns that people copy stay: identifiers, names
/// and instants.
fn fit(widths: &mut [usize], names: &[&str], width: usize) -> bool {
    let gaps = GAP * widths.len().saturating_sub(1);
    loop {
        let excess = (widths.iter().sum::<usize>() + gaps).saturating_sub(width);
        if excess == 0 {
            return true;
        }
        let least = |column: usize| MIN_WIDTH.max(names[column].len());
        let shrinkable = (0..widths.len()).filter(|i| !is_whole(names[*i]) && widths[*i] > least(*i));
        let Some(widest) = shrinkable.max_by_key(|i| widths[*i]) else { return false };
        widths[widest] -= excess.min(widths[widest] - least(widest)).min((widths[widest] / 4).max(1));
    }
}

fn is_whole(name: &str) -> bool {
    name.ends_with("_id")
        || name.ends_with("_at")
        || matches!(name, "username" | "email" | "kid" | "disabled" | "kind")
}

fn line(cells: &[String], widths: &[usize]) -> String {
    let last = cells.len().saturating_sub(1);
    let mut line = String::new();
    for (i, (cell, width)) in cells.iter().zip(widths).enumerate() {
        let shown = if *width > 0 { shortened(cell, *width) } else { cell.clone() };
        let padding = if i == last { 0 } else { (width + GAP).saturating_sub(shown.width()) };
        line += &shown;
        line += &" ".repeat(padding);
    }
    line.trim_end().to_owned()
}

fn shortened(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut room = width.saturating_sub(1);
    let fits = |c: &char| {
        let width = c.width().unwrap_or_default();
        let fits = width <= room;
        room = room.saturating_sub(width);
        fits
    };
    let mut shown: String = text.chars().take_while(fits).collect();
    shown.push('…');
    shown
}

/// The lines of a value: several for a list of objects, or for a value wider than the room.
fn parts(name: &str, value: Option<&Value>, room: Option<usize>) -> Vec<String> {
    let pairs = |object: &Map<String, Value>| -> Vec<String> {
        object.iter().map(|(name, value)| format!("{} {}", harmless(name), cell(name, Some(value)))).collect()
    };
    let whole = match value {
        Some(Value::Array(values)) if !values.is_empty() && values.iter().all(Value::is_object) => {
            values.iter().filter_map(Value::as_object).map(|object| pairs(object).join(", ")).collect()
        }
        Some(Value::Object(object)) => {
            let one = cell(name, value);
            if room.is_some_and(|room| one.width() > room) { pairs(object) } else { vec![one] }
        }
        value => vec![cell(name, value)],
    };
    match room {
        None => whole,
        Some(room) => whole.iter().flat_map(|text| wrapped(text, room)).collect(),
    }
}

/// Breaks a text between words. A word wider than the room stays whole, so that people can copy it.
fn wrapped(text: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        // Unwrap safety: there is a line from the start.
        let line = lines.last_mut().expect("a line");
        if line.is_empty() {
            line.push_str(word);
        } else if line.width() + 1 + word.width() <= room {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// The text of a cell. The name tells the meaning of a number: instants end in `_at`, lengths of time in
/// `_ttl`.
fn cell(name: &str, value: Option<&Value>) -> String {
    let is_instant =
        name.ends_with("_at") || ["not_before", "valid_from", "auth_time", "locked_until"].contains(&name);
    let is_ttl = name.ends_with("_ttl") || name == "leeway";
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::Bool(true)) => "yes".to_owned(),
        Some(Value::Bool(false)) => "no".to_owned(),
        Some(Value::Number(number)) => match number.as_u64() {
            Some(seconds) if is_instant => instant(seconds),
            Some(seconds) if is_ttl => duration::show(seconds),
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

/// An instant in UTC, in the Gregorian calendar: `2026-11-23 14:05:09Z`.
pub(crate) fn instant(unix: u64) -> String {
    const DAY: u64 = 24 * 3600;
    let (days, seconds) = (unix / DAY, unix % DAY);
    let (year, month, day) = date(days);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}Z")
}

/// The date this many days after 1970-01-01. The calendar repeats every 400 years. Years begin in March here,
/// so that a leap day is the last of its year.
fn date(days: u64) -> (u64, u64, u64) {
    const CYCLE: u64 = 146_097;
    // Counts from 0000-03-01.
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
    fn cells_are_readable_and_escape_control_characters() {
        assert_eq!(cell("created_at", Some(&json!(0))), "1970-01-01 00:00:00Z");
        assert_eq!(cell("access_ttl", Some(&json!(1_209_600))), "14d");
        assert_eq!(cell("scope", Some(&json!(["read", "write"]))), "read write");
        assert_eq!(cell("disabled", Some(&json!(true))), "yes");
        assert_eq!(cell("device_name", Some(&json!("a\u{1b}[2Jb\n"))), r"a\u{1b}[2Jb\n");
        assert_eq!(
            cell("user_agent", Some(&json!("\u{202e}a\u{2066}\u{200b}"))),
            r"\u{202e}a\u{2066}\u{200b}"
        );
        assert_eq!(cell("scope", Some(&json!(["a\u{2028}", "b\u{61c}"]))), r"a\u{2028} b\u{61c}");
        assert_eq!(cell("claims", Some(&json!({"\u{200f}a": "\u{9b}1m"}))), r#"{"\u{200f}a":"\u{9b}1m"}"#);
        assert_eq!(shortened("a語語b", 5), "a語…");
    }

    fn object(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(object) => object,
            _ => Map::new(),
        }
    }

    #[test]
    fn a_list_fits_the_terminal_and_is_complete_elsewhere() {
        let names = ["user_id", "username", "claims"];
        let claims = json!({"email": "ada@example.com", "roles": ["admin", "editor"], "city": "London"});
        let users =
            [object(json!({"user_id": "8f3kQpXv0aLm", "username": "ada@example.com", "claims": claims}))];
        let wide = list(&names, &users, None);
        assert!(wide.contains(r#""London""#) && !wide.contains('…'), "{wide}");
        let narrow = list(&names, &users, Some(60));
        assert!(narrow.lines().all(|line| line.width() <= 60), "{narrow}");
        assert_eq!(narrow.lines().count(), 2);
        assert!(
            narrow.contains("8f3kQpXv0aLm") && narrow.contains("ada@example.com") && narrow.ends_with('…'),
            "{narrow}"
        );
        let tiny = list(&names, &users, Some(30));
        assert!(tiny.lines().all(|line| line.width() <= 34), "{tiny}");
        assert!(tiny.starts_with("user_id   8f3kQpXv0aLm\nusername  ada@example.com\nclaims "), "{tiny}");
        assert!(tiny.contains("city London") && !tiny.contains('…'), "{tiny}");
        assert_eq!(list(&names, &[], Some(10)), "");
    }

    #[test]
    fn long_values_wrap_between_words() {
        let client =
            object(json!({"client_id": "shop", "scope": ["orders:read", "orders:write", "profile"]}));
        let text = lines(&["client_id", "scope"], &client, Some(36));
        assert_eq!(text, "client_id  shop\nscope      orders:read orders:write\n           profile");
        assert_eq!(lines(&["scope"], &client, None), "scope  orders:read orders:write profile");
        let guesses =
            object(json!({"guesses": [{"of": "strangers", "spent": 3}, {"of": "devices 2", "spent": 1}]}));
        let text = lines(&["guesses"], &guesses, None);
        assert_eq!(text, "guesses  of strangers, spent 3\n         of devices 2, spent 1");
    }
}
