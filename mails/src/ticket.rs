//! What a link or a request token stands for.

use shared::clock::Timestamp;

use crate::{EmailAddress, MailId, Mailbox, Purpose, mail_id, mailbox};

/// The length of a ticket in bytes: the purpose, the mailbox, the identifier, the expiry.
pub(crate) const LEN: usize = 1 + mailbox::LEN + mail_id::LEN + 8;

/// A request for a mail, as its link, its code and its request token name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// What the request is for.
    pub purpose: Purpose,
    /// The address that it is for, with the purpose.
    pub mailbox: Mailbox,
    /// Its identifier. Only the ticket of the mailbox's latest request is valid.
    pub id: MailId,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// Why a text is not a valid link or request token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TicketError {
    /// It is malformed, forged, altered, made with a key that is gone, or for another purpose.
    #[error("forged token of a mail")]
    Forged,
    /// Its time is over.
    #[error("expired token of a mail")]
    Expired,
}

impl TicketError {
    /// The name of this error in audit events.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Forged => "forged_mail_token",
            Self::Expired => "expired_mail_token",
        }
    }
}

impl Ticket {
    /// The ticket of a mail that is asked for now.
    pub fn new(purpose: Purpose, address: &EmailAddress, id: MailId, now: Timestamp) -> Self {
        Self { purpose, mailbox: address.mailbox(purpose), id, expires_at: now + purpose.ttl() }
    }

    /// The ticket as bytes of a fixed length, so that no two tickets have the same.
    pub(crate) fn to_bytes(&self) -> [u8; LEN] {
        let mut bytes = [0; LEN];
        let expires_at = self.expires_at.as_unix().to_be_bytes();
        let parts = [&[self.purpose.byte()][..], &self.mailbox.to_bytes(), self.id.as_bytes(), &expires_at];
        bytes.copy_from_slice(&parts.concat());
        bytes
    }

    /// The ticket in such bytes.
    pub(crate) fn from_bytes(bytes: &[u8; LEN]) -> Option<Self> {
        let (purpose, rest) = bytes.split_first()?;
        let (mailbox, rest) = rest.split_first_chunk()?;
        let (id, expires_at) = rest.split_first_chunk()?;
        Some(Self {
            purpose: Purpose::from_byte(*purpose)?,
            mailbox: Mailbox::from_bytes(mailbox),
            id: MailId::from_bytes(*id),
            expires_at: Timestamp::from_unix(u64::from_be_bytes(expires_at.try_into().ok()?)),
        })
    }
}
