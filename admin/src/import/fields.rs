//! The fields of a line. No reason repeats a value, and a name only if it is nearly one of ours: anything else may be a
//! password.

use serde_json::{Map, Value};
use shared::{
    clock::Timestamp,
    json::{ExactError, parse_exact},
};

use super::lines::MAX_LEN;
use crate::users::claims::MAX_DEPTH;

/// Some programs begin a file with it.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The fields of a line.
#[derive(Debug)]
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    /// Reads a line whose fields are some of these; nothing, if it is blank.
    pub(crate) fn parse(line: &[u8], known: &[&str]) -> Result<Option<Self>, String> {
        let line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line).trim_ascii();
        if line.is_empty() {
            return Ok(None);
        }
        if line.len() > MAX_LEN {
            return Err("it is longer than 64 KB".to_owned());
        }
        if std::str::from_utf8(line).is_err() {
            return Err("it is not UTF-8".to_owned());
        }
        // The claims stand in the line, a level below.
        let fields = parse_exact(line, MAX_DEPTH + 1).map_err(|error| match error {
            ExactError::Malformed => "it is not a JSON object".to_owned(),
            ExactError::Repeated => "it has a field twice".to_owned(),
            ExactError::Number => {
                "it has a number that can't be kept exactly (write a long one as a string)".to_owned()
            }
            ExactError::TooDeep => format!("its claims are nested in more than {MAX_DEPTH} levels"),
        })?;
        match fields.keys().find(|name| !known.contains(&name.as_str())) {
            Some(unknown) => Err(misspelt(unknown, known)),
            None => Ok(Some(Self(fields))),
        }
    }

    /// What the field has; nothing, if it is absent or null.
    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name).filter(|value| !value.is_null())
    }

    pub(crate) fn text(&mut self, name: &str) -> Result<Option<String>, String> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(format!("its {name} is not a string")),
        }
    }

    pub(crate) fn flag(&mut self, name: &str) -> Result<Option<bool>, String> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(_) => Err(format!("its {name} is not true or false")),
        }
    }

    pub(crate) fn instant(&mut self, name: &str) -> Result<Option<Timestamp>, String> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let instant = value.as_u64().map(Timestamp::from_unix).filter(|instant| *instant < Timestamp::END);
        instant.map(Some).ok_or_else(|| format!("its {name} is not an instant in whole seconds since 1970"))
    }

    /// What is left.
    pub(crate) fn rest(self) -> Map<String, Value> {
        self.0
    }
}

fn misspelt(unknown: &str, known: &[&str]) -> String {
    let squashed = |name: &str| name.to_lowercase().replace(['_', '-', ' ', '.'], "");
    let name = squashed(unknown);
    let distance = |known: &&&str| strsim::damerau_levenshtein(&name, &squashed(known));
    let nearest = known.iter().min_by_key(distance).filter(|known| {
        let distance = distance(known);
        // One letter in three may be wrong.
        distance <= 3 && distance * 3 <= squashed(known).len().max(3)
    });
    match nearest {
        Some(nearest) => {
            format!("its field {} isn't known: {nearest} is", Value::String(unknown.to_owned()))
        }
        None => format!("it has a field that isn't known: there are {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[&str] = &["username", "user_id", "claims", "password_hash", "password", "disabled"];

    #[test]
    fn a_misspelt_field_is_named_with_the_nearest() {
        for (field, nearest) in [
            ("usrname", "username"),
            ("Username", "username"),
            ("user_name", "username"),
            ("userId", "user_id"),
            ("pasword", "password"),
            ("passwordHash", "password_hash"),
            ("pasword_hsah", "password_hash"),
            ("claim", "claims"),
            ("disable", "disabled"),
        ] {
            let line = format!(r#"{{"{field}":"hunter2"}}"#);
            let said = Fields::parse(line.as_bytes(), KNOWN).unwrap_err();
            assert_eq!(said, format!("its field \"{field}\" isn't known: {nearest} is"));
        }
        for field in ["hunter2", "email", "", "x"] {
            let line = format!(r#"{{"{field}":1}}"#);
            let said = Fields::parse(line.as_bytes(), KNOWN).unwrap_err();
            assert!(said.starts_with("it has a field that isn't known: there are username, "), "{said}");
            assert!(!said.contains("hunter2") && !said.contains("email"), "{said}");
        }
    }
}
