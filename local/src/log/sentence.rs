//! Explains events to people who don't know their names.

use authorizer::refusal;
use tracing::Level;

use super::Event;

/// A sentence about the event. `None` if the line of its request says enough.
pub(super) fn of(event: &Event) -> Option<String> {
    let (user, client) = (who(event, "user_id"), who(event, "client_id"));
    Some(match event.name() {
        None => return of_diagnostics(event),
        Some("refresh_token_reused") => format!(
            "Probably theft: {} of {user} on {client} was used again. Its session ends.",
            match event.text("subtype") {
                Some("stale_replay") => "the last refresh token, too late for a retry,",
                Some("other_key") =>
                    "the last refresh token, without the key that its successor is bound to,",
                _ => "an old refresh token",
            }
        ),
        Some("refresh_token_misused") => format!(
            "A refresh token of {user} on {client} came {}. It may have been stolen. It was refused, and the \
             session continues.",
            match event.text("subtype") {
                Some("no_proof") => "without a proof of the key that it is bound to",
                _ => "with a proof of another key than its own",
            }
        ),
        Some("code_reused") => format!(
            "Probably theft: an authorization code of {user} on {client} was used again. Its session ends."
        ),
        Some("sign_in_succeeded") if !event.is_last() => format!("{user} signed in at the pages."),
        Some("consent_granted") => format!("{user} agreed to what {client} asks for."),
        Some("session_revoked") => {
            format!(
                "A session of {user} on {client} ended: {}.",
                cause(event.text("cause").unwrap_or_default())
            )
        }
        Some("refresh_retry_served") => {
            "The request was repeated within the leeway, and got the same new token again.".to_owned()
        }
        Some("refresh_key_used_late") => {
            "The request was repeated later than the leeway; only its Idempotency-Key made it a retry."
                .to_owned()
        }
        Some("password_rehashed") => {
            format!("The stored hash of {user}'s password was weak, or imported. It was replaced.")
        }
        Some("login_password_expired") => {
            format!("The password was right, but {user} has to choose another one before anything else.")
        }
        Some("mail_requested") => {
            "A mail was asked for. Whether the address has an account decides which mail it is.".to_owned()
        }
        Some("account_confirmed") => format!("{user} confirmed an address and has an account now."),
        Some("password_reset") => format!("{user} had forgotten the password and chose another one."),
        Some("mail_sent") => "A mail was handed over for delivery.".to_owned(),
        Some("mail_suppressed") => {
            "A mail was not sent: mails to this address bounced before, or led to a complaint.".to_owned()
        }
        Some("mail_sent_again") => {
            "A mail is sent, though an earlier delivery may have sent it: that one ended without a word."
                .to_owned()
        }
        Some("mail_rejected") => "A mail isn't sent any more: it was refused, or never answered.".to_owned(),
        Some("mail_sent_unmarked") => {
            "A mail was handed over for delivery, but couldn't be marked as sent: it may go out twice."
                .to_owned()
        }
        Some("mail_bounced") => {
            "A mail bounced or led to a complaint: its address gets no more mails.".to_owned()
        }
        Some("logout_ignored") => {
            "The token isn't Latchgate's, or it is another client's. Nothing happened.".to_owned()
        }
        Some(name) => return of_reason(name, event),
    })
}

/// A sentence about a request that was refused or failed.
fn of_reason(name: &str, event: &Event) -> Option<String> {
    match event.text("reason") {
        Some("budget_spent") => Some(
            "Locked for now: too many wrong passwords for this user name. Even the right one is refused, for up to four hours."
                .to_owned(),
        ),
        Some("insufficient_scope") => Some(of_scope(event.text("detail")).to_owned()),
        _ if event.level == Level::ERROR => event.text("detail").map(str::to_owned),
        // An event that has no sentence yet, apart from the request's last line.
        _ if !event.is_last() => Some(format!("{name}: {} on {}.", who(event, "user_id"), who(event, "client_id"))),
        _ => None,
    }
}

/// A sentence about a valid token that doesn't allow the call.
fn of_scope(detail: Option<&str>) -> &'static str {
    match detail {
        Some(refusal::NO_RULE) => {
            "The token is valid, but no scope rule names this call, so it is refused (ScopeDefault)."
        }
        Some(refusal::PASSWORD_CHANGE) => {
            "The token is valid, but only to change the password: its user has to choose another one first."
        }
        _ => "The token is valid, but its scope doesn't allow this call.",
    }
}

/// The message and all fields.
fn of_diagnostics(event: &Event) -> Option<String> {
    let fields = event.fields.iter().map(|(name, value)| match value.as_str() {
        Some(text) => format!("{name}={text}"),
        None => format!("{name}={value}"),
    });
    let message = (!event.message.is_empty()).then(|| event.message.clone());
    let words: Vec<_> = message.into_iter().chain(fields).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

fn who<'a>(event: &'a Event, field: &str) -> &'a str {
    event.text(field).unwrap_or(match field {
        "user_id" => "an unknown user",
        _ => "an unknown client",
    })
}

fn cause(name: &str) -> &str {
    match name {
        "logout" => "it was logged out",
        "logout_everywhere" => "a logout everywhere",
        "user" => "its user ended it from the list of devices",
        "theft" => "its refresh token or its code was used again",
        "cut_off" => "its user or client was disabled or deleted, or all of its sessions were ended",
        "password_change" => "its user chose another password",
        "password_reset" => "its user had forgotten the password and chose another one",
        "max_sessions" => "its user has more sessions than the stack allows",
        "replaced" => "its browser signed in again",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::{Value, json};
    use shared::log::{Cause, Event as AuditEvent};

    use super::*;

    fn event(level: Level, fields: &Value) -> Event {
        let fields = fields.as_object().unwrap().clone();
        Event { at: Timestamp::UNIX_EPOCH, level, message: String::new(), fields }
    }

    #[test]
    fn every_audit_event_has_its_sentence() {
        for name in AuditEvent::ALL.map(AuditEvent::name) {
            let said = of(&event(Level::INFO, &json!({ "event": name, "user_id": "u1" })));
            assert!(said.is_some(), "{name}");
        }
        for cause in Cause::ALL.map(Cause::name) {
            let fields =
                json!({ "event": "session_revoked", "cause": cause, "user_id": "u1", "client_id": "app" });
            let said = of(&event(Level::INFO, &fields)).unwrap();
            assert!(said.starts_with("A session of u1 on app ended: "), "{said}");
            assert!(!said.contains('_') && !said.ends_with(&format!(": {cause}.")), "{said}");
        }
    }

    #[test]
    fn a_token_without_its_key_is_not_reported_as_a_successful_theft() {
        for (subtype, said) in [("no_proof", "without a proof"), ("other_key", "of another key")] {
            let fields = json!({ "event": "refresh_token_misused", "subtype": subtype, "user_id": "u1", "client_id": "app" });
            let sentence = of(&event(Level::WARN, &fields)).unwrap();
            assert!(sentence.contains(said) && sentence.contains("the session continues"), "{sentence}");
        }
    }

    #[test]
    fn events_at_the_pages_have_sentences() {
        for (name, expected) in [
            ("sign_in_succeeded", "u1 signed in"),
            ("consent_granted", "u1 agreed to what app asks for"),
            ("code_reused", "an authorization code of u1 on app was used again"),
        ] {
            let fields = json!({ "event": name, "user_id": "u1", "client_id": "app" });
            let said = of(&event(Level::INFO, &fields)).unwrap();
            assert!(said.contains(expected), "{said}");
        }
        let last = json!({ "event": "sign_in_succeeded", "user_id": "u1", "duration_ms": 1.5 });
        assert_eq!(of(&event(Level::INFO, &last)), None);
    }

    #[test]
    fn an_ordinary_end_needs_no_sentence_and_a_lock_and_a_failure_do() {
        let last = |name: &str, reason: &str, level| {
            let fields = json!({ "event": name, "reason": reason, "detail": "why", "duration_ms": 1.5 });
            of(&event(level, &fields))
        };
        assert_eq!(last("login_refused", "wrong_password", Level::INFO), None);
        assert!(last("login_refused", "budget_spent", Level::INFO).unwrap().starts_with("Locked for now"));
        assert_eq!(last("login_failed", "store_unavailable", Level::ERROR).as_deref(), Some("why"));
        let succeeded = json!({ "event": "login_succeeded", "duration_ms": 1.5 });
        assert_eq!(of(&event(Level::INFO, &succeeded)), None);
    }

    #[test]
    fn a_call_that_no_scope_would_open_is_not_put_down_to_the_scope() {
        for (detail, said) in [
            (refusal::SCOPE, "its scope doesn't allow"),
            (refusal::NO_RULE, "no scope rule names this call"),
            (refusal::PASSWORD_CHANGE, "but only to change the password"),
        ] {
            let fields = json!({ "event": "access_refused", "reason": "insufficient_scope", "detail": detail, "duration_ms": 1.5 });
            let sentence = of(&event(Level::INFO, &fields)).unwrap();
            assert!(sentence.contains(said), "{sentence}");
        }
    }

    #[test]
    fn diagnostics_say_all_that_they_have() {
        let mut warning = event(Level::WARN, &json!({ "origin": "http://x", "times": 2 }));
        "look here".clone_into(&mut warning.message);
        assert_eq!(of(&warning).as_deref(), Some("look here origin=http://x times=2"));
    }
}
