//! What a line says, or why it can't be taken. No reason repeats anything of the line: it may be a password.

use passwords::{NewPassword, Username, stored_form};
use serde_json::{Map, Value};
use shared::{clock::Timestamp, ids::UserId};

use crate::{import::fields::Fields, users::claims};

/// A user, as a line has it. What the line doesn't name is absent.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) username: Username,
    /// The name as the line has it, if another release may have stored it like that.
    pub(super) written: Option<Username>,
    pub(super) user_id: Option<UserId>,
    pub(super) claims: Option<Map<String, Value>>,
    pub(super) secret: Option<Secret>,
    pub(super) disabled: Option<bool>,
    pub(super) must_change: Option<bool>,
    /// Sessions created before this instant are over.
    pub(super) not_before: Option<Timestamp>,
    /// The instant at which sessions of the password begin at the earliest.
    pub(super) valid_from: Option<Timestamp>,
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

const FIELDS: &[&str] = &[
    "username",
    "user_id",
    "claims",
    "password_hash",
    "password",
    "disabled",
    "not_before",
    "must_change",
    "valid_from",
];

/// Why a line that makes a user can't go without one of them.
pub(super) const NO_SECRET: &str = "it has neither password_hash nor password";

impl Record {
    /// Reads a line; nothing, if it is blank. Only one that may be an update goes without a password.
    pub(super) fn parse(line: &[u8], may_update: bool) -> Result<Option<Self>, String> {
        let Some(fields) = Fields::parse(line, FIELDS)? else { return Ok(None) };
        let record = Self::of_fields(fields)?;
        match &record.secret {
            None if !may_update => Err(NO_SECRET.to_owned()),
            None | Some(Secret::Password(_)) if record.valid_from.is_some() => {
                Err("its valid_from belongs to a password_hash, which it hasn't".to_owned())
            }
            _ => Ok(Some(record)),
        }
    }

    fn of_fields(mut fields: Fields) -> Result<Self, String> {
        let written = fields.text("username")?.ok_or("it has no username")?;
        let username = Username::parse(&written).ok_or("its username can't be one")?;
        let is_form = has_forms(&username) && written.replace('ς', "σ") == username.as_str();
        let written = if is_form { Username::stored(&written) } else { None };
        let user_id = match fields.text("user_id")? {
            None => None,
            Some(id) => Some(UserId::parse(&id).ok_or("its user_id can't be one")?),
        };
        let secret = match (fields.text("password_hash")?, fields.text("password")?) {
            (Some(hash), None) => Some(Secret::Hash(
                stored_form(&hash).map_err(|rejection| format!("its password_hash {rejection}"))?,
            )),
            (None, Some(password)) => {
                let password = NewPassword::parse(&password.into(), &username);
                Some(Secret::Password(password.map_err(|e| format!("its password was refused: {e}"))?))
            }
            (None, None) => None,
            (Some(_), Some(_)) => return Err("it has both password_hash and password".to_owned()),
        };
        let claims = match fields.take("claims") {
            None => None,
            Some(Value::Object(claims)) => Some(claims),
            Some(_) => return Err("its claims are not an object".to_owned()),
        };
        if let Some(claims) = &claims {
            claims::check(claims)?;
        }
        Ok(Self {
            username,
            written,
            user_id,
            claims,
            secret,
            disabled: fields.flag("disabled")?,
            must_change: fields.flag("must_change")?,
            not_before: fields.instant("not_before")?,
            valid_from: fields.instant("valid_from")?,
        })
    }
}

/// Whether earlier releases may have stored the name in another form: they told the two forms of a sigma apart.
pub(super) fn has_forms(username: &Username) -> bool {
    username.as_str().contains('σ')
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "$2b$04$j8k1UzEOfFcCLOp4HnWvQeIvj0xQjKs3C8ExJ0nku8tQGhcn8JmZ6";

    #[test]
    fn a_line_may_begin_and_end_as_programs_write_it() {
        let line = format!(r#"{{"username":"Ada","password_hash":"{HASH}","user_id":null}}"#);
        for line in [line.clone(), format!("{line}\r\n"), format!("\u{feff}{line}\n"), format!("  {line}")] {
            let record = Record::parse(line.as_bytes(), false).unwrap().unwrap();
            assert_eq!(record.username.as_str(), "ada");
            assert!(record.user_id.is_none() && record.disabled.is_none() && record.must_change.is_none());
        }
        for blank in ["", "\n", "\r\n", "\u{feff}\n"] {
            assert!(Record::parse(blank.as_bytes(), false).unwrap().is_none());
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
            (r#"{"username":"ada","password":"hunter2hunter2","valid_from":1}"#, "valid_from belongs"),
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
            (
                r#"{"username":"ada","password":"hunter2hunter2","hunter2":1}"#,
                "isn't known: there are username,",
            ),
            (r#"{"usrname":"hunter2","password":"hunter2hunter2"}"#, "\"usrname\" isn't known: username is"),
            (
                r#"{"username":"ada","pasword_hash":"hunter2"}"#,
                "\"pasword_hash\" isn't known: password_hash is",
            ),
            (r#"{"username":"ada","not_before":"hunter2"}"#, "not_before is not an instant"),
            (r#"{"username":"ada","valid_from":1790000000000}"#, "valid_from is not an instant"),
            (r#"{"username":"ada","claims":{"a":{"b":1,"b":2}}}"#, "twice"),
            (r#"{"username":"ada","claims":{"a":18446744073709551616}}"#, "kept exactly"),
            (r#"{"username":"ada","claims":{"a":1.00000000000000000001}}"#, "kept exactly"),
            (r#"{"username":"ada","password":"hunter2hunter2","password":"x"}"#, "twice"),
            (&long, "longer than 64 KB"),
            (&claims, "4096 bytes"),
        ] {
            let said = Record::parse(line.as_bytes(), false).unwrap_err();
            assert!(said.contains(reason) && !said.contains("hunter2"), "{line:.80}: {said}");
        }
        assert!(Record::parse(b"{\"username\":\"\xff\"}", true).unwrap_err().contains("UTF-8"));
    }
}
