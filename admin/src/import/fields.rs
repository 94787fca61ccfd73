//! The fields of a line. Error messages never repeat a value, and a name only if it resembles one of ours.
//! Anything else may be a password.

use serde_json::{Map, Value};
use shared::{
    clock::Timestamp,
    json::{ExactError, parse_exact},
    store::attribute,
};

use super::lines::MAX_LEN;
use crate::users::claims::MAX_DEPTH;

/// Some programs write this at the start of a file.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The fields of a client's line: all attributes of its record.
pub(crate) const OF_A_CLIENT: &[&str] = &[
    attribute::CLIENT_ID,
    attribute::NAME,
    attribute::KIND,
    attribute::SECRET_HASHES,
    attribute::SCOPE,
    attribute::RESOURCES,
    attribute::CLAIMS,
    attribute::NOT_BEFORE,
    attribute::DISABLED,
    attribute::DPOP,
    attribute::REDIRECT_URIS,
    attribute::POST_LOGOUT_REDIRECT_URIS,
    attribute::FIRST_PARTY,
    attribute::SIGN_UP,
    attribute::ACCESS_TTL,
    attribute::IDLE_TTL,
    attribute::ABSOLUTE_TTL,
    attribute::LEEWAY,
];

/// The fields of a user's line.
pub(crate) const OF_A_USER: &[&str] = &[
    "username",
    "user_id",
    "claims",
    "password_hash",
    "password",
    "disabled",
    "not_before",
    "new_device_mails",
    "must_change",
    "valid_from",
];

/// For each kind of line: the field that every such line has, the reason why an import of the other kind
/// rejects it, and the advice.
const OF_CLIENT: (&str, &str, &str) = (
    "client_id",
    "it is a client's, by its field \"client_id\"",
    "This looks like a file of clients: `latchgate clients import` takes it.",
);
const OF_USER: (&str, &str, &str) = (
    "username",
    "it is a user's, by its field \"username\"",
    "This looks like a file of users: `latchgate users import` takes it.",
);

/// Advice on this reason for a rejection, if it applies to the whole file.
pub(crate) fn advice(reason: &str) -> Option<&'static str> {
    [OF_CLIENT, OF_USER].into_iter().find(|(_, said, _)| *said == reason).map(|(_, _, advice)| advice)
}

/// A line without the mark at the start of a file, and without the spaces around it.
pub(crate) fn without_mark(line: &[u8]) -> &[u8] {
    line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line).trim_ascii()
}

/// The fields of a line.
#[derive(Debug)]
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    /// Parses a line with these fields; `None`, if it is blank.
    pub(crate) fn parse(line: &[u8], known: &[&str]) -> Result<Option<Self>, String> {
        let line = without_mark(line);
        if line.is_empty() {
            return Ok(None);
        }
        if line.len() > MAX_LEN {
            return Err("it is longer than 64 KB".to_owned());
        }
        if std::str::from_utf8(line).is_err() {
            return Err("it is not UTF-8".to_owned());
        }
        // The claims are one level below the line.
        let fields = parse_exact(line, MAX_DEPTH + 1).map_err(|error| match error {
            ExactError::Malformed => "it is not a JSON object".to_owned(),
            ExactError::Repeated => "it has a field twice".to_owned(),
            ExactError::Number => {
                "it has a number that can't be kept exactly (write a long one as a string)".to_owned()
            }
            ExactError::TooDeep => format!("its claims are nested in more than {MAX_DEPTH} levels"),
        })?;
        for ((other, reason, _), (own, _, _)) in [(OF_CLIENT, OF_USER), (OF_USER, OF_CLIENT)] {
            if known.contains(&own) && fields.contains_key(other) && !fields.contains_key(own) {
                return Err(reason.to_owned());
            }
        }
        match fields.keys().find(|name| !known.contains(&name.as_str())) {
            Some(unknown) => Err(misspelt(unknown, known)),
            None => Ok(Some(Self(fields))),
        }
    }

    /// The value of a field; `None`, if it is absent or null.
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

    /// The remaining fields.
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
            format!("its field {} isn't known: did you mean {nearest}?", Value::String(unknown.to_owned()))
        }
        // A field of the other kind is no password.
        None if OF_A_CLIENT.contains(&unknown) || OF_A_USER.contains(&unknown) => {
            format!("its field \"{unknown}\" isn't known: there are {}", known.join(", "))
        }
        None => format!("it has a field that isn't known: there are {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_of_the_other_kind_is_named() {
        let said = Fields::parse(br#"{"username":"ada","scope":["read"]}"#, KNOWN).unwrap_err();
        assert!(said.starts_with("its field \"scope\" isn't known: there are username, "), "{said}");
    }

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
            assert_eq!(said, format!("its field \"{field}\" isn't known: did you mean {nearest}?"));
        }
        for field in ["hunter2", "email", "", "x"] {
            let line = format!(r#"{{"{field}":1}}"#);
            let said = Fields::parse(line.as_bytes(), KNOWN).unwrap_err();
            assert!(said.starts_with("it has a field that isn't known: there are username, "), "{said}");
            assert!(!said.contains("hunter2") && !said.contains("email"), "{said}");
        }
    }
}
