//! Damage to an attribute: it is missing, has another type, or has an invalid value of its type.

use aws_sdk_dynamodb::{
    primitives::Blob,
    types::AttributeValue::{self, B, Bool, L, M, N, Null, S, Ss},
};

/// The kind of damage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It is missing.
    Absent,
    /// It has another type. A number, for example, becomes a string with the same digits.
    Mistyped,
    /// A negative number.
    Negative,
    /// A number with a fraction.
    Fraction,
    /// A number beyond the range of any integer type.
    Beyond,
    /// Milliseconds instead of seconds.
    Milliseconds,
    /// An empty string or list.
    Empty,
    /// A string of an unknown version or form, or a list or set with one; or a list with an invalid number.
    Unknown,
    /// A list with one element of another type.
    Mixed,
}

/// All kinds of damage to a number's value.
pub(super) const NUMBERS: &[Kind] = &[Kind::Negative, Kind::Fraction, Kind::Beyond, Kind::Milliseconds];
/// All kinds of damage to the value of a text, a list or a set.
pub(super) const TEXTS: &[Kind] = &[Kind::Empty, Kind::Unknown];

/// A damaged attribute.
#[derive(Debug)]
pub(super) struct Damage {
    pub(super) kind: Kind,
    /// The new value.
    pub(super) value: Option<AttributeValue>,
}

/// All damages to an attribute with this value.
pub(super) fn damages(value: &AttributeValue) -> Vec<Damage> {
    let mistyped = of_other_types(value).into_iter().map(|value| (Kind::Mistyped, value));
    let all = mistyped.chain(with_other_values(value));
    let all = all.map(|(kind, value)| Damage { kind, value: Some(value) });
    std::iter::once(Damage { kind: Kind::Absent, value: None }).chain(all).collect()
}

/// Similar values of each other type.
fn of_other_types(value: &AttributeValue) -> Vec<AttributeValue> {
    let texts = match value {
        S(text) | N(text) => vec![text.clone()],
        Ss(texts) => texts.clone(),
        L(values) => values.iter().filter_map(|v| v.as_s().or(v.as_n()).ok().cloned()).collect(),
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

/// Invalid values of the same type.
fn with_other_values(value: &AttributeValue) -> Vec<(Kind, AttributeValue)> {
    match value {
        N(number) => {
            // Smaller numbers are counts, not times.
            let is_time = number.parse::<u64>().unwrap() >= 10;
            let milliseconds = is_time.then(|| (Kind::Milliseconds, N(format!("{number}000"))));
            let all = [
                (Kind::Negative, N(format!("-1{number}"))),
                (Kind::Fraction, N(format!("{number}.5"))),
                // 2^64, and the longest number in DynamoDB.
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
            let (unknown, other) = match values.first() {
                Some(N(number)) => (with_other_values(&N(number.clone())), S(number.clone())),
                _ => (vec![(Kind::Unknown, S("v2:unknown".to_owned()))], N("1".to_owned())),
            };
            let with = |value: AttributeValue| L([&values[..], &[value]].concat());
            let mut all = vec![(Kind::Empty, L(vec![])), (Kind::Mixed, with(other))];
            all.extend(unknown.into_iter().map(|(_, value)| (Kind::Unknown, with(value))));
            all
        }
        _ => vec![],
    }
}

/// Texts as a later version might write them, and a truncated text.
fn unknown_forms(text: &str) -> Vec<String> {
    let next = [("$v=19$", "$v=20$"), ("$argon2id$", "$argon2id2$"), ("\"ES256\"", "\"ES257\"")]
        .iter()
        .filter(|(known, _)| text.contains(known))
        .map(|(known, unknown)| text.replace(known, unknown));
    // By two, so that the rest isn't valid base64.
    let cut = text[..text.len() - 2].to_owned();
    next.chain([format!("v2:{text}"), cut]).collect()
}
