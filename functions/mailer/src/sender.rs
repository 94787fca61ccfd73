//! How mails leave, as a parameter.

use std::{fmt, pin::Pin};

use crate::Mail;

/// The future result of sending a mail.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<(), SendError>> + Send + 'a>>;

/// The way that mails leave: SES in Lambda, memory or an SMTP server on a laptop.
///
/// A sender sends at most once, and repeats nothing: the mailer decides what is sent again.
pub trait Sender: fmt::Debug + Send + Sync {
    /// Sends a mail, with the header [`AUTO_SUBMITTED`](crate::AUTO_SUBMITTED). It's accepted for delivery
    /// once this returns `Ok`.
    fn send<'a>(&'a self, mail: &'a Mail) -> Sending<'a>;
}

/// Why a mail was not accepted, as far as its sender knows. The reasons name no recipient.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// This mail is refused for good. It isn't sent again.
    #[error("the mail was refused: {0}")]
    Rejected(String),
    /// The mail was not sent, and may be later.
    #[error("the mail could not be sent: {0}")]
    Failed(String),
    /// The mail left, and no answer came: it may be sent or not.
    #[error("whether the mail was sent is unknown: {0}")]
    Unknown(String),
}
