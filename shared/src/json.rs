//! JSON objects without repeated names. [`UniqueObject::parse`] checks the top level only, since we read
//! nothing below it. Where others read the levels below, every level is checked.
//!
//! RFC 8259 leaves the meaning of a repeated name open. Two readers that resolve it differently allow an
//! attack: one checks the first value, the other uses the second. Request bodies and JWTs are read with this
//! module.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value};

/// The members of a JSON object.
#[derive(Clone, Debug, PartialEq)]
pub struct UniqueObject(pub Map<String, Value>);

/// Why bytes are not an object without repeated names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ObjectError {
    /// Not JSON, or not an object. The error drops serde_json's message, which quotes the input.
    #[error("not a JSON object")]
    Malformed,
    /// A name is repeated.
    #[error("a name is repeated in a JSON object")]
    Repeated,
}

impl UniqueObject {
    /// Reads a JSON object.
    ///
    /// # Errors
    ///
    /// [`ObjectError`], if it is not an object, or a name is repeated.
    pub fn parse(json: &[u8]) -> Result<Self, ObjectError> {
        serde_json::from_slice(json).map_err(|error| {
            if error.to_string().starts_with(REPEATED) {
                ObjectError::Repeated
            } else {
                ObjectError::Malformed
            }
        })
    }
}

const REPEATED: &str = "repeated name";

impl<'de> Deserialize<'de> for UniqueObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(UniqueVisitor)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = UniqueObject;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<UniqueObject, A::Error> {
        let mut members = Map::new();
        while let Some((name, value)) = access.next_entry::<String, Value>()? {
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom(REPEATED));
            }
        }
        Ok(UniqueObject(members))
    }
}

/// Why bytes are not an object that can be stored exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExactError {
    /// Not JSON, or not an object.
    #[error("not a JSON object")]
    Malformed,
    /// A name is repeated, in the object or an object within it.
    #[error("a name is repeated in a JSON object")]
    Repeated,
    /// An integer has more than 64 bits, or another number has more digits than a double keeps.
    #[error("a number in a JSON object can't be kept exactly")]
    Number,
    /// Objects and arrays are nested too deep.
    #[error("a JSON object is nested too deep")]
    TooDeep,
}

/// Reads a JSON object with at most `max_depth` levels that serialises without loss: it keeps every name, and
/// no number changes.
///
/// # Errors
///
/// [`ExactError`], if it is not one.
pub fn parse_exact(json: &[u8], max_depth: usize) -> Result<Map<String, Value>, ExactError> {
    let parsed = serde_json::from_slice::<Unique>(json);
    let (is_deep, is_exact) = scan(json, max_depth);
    match parsed {
        // serde_json has its own limit, so it fails on deeper objects.
        _ if is_deep => Err(ExactError::TooDeep),
        Err(error) if error.to_string().starts_with(REPEATED) => Err(ExactError::Repeated),
        Err(error) if error.to_string().starts_with("number out of range") => Err(ExactError::Number),
        Ok(Unique(Value::Object(_))) if !is_exact => Err(ExactError::Number),
        Ok(Unique(Value::Object(object))) => Ok(object),
        Ok(_) | Err(_) => Err(ExactError::Malformed),
    }
}

/// Whether brackets are nested too deep, and whether every number can be kept. For bytes that aren't JSON the
/// result is meaningless.
fn scan(json: &[u8], max_depth: usize) -> (bool, bool) {
    let (mut depth, mut deepest, mut is_exact) = (0_usize, 0, true);
    let mut rest = json;
    while let [first, more @ ..] = rest {
        rest = match first {
            b'"' => after_string(more),
            b'{' | b'[' => {
                depth += 1;
                deepest = deepest.max(depth);
                more
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                more
            }
            b'-' | b'0'..=b'9' => {
                let is_of_number = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
                let len = rest.iter().take_while(|byte| is_of_number(byte)).count();
                let (number, more) = rest.split_at(len);
                is_exact &= std::str::from_utf8(number).is_ok_and(is_kept);
                more
            }
            _ => more,
        };
    }
    (deepest > max_depth, is_exact)
}

/// The text after the end of a string.
fn after_string(mut rest: &[u8]) -> &[u8] {
    loop {
        rest = match rest {
            [] => return rest,
            [b'"', more @ ..] => return more,
            [b'\\', _, more @ ..] | [_, more @ ..] => more,
        };
    }
}

/// Whether a number keeps its value: an integer of 64 bits, or no more digits than a double keeps.
fn is_kept(number: &str) -> bool {
    if !number.contains(['.', 'e', 'E']) {
        return number.parse::<i64>().is_ok() || number.parse::<u64>().is_ok();
    }
    let written = number.parse().ok().and_then(serde_json::Number::from_f64).map(|double| double.to_string());
    let (read, written) = (decimal(number), written.as_deref().and_then(decimal));
    read.is_some() && read == written
}

/// The sign, digits and exponent of a decimal number. Equal numbers have equal ones. Zero has no digits.
fn decimal(number: &str) -> Option<(bool, String, i64)> {
    let (is_negative, number) = number.strip_prefix('-').map_or((false, number), |number| (true, number));
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_end_matches('0');
    let exponent: i64 = exponent.parse().ok()?;
    let shift = i64::try_from(digits.len() - significant.len()).ok()? - i64::try_from(fraction.len()).ok()?;
    let significant = significant.trim_start_matches('0');
    let exponent = if significant.is_empty() { 0 } else { exponent.checked_add(shift)? };
    Some((is_negative, significant.to_owned(), exponent))
}

/// A value in which no object repeats a name, at any level.
struct Unique(Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DeepVisitor).map(Self)
    }
}

struct DeepVisitor;

impl<'de> Visitor<'de> for DeepVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Value, E> {
        Ok(flag.into())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Unique(value)) = access.next_element()? {
            values.push(value);
        }
        Ok(values.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some((name, Unique(value))) = access.next_entry::<String, Unique>()? {
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom(REPEATED));
            }
        }
        Ok(members.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_name_is_refused() {
        assert_eq!(UniqueObject::parse(br#"{"a":1,"b":2,"\u0061":3}"#), Err(ObjectError::Repeated));
    }

    #[test]
    fn anything_else_than_an_object_is_refused() {
        let deep = format!("{{\"a\":{}1{}}}", "[".repeat(200), "]".repeat(200));
        for bad in ["", "[]", "null", "1", "{", r#"{"a":1}x"#, "\"repeated name\"", &deep] {
            assert_eq!(UniqueObject::parse(bad.as_bytes()), Err(ObjectError::Malformed), "{bad:.20}");
        }
    }

    #[test]
    fn an_object_is_kept_exactly_or_refused() {
        for kept in [
            "{}",
            r#"{"a":[null,true,"\u00e9\ud83d\ude00\"}]",{"b":{},"c":[]}],"":-1}"#,
            r#"{"a":9223372036854775807,"b":-9223372036854775808,"c":18446744073709551615}"#,
            r#"{"a":0.1,"b":1.50,"c":-0.0,"d":1e2,"e":123456789012345680.0,"f":1.7976931348623157e308,"g":5e-324}"#,
            r#"{"a":"18446744073709551616","18446744073709551616":1e-7,"b":0.30000000000000004,"c":1E+20}"#,
        ] {
            let object = parse_exact(kept.as_bytes(), 4).unwrap();
            assert_eq!(parse_exact(Value::Object(object.clone()).to_string().as_bytes(), 4), Ok(object));
        }
        for number in [
            "18446744073709551616",
            "-9223372036854775809",
            "340282366920938463463374607431768211456",
            "100000000000000000000",
            "0.12345678901234567890",
            "9007199254740993.0",
            "1e400",
            "-1e400",
            "1e-400",
            "1e99999999999999999999",
            "4e-324",
        ] {
            for json in [format!(r#"{{"a":{number}}}"#), format!(r#"{{"\\":[{{"b":{number} }}]}}"#)] {
                assert_eq!(parse_exact(json.as_bytes(), 8), Err(ExactError::Number), "{json}");
            }
        }
        for repeated in [r#"{"a":1,"\u0061":1}"#, r#"{"a":{"b":1,"b":1}}"#, r#"{"a":[[{"b":1,"b":2}]]}"#] {
            assert_eq!(parse_exact(repeated.as_bytes(), 8), Err(ExactError::Repeated), "{repeated}");
        }
        let deep = |levels: usize| format!("{{\"a\":{}{}}}", "[".repeat(levels - 1), "]".repeat(levels - 1));
        assert!(parse_exact(deep(64).as_bytes(), 64).is_ok());
        for levels in [65, 200, 100_000] {
            assert_eq!(parse_exact(deep(levels).as_bytes(), 64), Err(ExactError::TooDeep));
        }
        for bad in
            ["", "[]", "null", "1", "18446744073709551616", "{", r#"{"a":1}x"#, r#"{"a":-}"#, r#"{"a":01}"#]
        {
            assert_eq!(parse_exact(bad.as_bytes(), 8), Err(ExactError::Malformed), "{bad}");
        }
    }

    #[test]
    fn every_double_is_kept() {
        // A simple generator: 2^64 divided by the golden ratio.
        let mut bits = 1_u64;
        for _ in 0..20_000 {
            bits = bits.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23);
            let double = f64::from_bits(bits);
            let Some(number) = serde_json::Number::from_f64(double) else { continue };
            let json = format!(r#"{{"a":{number}}}"#);
            let object = parse_exact(json.as_bytes(), 1).unwrap();
            assert_eq!(object["a"].as_f64().map(f64::to_bits), Some(bits), "{json}");
            assert_eq!(Value::Object(object).to_string(), json);
        }
    }
}
