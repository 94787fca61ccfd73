//! A parsed line, or why it is rejected. The reason never repeats any part of the line, which may be a
//! password.

use passwords::{NewPassword, Username, stored_form};
use serde_json::{Map, Value};
use shared::{clock::Timestamp, ids::UserId};

use crate::{
    import::fields::{Fields, OF_A_USER},
    users::claims,
};

/// A user as in a line. Fields that the line lacks are absent.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) username: Username,
    /// The name as in the line, if an earlier release may have stored it in this form.
    pub(crate) written: Option<Username>,
    pub(crate) user_id: Option<UserId>,
    pub(crate) claims: Option<Map<String, Value>>,
    pub(crate) secret: Option<Secret>,
    pub(crate) disabled: Option<bool>,
    pub(crate) must_change: Option<bool>,
    /// Sessions created before this instant are over.
    pub(crate) not_before: Option<Timestamp>,
    /// Whether the user wants mails about new devices.
    pub(crate) new_device_mails: Option<bool>,
    /// The earliest start of sessions with the password.
    pub(crate) valid_from: Option<Timestamp>,
}

/// The password or its hash.
#[derive(Clone)]
pub(crate) enum Secret {
    /// A hash, in the stored form.
    Hash(String),
    /// A password, which the import hashes.
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

/// The error for a line that creates a user without either.
pub(super) const NO_SECRET: &str = "it has neither password_hash nor password";

impl Record {
    /// Parses a line; `None`, if it is blank. If no password is required, the line may be an update, or that of
    /// a user who has none.
    pub(super) fn parse(line: &[u8], requires_secret: bool) -> Result<Option<Self>, String> {
        let Some(fields) = Fields::parse(line, OF_A_USER)? else { return Ok(None) };
        let record = Self::of_fields(fields)?;
        match &record.secret {
            None if requires_secret => Err(NO_SECRET.to_owned()),
            None | Some(Secret::Password(_)) if record.valid_from.is_some() => {
                Err("it has a valid_from, but no password_hash".to_owned())
            }
            _ => Ok(Some(record)),
        }
    }

    fn of_fields(mut fields: Fields) -> Result<Self, String> {
        let written = fields.text("username")?.ok_or("it has no username")?;
        let username = Username::parse(&written).ok_or("its username is malformed")?;
        let is_form = has_forms(&username) && written.replace('ς', "σ") == username.as_str();
        let written = if is_form { Username::stored(&written) } else { None };
        let user_id = match fields.text("user_id")? {
            None => None,
            Some(id) => Some(UserId::parse(&id).ok_or("its user_id is malformed")?),
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
            new_device_mails: fields.flag("new_device_mails")?,
            valid_from: fields.instant("valid_from")?,
        })
    }
}

/// Whether earlier releases may have stored the name in another form, since they distinguished two forms of
/// the sigma.
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
            let record = Record::parse(line.as_bytes(), true).unwrap().unwrap();
            assert_eq!(record.username.as_str(), "ada");
            assert!(record.user_id.is_none() && record.disabled.is_none() && record.must_change.is_none());
        }
        for blank in ["", "\n", "\r\n", "\u{feff}\n"] {
            assert!(Record::parse(blank.as_bytes(), true).unwrap().is_none());
        }
    }

    #[test]
    fn the_reason_for_refusing_a_line_does_not_quote_it() {
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
            (r#"{"username":"hunter2 x","password":"hunter2hunter2"}"#, "username is malformed"),
            (r#"{"username":7,"password":"hunter2hunter2"}"#, "username is not a string"),
            (
                r#"{"username":"ada","user_id":"hunter 2","password":"hunter2hunter2"}"#,
                "user_id is malformed",
            ),
            (r#"{"username":"ada"}"#, "neither"),
            (r#"{"username":"ada","password":"hunter2hunter2","valid_from":1}"#, "valid_from, but no"),
            (r#"{"username":"ada","password":"hunter2hunter2","password_hash":"x"}"#, "both"),
            (r#"{"username":"ada","password":"hunter2"}"#, "at least 8 characters"),
            (r#"{"username":"ada","password":"password1"}"#, "most common"),
            (r#"{"username":"ada","password_hash":"hunter2"}"#, "an unknown kind"),
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
            (
                r#"{"usrname":"hunter2","password":"hunter2hunter2"}"#,
                "\"usrname\" isn't known: did you mean username?",
            ),
            (
                r#"{"username":"ada","pasword_hash":"hunter2"}"#,
                "\"pasword_hash\" isn't known: did you mean password_hash?",
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
            let said = Record::parse(line.as_bytes(), true).unwrap_err();
            assert!(said.contains(reason) && !said.contains("hunter2"), "{line:.80}: {said}");
        }
        assert!(Record::parse(b"{\"username\":\"\xff\"}", false).unwrap_err().contains("UTF-8"));
    }
}
