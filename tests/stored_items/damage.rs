//! What can become of an attribute: it goes, it is of another type, or of its type with a value that it can't have.

use aws_sdk_dynamodb::{
    primitives::Blob,
    types::AttributeValue::{self, B, Bool, L, M, N, Null, S, Ss},
};

/// What was done to an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It is gone.
    Absent,
    /// It is of another type; a number, for one, is the same number as a string.
    Mistyped,
    /// A number below zero.
    Negative,
    /// A number with something after the point.
    Fraction,
    /// A number that no integer of the machine holds.
    Beyond,
    /// Milliseconds, where seconds are meant.
    Milliseconds,
    /// A string without a character.
    Empty,
    /// A string of a version, or of a form, that nobody knows.
    Unknown,
}

/// All that makes something else of a number.
pub(super) const NUMBERS: &[Kind] = &[Kind::Negative, Kind::Fraction, Kind::Beyond, Kind::Milliseconds];
/// All that makes something else of a text, a list or a set.
pub(super) const TEXTS: &[Kind] = &[Kind::Empty, Kind::Unknown];

/// An attribute, spoiled.
#[derive(Debug)]
pub(super) struct Damage {
    pub(super) kind: Kind,
    /// What is there instead.
    pub(super) value: Option<AttributeValue>,
}

/// Everything that is done to an attribute with this value.
pub(super) fn damages(value: &AttributeValue) -> Vec<Damage> {
    let mistyped = of_other_types(value).into_iter().map(|value| (Kind::Mistyped, value));
    let all = mistyped.chain(with_other_values(value));
    let all = all.map(|(kind, value)| Damage { kind, value: Some(value) });
    std::iter::once(Damage { kind: Kind::Absent, value: None }).chain(all).collect()
}

/// A value of each of the other types, as near to this one as that type allows.
fn of_other_types(value: &AttributeValue) -> Vec<AttributeValue> {
    let texts = match value {
        S(text) | N(text) => vec![text.clone()],
        Ss(texts) => texts.clone(),
        L(values) => values.iter().filter_map(|value| value.as_s().ok().cloned()).collect(),
        _ => vec!["true".to_owned()],
    };
    let list: Vec<AttributeValue> = texts.iter().cloned().map(S).collect();
    let all = [
        S(texts[0].clone()),
        N("1800000000".to_owned()),
        Bool(true),
        Null(true),
        L(list.clone()),
        M([("value".to_owned(), list[0].clone())].into()),
        Ss(texts.clone()),
        B(Blob::new(texts[0].as_bytes())),
    ];
    let is_other = |other: &AttributeValue| std::mem::discriminant(other) != std::mem::discriminant(value);
    all.into_iter().filter(is_other).collect()
}

/// Values of the same type.
fn with_other_values(value: &AttributeValue) -> Vec<(Kind, AttributeValue)> {
    match value {
        N(number) => {
            // What is less than this counts something, and is no time.
            let is_time = number.parse::<u64>().unwrap() >= 10;
            let milliseconds = is_time.then(|| (Kind::Milliseconds, N(format!("{number}000"))));
            let all = [
                (Kind::Negative, N(format!("-1{number}"))),
                (Kind::Fraction, N(format!("{number}.5"))),
                // One more than 64 bits hold, and as many digits as DynamoDB has.
                (Kind::Beyond, N("18446744073709551616".to_owned())),
                (Kind::Beyond, N("9".repeat(38))),
            ];
            all.into_iter().chain(milliseconds).collect()
        }
        S(text) => {
            let unknown = unknown_forms(text).into_iter().map(|text| (Kind::Unknown, S(text)));
            std::iter::once((Kind::Empty, S(String::new()))).chain(unknown).collect()
        }
        Ss(texts) => vec![(Kind::Unknown, Ss(vec![format!("{} \"{}\"", texts[0], texts[0])]))],
        L(values) => {
            let mut longer = values.clone();
            longer.push(S("v2:unknown".to_owned()));
            let mut mixed = values.clone();
            mixed.push(N("1".to_owned()));
            [vec![], longer, mixed].map(|values| (Kind::Unknown, L(values))).into()
        }
        _ => vec![],
    }
}

/// What a later version might have written, and what is left of a text that was cut off.
fn unknown_forms(text: &str) -> Vec<String> {
    let next = [("$v=19$", "$v=20$"), ("$argon2id$", "$argon2id2$"), ("\"ES256\"", "\"ES257\"")]
        .iter()
        .filter(|(known, _)| text.contains(known))
        .map(|(known, unknown)| text.replace(known, unknown));
    // By two, so that what is left of base64 is none.
    let cut = text[..text.len() - 2].to_owned();
    next.chain([format!("v2:{text}"), cut]).collect()
}
