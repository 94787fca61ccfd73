//! The authorizer's context, which tells the endpoint who the caller is.

use std::fmt::Write;

use serde_json::{Map, Value};
use shared::{
    environment::{Environment, EnvironmentError, variable},
    http::CONTEXT_JKT,
    tokens::AccessToken,
};

use crate::AuthorizerError;

/// Flat strings: API Gateway refuses nested values, and converts all others into strings.
pub(crate) type AuthorizerContext = Map<String, Value>;

/// Names in the context that users' claims can't have, besides `RESERVED_CLAIMS`: two that API Gateway sets,
/// and two of ours.
const TAKEN: [&str; 4] = ["principalId", "integrationLatency", CLAIMS_JSON, CONTEXT_JKT];

/// The longest context, in bytes of names and values. You may map it to headers, and API Gateway passes on at
/// most 10,240 bytes of these.
const MAX_LEN: usize = 8192;

/// The name of the user's claims as one JSON object, which you can map to one header. It isn't `claims`,
/// which has a meaning in API Gateway.
const CLAIMS_JSON: &str = "claims_json";

/// The user's claims that are passed on, and their form.
#[derive(Debug, PartialEq)]
pub(crate) struct ContextClaims {
    chosen: Chosen,
    form: Form,
}

#[derive(Debug, PartialEq)]
enum Chosen {
    All,
    Named(Vec<String>),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    /// A value for each claim.
    Values,
    /// One JSON object.
    Json,
    Both,
}

impl ContextClaims {
    /// Reads `CONTEXT_CLAIMS` (`*`, or names separated by commas) and `CONTEXT_CLAIMS_AS` (`values`, `json`
    /// or `both`). If the first is absent, no claims are passed on. If the second is absent, each claim is a
    /// value.
    pub(crate) fn from_environment(environment: &Environment) -> Result<Self, EnvironmentError> {
        let chosen = match environment.optional(variable::CONTEXT_CLAIMS).map(str::trim) {
            Some("*") => Chosen::All,
            names => {
                let names = names.unwrap_or_default().split(',').map(str::trim);
                Chosen::Named(names.filter(|name| !name.is_empty()).map(str::to_owned).collect())
            }
        };
        let form = match environment.optional(variable::CONTEXT_CLAIMS_AS) {
            None | Some("values") => Form::Values,
            Some("json") => Form::Json,
            Some("both") => Form::Both,
            Some(_) => {
                let reason = "it must be values, json or both".to_owned();
                return Err(EnvironmentError::Unusable(variable::CONTEXT_CLAIMS_AS, reason));
            }
        };
        Ok(Self { chosen, form })
    }

    /// The context of a token. Claims that are too long are an error: if some were left out, endpoints would
    /// conclude that the user's record lacks them.
    pub(crate) fn context(&self, token: &AccessToken) -> Result<AuthorizerContext, AuthorizerError> {
        let own = [
            ("sub", token.session.user_id.to_string()),
            ("client_id", token.session.client_id.to_string()),
            ("sid", token.session.session_id.to_string()),
            ("scope", token.scope.to_string()),
            ("exp", token.expires_at.to_string()),
        ];
        let jkt = token.jkt.map(|jkt| (CONTEXT_JKT, jkt.to_string()));
        let own = own.into_iter().chain(jkt).map(|(name, value)| (name.to_owned(), value));
        let claims = || token.claims.iter().filter(|(name, _)| self.has(name));
        let mut all: Vec<(String, String)> = own.collect();
        if matches!(self.form, Form::Values | Form::Both) {
            all.extend(claims().map(|(name, value)| (name.clone(), flat(value))));
        }
        if matches!(self.form, Form::Json | Form::Both) {
            let claims = claims().map(|(name, value)| (name.clone(), value.clone()));
            all.push((CLAIMS_JSON.to_owned(), ascii_json(&Value::Object(claims.collect()))));
        }
        let len: usize = all.iter().map(|(name, value)| name.len() + value.len()).sum();
        if len > MAX_LEN {
            return Err(AuthorizerError::ContextTooLong);
        }
        Ok(all.into_iter().map(|(name, value)| (name, Value::String(value))).collect())
    }

    fn has(&self, name: &str) -> bool {
        let is_named = match &self.chosen {
            Chosen::All => true,
            Chosen::Named(names) => names.iter().any(|named| named == name),
        };
        is_named && !TAKEN.contains(&name)
    }
}

/// A string unchanged, and any other value as JSON.
fn flat(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// JSON in printable ASCII, so that a header can carry it. All other characters are escaped (RFC 8259 section
/// 7).
fn ascii_json(value: &Value) -> String {
    let mut ascii = String::new();
    for c in value.to_string().chars() {
        if c == ' ' || c.is_ascii_graphic() {
            ascii.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a String never fails.
                let _ = write!(ascii, "\\u{unit:04x}");
            }
        }
    }
    ascii
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use shared::{
        clock::Timestamp,
        ids::{ClientId, SessionId, UserId},
        scope::Scope,
        store::SessionKey,
        tokens::Access,
    };

    use super::*;

    fn of_variables(claims: &str, form: &str) -> Result<ContextClaims, EnvironmentError> {
        let variables = [(variable::CONTEXT_CLAIMS, claims), (variable::CONTEXT_CLAIMS_AS, form)];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        ContextClaims::from_environment(&Environment::from_variables(variables))
    }

    /// The context of a token with these claims.
    fn context(passed_on: &str, form: &str, claims: &Value) -> Result<AuthorizerContext, AuthorizerError> {
        let session = SessionKey {
            user_id: UserId::parse("u1").unwrap(),
            client_id: ClientId::parse("app").unwrap(),
            session_id: SessionId::of_secret(b"secret"),
        };
        let token = AccessToken {
            access: Access::Api,
            session,
            scope: Scope::parse("read").unwrap(),
            expires_at: Timestamp::from_unix(1_800_000_000),
            jkt: None,
            claims: claims.as_object().unwrap().clone(),
        };
        of_variables(passed_on, form).unwrap().context(&token)
    }

    #[test]
    fn the_chosen_claims_are_passed_on_without_those_whose_name_is_taken() {
        let claims =
            json!({ "email": "somebody@example.org", "level": 3, "principalId": "x", (CONTEXT_JKT): "y" });
        let of_the_token = context("", "", &claims).unwrap();
        assert_eq!(
            Value::Object(of_the_token.clone()),
            json!({
                "sub": "u1",
                "client_id": "app",
                "sid": SessionId::of_secret(b"secret").to_string(),
                "scope": "read",
                "exp": "1800000000",
            })
        );
        let added = |passed_on: &str, form: &str| {
            let mut context = context(passed_on, form, &claims).unwrap();
            context.retain(|name, _| !of_the_token.contains_key(name));
            Value::Object(context)
        };
        let (email, as_json) = ("somebody@example.org", r#"{"email":"somebody@example.org","level":3}"#);
        assert_eq!(added("*", ""), json!({ "email": email, "level": "3" }));
        assert_eq!(added(" email , absent,", "values"), json!({ "email": email }));
        assert_eq!(added("principalId", "values"), json!({}));
        assert_eq!(added("*", "json"), json!({ "claims_json": as_json }));
        assert_eq!(added("*", "both"), json!({ "claims_json": as_json, "email": email, "level": "3" }));
    }

    #[test]
    fn a_context_of_the_greatest_length_is_passed_on_and_a_longer_one_refused() {
        let of_len = |len: usize| context("*", "", &json!({ "note": "x".repeat(len) }));
        let len = |context: &AuthorizerContext| -> usize {
            context.iter().map(|(name, value)| name.len() + value.as_str().unwrap().len()).sum()
        };
        let rest = len(&of_len(0).unwrap());
        assert_eq!(len(&of_len(MAX_LEN - rest).unwrap()), MAX_LEN);
        assert!(matches!(of_len(MAX_LEN - rest + 1), Err(AuthorizerError::ContextTooLong)));
    }

    #[test]
    fn ascii_json_round_trips() {
        let claims =
            json!({ "name": "Nguy\u{1ec5}n \u{1f600}", "a\"b": ["\u{7f}\r\n\t\\", 1.5, null], "\u{fc}": {} });
        let ascii = ascii_json(&claims);
        assert!(ascii.bytes().all(|b| (0x20..0x7f).contains(&b)), "{ascii}");
        assert_eq!(serde_json::from_str::<Value>(&ascii).unwrap(), claims);
        assert!(ascii.contains("\\ud83d\\ude00") && ascii.contains("\\u007f"), "{ascii}");
    }

    #[test]
    fn a_form_that_is_not_known_is_refused() {
        let read = |form: &str| of_variables("*", form).map(|claims| claims.form);
        for (form, expected) in
            [("", Form::Values), ("values", Form::Values), ("json", Form::Json), ("both", Form::Both)]
        {
            assert_eq!(read(form), Ok(expected), "{form}");
        }
        assert!(read("JSON").is_err());
    }
}
