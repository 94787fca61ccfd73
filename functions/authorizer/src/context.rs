//! Who the caller is, as the endpoint behind the authorizer finds out.

use std::fmt::Write;

use serde_json::{Map, Value};
use shared::{
    environment::{Environment, EnvironmentError, variable},
    tokens::AccessToken,
};

use crate::AuthorizerError;

/// Flat strings: API Gateway refuses anything nested, and makes strings of everything else.
pub(crate) type AuthorizerContext = Map<String, Value>;

/// Names in the context that are no claim's: two that API Gateway sets, and ours of all claims. Those of our own that are claims
/// of every token are no user's (`RESERVED_CLAIMS`).
const TAKEN: [&str; 3] = ["principalId", "integrationLatency", CLAIMS_JSON];

/// The longest context, in bytes of names and values: it may be mapped to headers, of which API Gateway passes on
/// 10,240 bytes in all.
const MAX_LEN: usize = 8192;

/// The name in the context of the user's claims as one JSON object, which can be mapped to one header. It isn't `claims`:
/// API Gateway has a meaning of its own for that.
const CLAIMS_JSON: &str = "claims_json";

/// Which of the user's claims are handed on, and in which form.
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
    /// Reads `CONTEXT_CLAIMS`, `*` or names separated by commas, and `CONTEXT_CLAIMS_AS`, `values`, `json` or `both`. Where
    /// the first is absent, no claim is handed on; where the second is, each is a value.
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
                let reason = "it is none of values, json and both".to_owned();
                return Err(EnvironmentError::Unusable(variable::CONTEXT_CLAIMS_AS, reason));
            }
        };
        Ok(Self { chosen, form })
    }

    /// The context of a token. Claims that don't fit are a failure: were some left out in silence, an endpoint would
    /// take their absence for something that the user's record says.
    pub(crate) fn context(&self, token: &AccessToken) -> Result<AuthorizerContext, AuthorizerError> {
        let own = [
            ("sub", token.session.user_id.to_string()),
            ("client_id", token.session.client_id.to_string()),
            ("sid", token.session.session_id.to_string()),
            ("scope", token.scope.to_string()),
            ("exp", token.expires_at.to_string()),
        ];
        let own = own.into_iter().map(|(name, value)| (name.to_owned(), value));
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

/// A string as it is; anything else as JSON.
fn flat(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// JSON in printable ASCII, so that a header carries it: every other character is an escape (RFC 8259 section 7).
fn ascii_json(value: &Value) -> String {
    let mut ascii = String::new();
    for c in value.to_string().chars() {
        if c == ' ' || c.is_ascii_graphic() {
            ascii.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // A String takes whatever is written.
                let _ = write!(ascii, "\\u{unit:04x}");
            }
        }
    }
    ascii
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_in_ascii_reads_as_what_it_was() {
        let claims =
            json!({ "name": "Nguy\u{1ec5}n \u{1f600}", "a\"b": ["\u{7f}\r\n\t\\", 1.5, null], "\u{fc}": {} });
        let ascii = ascii_json(&claims);
        assert!(ascii.bytes().all(|b| (0x20..0x7f).contains(&b)), "{ascii}");
        assert_eq!(serde_json::from_str::<Value>(&ascii).unwrap(), claims);
        assert!(ascii.contains("\\ud83d\\ude00") && ascii.contains("\\u007f"), "{ascii}");
    }

    #[test]
    fn a_form_that_is_not_known_is_refused() {
        let read = |form: &str| {
            let variables = [(variable::CONTEXT_CLAIMS_AS, form), (variable::CONTEXT_CLAIMS, "*")];
            let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
            ContextClaims::from_environment(&Environment::from_variables(variables)).map(|claims| claims.form)
        };
        for (form, expected) in
            [("", Form::Values), ("values", Form::Values), ("json", Form::Json), ("both", Form::Both)]
        {
            assert_eq!(read(form), Ok(expected), "{form}");
        }
        assert!(read("JSON").is_err());
    }
}
