//! The sample events of `tests/events/`, with real tokens and the current time for the placeholders.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::shell::{TaskError, root};

/// The demo user's password, and the new one in the event of a password change.
pub(crate) const PASSWORDS: [&str; 2] = ["correct horse battery staple", "staple battery horse correct"];

/// The values of an event's placeholders `ACCESS_TOKEN`, `REFRESH_TOKEN` and `SESSION_ID`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tokens {
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
    pub(crate) session_id: String,
}

impl Tokens {
    /// The tokens of a token response. Only the authorizer tells their session.
    pub(crate) fn of(response: &Value) -> Self {
        let text = |name: &str| response[name].as_str().unwrap_or_default().to_owned();
        Self { access_token: text("access_token"), refresh_token: text("refresh_token"), ..Self::default() }
    }

    /// Adds the session from the authorizer's answer to the access token.
    pub(crate) fn admitted(self, answer: &Value) -> Self {
        Self { session_id: answer["context"]["sid"].as_str().unwrap_or_default().to_owned(), ..self }
    }
}

/// The event in this file.
pub(crate) fn event(name: &str, tokens: &Tokens) -> Result<String, TaskError> {
    let path = root().join("tests/events").join(format!("{name}.json"));
    let text = std::fs::read_to_string(&path).map_err(|e| TaskError(format!("{}: {e}", path.display())))?;
    Ok(text
        .replace("ACCESS_TOKEN", &tokens.access_token)
        .replace("REFRESH_TOKEN", &tokens.refresh_token)
        .replace("SESSION_ID", &tokens.session_id)
        .replace("NOTICED_AT", &unix_time().to_string()))
}

/// The current Unix time in seconds, for an event that users are told about: the mailer drops those of the past.
#[expect(clippy::disallowed_methods, reason = "the functions read the real clock too")]
fn unix_time() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// The event of this step of a rotation. The file has the first step's.
pub(crate) fn step(name: &str) -> Result<String, TaskError> {
    Ok(event("keys", &Tokens::default())?.replace("createSecret", name))
}

/// The event that changes the password back.
pub(crate) fn change_back(tokens: &Tokens) -> Result<String, TaskError> {
    let [old, new] = PASSWORDS;
    Ok(event("password", tokens)?.replace(old, "\0").replace(new, old).replace('\0', new))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names of all sample events.
    fn names() -> Vec<String> {
        let files = std::fs::read_dir(root().join("tests/events")).unwrap();
        files.map(|file| file.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn the_flow_sends_every_sample_event() {
        let code = concat!(include_str!("flow.rs"), include_str!("events.rs"));
        for name in names() {
            assert!(code.contains(&format!("\"{name}\"")), "{name}");
        }
    }

    #[test]
    fn every_event_is_json_in_which_the_tokens_and_the_time_stand() {
        let tokens = Tokens {
            access_token: "a".to_owned(),
            refresh_token: "r".to_owned(),
            session_id: "s".to_owned(),
        };
        for name in names() {
            let event = event(&name, &tokens).unwrap();
            serde_json::from_str::<Value>(&event).unwrap();
            for placeholder in ["ACCESS_TOKEN", "REFRESH_TOKEN", "SESSION_ID", "NOTICED_AT"] {
                assert!(!event.contains(placeholder), "{name}: {placeholder}");
            }
        }
    }
}
