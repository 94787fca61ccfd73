//! What a line says, or why it can't be taken. No reason repeats anything of the line: it may be a password.

use passwords::{NewPassword, Username, stored_form};
use serde_json::{Map, Value};
use shared::{
    ids::UserId,
    json::{ObjectError, UniqueObject},
};

use super::lines::MAX_LEN;
use crate::users::claims;

/// A user, as a line has it.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) username: Username,
    pub(super) user_id: Option<UserId>,
    pub(super) claims: Map<String, Value>,
    pub(super) secret: Secret,
    pub(super) disabled: bool,
    pub(super) must_change: bool,
}

/// What the user signs in with.
#[derive(Clone)]
pub(super) enum Secret {
    /// A hash, in the form in which it is stored.
    Hash(String),
    /// A password, which is hashed here.
    Password(NewPassword),
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Hash(_) => "Hash",
            Self::Password(_) => "Password",
        })
    }
}

/// Some programs begin a file with it.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

impl Record {
    /// Reads a line; nothing, if it is blank.
    pub(super) fn parse(line: &[u8]) -> Result<Option<Self>, String> {
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
        let UniqueObject(mut fields) = UniqueObject::parse(line).map_err(|error| match error {
            ObjectError::Malformed => "it is not a JSON object".to_owned(),
            ObjectError::Repeated => "it has a field twice".to_owned(),
        })?;
        Self::of_fields(&mut fields).map(Some)
    }

    fn of_fields(fields: &mut Map<String, Value>) -> Result<Self, String> {
        let username = text(fields, "username")?.ok_or("it has no username")?;
        let username = Username::parse(&username).ok_or("its username can't be one")?;
        let user_id = match text(fields, "user_id")? {
            None => None,
            Some(id) => Some(UserId::parse(&id).ok_or("its user_id can't be one")?),
        };
        let secret = match (text(fields, "password_hash")?, text(fields, "password")?) {
            (Some(hash), None) => Secret::Hash(
                stored_form(&hash).ok_or("its password_hash is of no known kind, or beyond the caps")?,
            ),
            (None, Some(password)) => {
                let password = NewPassword::parse(&password.into(), &username);
                Secret::Password(password.map_err(|e| format!("its password was refused: {e}"))?)
            }
            (None, None) => return Err("it has neither password_hash nor password".to_owned()),
            (Some(_), Some(_)) => return Err("it has both password_hash and password".to_owned()),
        };
        let claims = match fields.remove("claims") {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(claims)) => claims,
            Some(_) => return Err("its claims are not an object".to_owned()),
        };
        claims::check(&claims)?;
        let (disabled, must_change) = (flag(fields, "disabled")?, flag(fields, "must_change")?);
        if !fields.is_empty() {
            return Err(
                "it has a field that isn't known (what tokens are to say goes into claims)".to_owned()
            );
        }
        Ok(Self { username, user_id, claims, secret, disabled, must_change })
    }
}

fn text(fields: &mut Map<String, Value>, name: &str) -> Result<Option<String>, String> {
    match fields.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(format!("its {name} is not a string")),
    }
}

fn flag(fields: &mut Map<String, Value>, name: &str) -> Result<bool, String> {
    match fields.remove(name) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(flag)) => Ok(flag),
        Some(_) => Err(format!("its {name} is not true or false")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "$2b$04$j8k1UzEOfFcCLOp4HnWvQeIvj0xQjKs3C8ExJ0nku8tQGhcn8JmZ6";

    #[test]
    fn a_line_may_begin_and_end_as_programs_write_it() {
        let line = format!(r#"{{"username":"Ada","password_hash":"{HASH}","user_id":null}}"#);
        for line in [line.clone(), format!("{line}\r\n"), format!("\u{feff}{line}\n"), format!("  {line}")] {
            let record = Record::parse(line.as_bytes()).unwrap().unwrap();
            assert_eq!(record.username.as_str(), "ada");
            assert!(record.user_id.is_none() && !record.disabled && !record.must_change);
        }
        for blank in ["", "\n", "\r\n", "\u{feff}\n"] {
            assert!(Record::parse(blank.as_bytes()).unwrap().is_none());
        }
    }

    #[test]
    fn a_bad_line_is_refused_for_a_reason_that_repeats_nothing_of_it() {
        let long = format!(
            r#"{{"username":"ada","password":"hunter2hunter2","claims":{{"a":"{}"}}}}"#,
            "x".repeat(65536)
        );
        let claims = format!(
            r#"{{"username":"ada","password":"hunter2hunter2","claims":{{"a":"{}"}}}}"#,
            "x".repeat(4096)
        );
        for (line, reason) in [
            ("hunter2", "not a JSON object"),
            (r#"["hunter2"]"#, "not a JSON object"),
            (r#"{"username":"ada","password":"hunter2""#, "not a JSON object"),
            (r#"{"password":"hunter2hunter2"}"#, "no username"),
            (r#"{"username":"hunter2 x","password":"hunter2hunter2"}"#, "username can't"),
            (r#"{"username":7,"password":"hunter2hunter2"}"#, "username is not a string"),
            (r#"{"username":"ada","user_id":"hunter 2","password":"hunter2hunter2"}"#, "user_id can't"),
            (r#"{"username":"ada"}"#, "neither"),
            (r#"{"username":"ada","password":"hunter2hunter2","password_hash":"x"}"#, "both"),
            (r#"{"username":"ada","password":"hunter2"}"#, "at least 8 characters"),
            (r#"{"username":"ada","password":"password1"}"#, "most common"),
            (r#"{"username":"ada","password_hash":"hunter2"}"#, "no known kind"),
            (r#"{"username":"ada","password":"hunter2hunter2","claims":["hunter2"]}"#, "not an object"),
            (
                r#"{"username":"ada","password":"hunter2hunter2","claims":{"sub":"hunter2"}}"#,
                "only Latchgate",
            ),
            (r#"{"username":"ada","password":"hunter2hunter2","disabled":"hunter2"}"#, "not true or false"),
            (r#"{"username":"ada","password":"hunter2hunter2","hunter2":1}"#, "isn't known"),
            (r#"{"username":"ada","password":"hunter2hunter2","password":"x"}"#, "twice"),
            (&long, "longer than 64 KB"),
            (&claims, "4096 bytes"),
        ] {
            let said = Record::parse(line.as_bytes()).unwrap_err();
            assert!(said.contains(reason) && !said.contains("hunter2"), "{line:.80}: {said}");
        }
        assert!(Record::parse(b"{\"username\":\"\xff\"}").unwrap_err().contains("UTF-8"));
    }
}
