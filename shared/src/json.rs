//! JSON objects in which each name stands once, at the top level: below it nothing of ours is read.
//!
//! RFC 8259 leaves the meaning of a repeated name open, and two readers that resolve it differently are an attack:
//! one checks the first value, the other uses the second. Request bodies and JWTs are read with this.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor},
};
use serde_json::{Map, Value};

/// The members of a JSON object.
#[derive(Clone, Debug, PartialEq)]
pub struct UniqueObject(pub Map<String, Value>);

/// Why bytes are not such an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ObjectError {
    /// Not JSON, or not an object. What serde_json says is dropped: it quotes the input.
    #[error("not a JSON object")]
    Malformed,
    /// A name stands twice.
    #[error("a name is repeated in a JSON object")]
    Repeated,
}

impl UniqueObject {
    /// Reads a JSON object.
    ///
    /// # Errors
    ///
    /// [`ObjectError`], if it is not one or repeats a name.
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
}
