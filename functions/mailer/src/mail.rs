//! A mail that is ready to be sent.

use std::fmt;

use mails::EmailAddress;

use crate::Correspondent;

/// A header of every mail: no person wrote it, so no automatic responder should answer it (RFC 3834 section
/// 5).
pub const AUTO_SUBMITTED: (&str, &str) = ("Auto-Submitted", "auto-generated");

/// A mail that is ready to be sent. Its texts may have a token and a code, so `Debug` doesn't show them.
#[derive(Clone)]
pub struct Mail {
    /// The sender.
    pub from: Correspondent,
    /// Where answers go; `None`: to the sender.
    pub reply_to: Option<Correspondent>,
    /// The recipient, without a name.
    pub to: EmailAddress,
    /// The subject, one line.
    pub subject: String,
    /// The body as plain text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").field("from", &self.from).finish_non_exhaustive()
    }
}
