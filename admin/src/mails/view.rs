//! The printed form of a mail, and of an address that gets none.

use mails::{MailState, StoredMail, Suppressed};
use serde::Serialize;
use shared::{
    clock::Timestamp,
    ids::{ClientId, UserId},
};

/// A mail or a suppressed address as printed. Unknown values are left out.
#[derive(Debug, Serialize)]
pub(super) struct MailView {
    /// The key of the row, by which the log names it.
    mailbox: String,
    email: String,
    /// What the mail is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    purpose: Option<&'static str>,
    /// `waiting`, `sent`, `used`, `dropped` or `suppressed`.
    state: &'static str,
    /// Why the address is suppressed.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<ClientId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    asked_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_at: Option<Timestamp>,
    /// When the link expires, or until when the mail may be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    /// The number of deliveries that took a waiting mail, and gave no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    taken: Option<u32>,
}

impl MailView {
    pub(super) const COLUMNS: &[&str] =
        &["email", "purpose", "state", "client_id", "language", "sent_at", "expires_at"];
    pub(super) const LINES: &[&str] = &[
        "mailbox",
        "email",
        "purpose",
        "state",
        "reason",
        "client_id",
        "language",
        "user_id",
        "asked_at",
        "sent_at",
        "expires_at",
        "taken",
    ];

    /// The columns of a table with these rows.
    pub(super) fn columns(views: &[Self]) -> Vec<&'static str> {
        let mut columns = Self::COLUMNS.to_vec();
        if views.iter().any(|view| view.reason.is_some()) {
            columns.insert(3, "reason");
        }
        if views.iter().any(|view| view.taken.is_some()) {
            columns.push("taken");
        }
        columns
    }

    pub(super) fn of_mail(mail: &StoredMail) -> Self {
        let (state, sent_at) = match mail.state {
            MailState::Waiting => ("waiting", None),
            MailState::Sent(at) => ("sent", Some(at)),
            MailState::Dropped => ("dropped", None),
            MailState::Used => ("used", None),
        };
        Self {
            mailbox: mail.mailbox.as_str().to_owned(),
            email: mail.address.as_str().to_owned(),
            purpose: Some(mail.purpose.name()),
            state,
            reason: None,
            client_id: Some(mail.client_id.clone()),
            language: Some(mail.language.tag()),
            user_id: mail.user_id.clone(),
            asked_at: mail.asked_at,
            sent_at,
            expires_at: mail.expires_at,
            taken: Some(mail.taken).filter(|taken| *taken > 0),
        }
    }

    pub(super) fn of_suppressed(suppressed: &Suppressed) -> Self {
        Self {
            mailbox: suppressed.address.suppression_key(),
            email: suppressed.address.as_str().to_owned(),
            purpose: None,
            state: "suppressed",
            reason: suppressed.reason.map(mails::Suppression::name),
            client_id: None,
            language: None,
            user_id: None,
            asked_at: None,
            sent_at: None,
            expires_at: None,
            taken: None,
        }
    }
}
