//! Why a mail isn't sent, and why an event isn't understood.

use lambda_http::lambda_runtime::Diagnostic;
use mails::MailKeyError;
use shared::{aborted::Aborted, error::chain, log::Ending, store::StoreError};

use crate::SendError;

/// Why a mail isn't sent, or a report isn't heard. It names no address.
#[derive(Debug, thiserror::Error)]
pub enum MailerError {
    /// The event is neither of a table's stream nor a report of SES.
    #[error("the event is neither of a table's stream nor a report of SES")]
    Event,
    /// Another invocation is sending the mail, or died while it did. The mail is tried again later.
    #[error("another invocation is sending the mail, or died while it did")]
    Leased,
    /// The link of the mail has expired before the mail could be sent. It isn't sent any more.
    #[error("the link of the mail expired before the mail could be sent")]
    Expired,
    /// The mail was sent several times without an answer. It isn't sent any more.
    #[error("the mail was taken several times, and neither given back nor marked")]
    TakenTooOften,
    /// The batch took too long for another mail. The mail is tried again later.
    #[error("the batch took too long for another mail")]
    TooLate,
    /// A table failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The mail was sent, but its row could not be marked. It may be sent twice.
    #[error("the mail was sent, but it could not be marked as sent")]
    Unmarked(#[source] StoreError),
    /// The key of links and codes is unavailable.
    #[error(transparent)]
    Key(#[from] MailKeyError),
    /// A template failed.
    #[error("a template failed: {0}")]
    Template(String),
    /// The mail was refused, or could not be sent.
    #[error(transparent)]
    Send(#[from] SendError),
    /// Sending did not complete.
    #[error(transparent)]
    Aborted(#[from] Aborted),
}

impl MailerError {
    /// Whether another attempt makes no sense, or would send the mail twice.
    pub fn is_final(&self) -> bool {
        match self {
            // A malformed item stays as it is, and must not hold up the mails behind it.
            Self::Store(StoreError::Malformed { .. })
            | Self::Expired
            | Self::TakenTooOften
            | Self::Unmarked(_)
            | Self::Send(SendError::Rejected(_)) => true,
            Self::Event
            | Self::Leased
            | Self::TooLate
            | Self::Store(StoreError::Unavailable { .. })
            | Self::Key(_)
            | Self::Template(_)
            | Self::Send(SendError::Failed(_) | SendError::Unknown(_))
            | Self::Aborted(_) => false,
        }
    }

    /// Whether another delivery may take the mail at once: it is certain that this one didn't send it.
    pub(crate) fn gives_back(&self) -> bool {
        !self.is_final() && !matches!(self, Self::Send(SendError::Unknown(_)) | Self::Aborted(_))
    }

    /// The name of this error in audit events.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Event => "malformed_event",
            Self::Leased => "mail_leased",
            Self::Expired => "mail_expired",
            Self::TakenTooOften => "mail_taken_too_often",
            Self::TooLate => "batch_too_late",
            Self::Store(error) => error.reason(),
            Self::Unmarked(_) => "mail_unmarked",
            Self::Key(error) => error.reason(),
            Self::Template(_) => "template_failed",
            Self::Send(SendError::Rejected(_)) => "mail_refused",
            Self::Send(SendError::Failed(_)) => "mail_unsendable",
            Self::Send(SendError::Unknown(_)) => "mail_unanswered",
            Self::Aborted(error) => error.reason(),
        }
    }

    /// The error for the log.
    pub(crate) fn ending(&self) -> Ending {
        let is_failure = !matches!(self, Self::Leased | Self::Send(SendError::Rejected(_)));
        Ending { is_failure, answer: None, reason: self.reason(), detail: chain(self) }
    }
}

/// Lambda logs the message, and repeats the event.
impl From<MailerError> for Diagnostic {
    fn from(error: MailerError) -> Self {
        Self { error_type: "MailerError".to_owned(), error_message: chain(&error) }
    }
}
