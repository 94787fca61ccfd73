//! Sets users' claims.

use std::io::{self, Read};

use clap::Args;
use passwords::Username;
use serde_json::{Map, Value};
use shared::{
    claims::RESERVED_CLAIMS,
    json::{ExactError, parse_exact},
    store::{User, attribute},
};

use super::view::UserView;
use crate::{
    audit::{OperatorEvent, Subject},
    context::Context,
    error::AdminError,
    options::username,
    tables::users::{Named, UserTables, not_found},
    update::Change,
};

pub(super) const CLAIMS_HELP: &str = "\
Examples:
  latchgate users set-claims ada@example.com '{\"email\": \"ada@example.com\", \"roles\": [\"admin\"]}'
  latchgate users set-claims ada@example.com - < claims.json

They replace all of the user's claims; `{}` removes them all. Tokens contain them from the next login or
refresh on.";

/// `users set-claims`
#[derive(Debug, Args)]
pub(crate) struct SetClaims {
    /// The user's name
    #[arg(value_name = "NAME", value_parser = username, allow_hyphen_values = true)]
    username: Username,
    /// The claims, a JSON object; `-` reads it from standard input
    #[arg(value_name = "JSON")]
    claims: String,
}

/// How deep claims may be nested, since readers of tokens have limits.
pub(crate) const MAX_DEPTH: usize = 32;

/// Parses claims that a user may have.
pub(super) fn parse(json: &[u8]) -> Result<Map<String, Value>, AdminError> {
    let claims = parse_exact(json, MAX_DEPTH).map_err(|error| {
        AdminError::Refused(match error {
            ExactError::Malformed => "claims are a JSON object, like {\"email\": \"ada@example.com\"}",
            ExactError::Repeated => "a claim, or a name inside a claim, occurs twice",
            ExactError::Number => {
                "a number in the claims can't be kept exactly: integers have 64 bits, others the precision \
                 of a double; write longer ones as strings"
            }
            ExactError::TooDeep => "claims are nested in at most 32 levels",
        })
    })?;
    check(&claims).map_err(AdminError::Refused)?;
    Ok(claims)
}

/// Checks that a user may have these claims.
pub(super) fn check(claims: &Map<String, Value>) -> Result<(), &'static str> {
    if claims.keys().any(|name| RESERVED_CLAIMS.contains(&name.as_str())) {
        return Err("a claim has a name that only Latchgate sets (iss, sub, aud, exp, scope and the like)");
    }
    if Value::Object(claims.clone()).to_string().len() > User::MAX_CLAIMS_LEN {
        return Err("claims have at most 4096 bytes of JSON: they are in every request");
    }
    Ok(())
}

pub(super) async fn set(context: &Context, command: &SetClaims) -> Result<(), AdminError> {
    let SetClaims { username, claims } = command;
    let claims = match claims.as_str() {
        "-" => parse(&read_stdin()?)?,
        json => parse(json.as_bytes())?,
    };
    let tables = UserTables::of(&context.deployment)?;
    let Named { username, user_id, .. } = tables.named(username).await?;
    let audit = context.audit_log().await?;
    let item = User { claims, ..User::default() }.to_item(&user_id);
    // The new claims may have another address.
    let change = Change::default().set_as_in(&item, &[attribute::CLAIMS]).without_notice();
    if !tables.change(&user_id, &change).await? {
        return Err(not_found(username.as_str()));
    }
    audit.record(OperatorEvent::UserClaimsSet, &Subject::user(&user_id, Some(username.as_str())))?;
    let user = tables.users.find(&user_id).await?.ok_or_else(|| not_found(username.as_str()))?;
    context.console.print_one(UserView::LINES, &UserView::of(&user_id, &user))
}

fn read_stdin() -> Result<Vec<u8>, AdminError> {
    let mut json = Vec::new();
    // Larger inputs are refused anyway.
    let mut input = io::stdin().lock().take(64 * 1024);
    input.read_to_end(&mut json).map_err(AdminError::io("standard input"))?;
    Ok(json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_must_be_an_object_without_reserved_names() {
        assert!(parse(br#"{"email":"ada@example.com","roles":["admin"]}"#).is_ok());
        assert!(parse(b"{}").is_ok());
        let long = format!(r#"{{"a":"{}"}}"#, "x".repeat(4096));
        let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(32), "]".repeat(32));
        for bad in [
            "",
            "[]",
            "null",
            r#"{"a":1,"a":2}"#,
            r#"{"a":{"b":1,"b":2}}"#,
            r#"{"a":[18446744073709551616]}"#,
            r#"{"a":0.12345678901234567}"#,
            r#"{"sub":"x"}"#,
            r#"{"scope":"all"}"#,
            &deep,
            &long,
        ] {
            assert!(matches!(parse(bad.as_bytes()), Err(AdminError::Refused(_))), "{bad:.20}");
        }
    }
}
