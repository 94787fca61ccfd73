//! The form of the written data, without the values that differ each time.

use std::collections::BTreeSet;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

use super::snapshot::Snapshot;

/// A line for each attribute, member and claim, with its type and the pattern of its value.
pub(super) fn shape(snapshot: &Snapshot) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    for (table, items) in &snapshot.tables {
        for item in items {
            for (name, value) in item {
                add(&mut lines, &format!("{table} {}", with_one_digit(name)), value);
            }
        }
    }
    add(&mut lines, "keyset", &snapshot.keyset);
    for held in snapshot.sessions.values() {
        lines.insert(format!("refresh token: {}", pattern(&held.refresh_token)));
        add_token(&mut lines, "access token", &held.access_token);
    }
    if let Some(pages) = &snapshot.pages {
        lines.insert(format!("cookie: {}", pattern(&pages.cookie)));
        lines.extend(pages.codes.values().map(|held| format!("code: {}", pattern(&held.code))));
        add_token(&mut lines, "ID token", &pages.id_token);
    }
    for held in snapshot.mails.iter().flat_map(|mails| mails.mails.values()) {
        lines.insert(format!("link: {}", pattern(&held.link)));
        // Some mails have a link alone.
        for (what, text) in [("request for a mail", &held.request), ("code", &held.code)] {
            if !text.is_empty() {
                lines.insert(format!("{what}: {}", pattern(text)));
            }
        }
    }
    lines
}

fn add_token(lines: &mut BTreeSet<String>, name: &str, token: &str) {
    for (part, encoded) in ["header", "claims"].iter().zip(token.split('.')) {
        let decoded = URL_SAFE_NO_PAD.decode(encoded).unwrap();
        add(lines, &format!("{name}, {part}"), &serde_json::from_slice(&decoded).unwrap());
    }
}

fn add(lines: &mut BTreeSet<String>, name: &str, value: &Value) {
    match value {
        Value::Object(members) => members.iter().for_each(|(member, value)| {
            add(lines, &format!("{name}.{member}"), value);
        }),
        Value::Array(values) => values.iter().for_each(|value| add(lines, &format!("{name}[]"), value)),
        Value::String(text) => match serde_json::from_str::<Value>(text) {
            // Some attributes contain JSON text.
            Ok(json @ (Value::Object(_) | Value::Array(_))) => add(lines, &format!("{name} as JSON"), &json),
            _ => {
                lines.insert(format!("{name}: {}", pattern(text)));
            }
        },
        Value::Number(_) => {
            lines.insert(format!("{name}: a number"));
        }
        Value::Bool(_) | Value::Null => {
            lines.insert(format!("{name}: {value}"));
        }
    }
}

/// The pattern of a text, like `$argon2id$v=9$…`: numbers become 9, random parts become their length, and words stay.
fn pattern(text: &str) -> String {
    // Both alphabets of base64 count as one part.
    let is_part = |c: char| c.is_ascii_alphanumeric() || "_-+/".contains(c);
    let mut pattern = String::new();
    let mut part = String::new();
    for c in text.chars().map(Some).chain([None]) {
        match c {
            Some(c) if is_part(c) => part.push(c),
            _ => {
                pattern.push_str(&pattern_of_part(&part));
                part.clear();
                pattern.extend(c);
            }
        }
    }
    pattern
}

fn pattern_of_part(part: &str) -> String {
    let random = |part: &str| match part.len() {
        // An RSA number, which is shorter if it begins with zeros.
        long @ 100.. => format!("<{} or less>", long.next_multiple_of(32)),
        short => format!("<{short}>"),
    };
    for prefix in ["lgr1_", "lgr2_", "lgc1_", "lgm1_", "lgq1_"] {
        if let Some(rest) = part.strip_prefix(prefix) {
            return format!("{prefix}{}", random(rest));
        }
    }
    let is_word = part.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    let is_number = part.chars().all(|c| c.is_ascii_digit());
    if part.len() >= 16 && !is_word && !is_number {
        return random(part);
    }
    with_one_digit(part)
}

/// The text with each number as a 9.
fn with_one_digit(text: &str) -> String {
    let mut pattern = String::new();
    for c in text.chars() {
        let c = if c.is_ascii_digit() { '9' } else { c };
        if c != '9' || !pattern.ends_with('9') {
            pattern.push(c);
        }
    }
    pattern
}

/// The lines in only one of them: those with `-` are gone, those with `+` are new.
pub(super) fn difference(before: &BTreeSet<String>, now: &BTreeSet<String>) -> Vec<String> {
    let gone = before.difference(now).map(|line| format!("- {line}"));
    gone.chain(now.difference(before).map(|line| format!("+ {line}"))).collect()
}

#[test]
fn a_new_member_another_type_and_another_form_are_differences() {
    let shape_of = |item: Value| {
        let mut lines = BTreeSet::new();
        add(&mut lines, "Table", &Value::Object(Map::from_iter([("it".to_owned(), item)])));
        lines
    };
    let of = |text: &str| shape_of(serde_json::from_str(text).unwrap());
    assert_eq!(of(r#"{"S":"web#AAAAAAAAAAAAAAAAAAAAAA"}"#), of(r#"{"S":"web#BBBBBBBBBBBBBBBBBBBBBB"}"#));
    assert_eq!(of(r#"{"N":"12"}"#), of(r#"{"N":"3456"}"#));
    let number = |length: usize| of(&json!({ "d": "A".repeat(length) }).to_string());
    assert!(number(342) == number(339) && number(342) != number(171) && number(43) != number(42));
    for other in
        [r#"{"S":"web:AAAAAAAAAAAAAAAAAAAAAA"}"#, r#"{"S":"web#AAAAAAAAAAAAAAAAAAAA"}"#, r#"{"N":"1"}"#]
    {
        assert_ne!(of(r#"{"S":"web#AAAAAAAAAAAAAAAAAAAAAA"}"#), of(other));
    }
    assert_ne!(of(r#"{"S":"{\"a\":1}"}"#), of(r#"{"S":"{\"a\":1,\"b\":1}"}"#));
}
