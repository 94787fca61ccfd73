//! Accounts by mail: addresses, the links and codes in mails, their key, and the outbox.
//!
//! The table Mails has one row for each address and purpose. It is the pending request and the outbox at
//! once, so a request for a mail is one read and one write that tell nothing about the account. A new request
//! replaces the one before, whose link and code die with it. The stream of the table brings the key of the
//! row to the function `mailer`, which reads the account and decides which mail to send.
//!
//! Two other kinds of rows are no mailbox's: one counts the requests of a network ([`Network`]), the other
//! stops mails to an address ([`Suppression`]).
//!
//! No row has anything that opens an account: links and codes are derived from the row's [`MailId`] with a
//! key that only the functions have ([`MailKey`]).

mod address;
mod counted;
mod hour;
mod key;
mod key_source;
mod lease;
mod mail_id;
mod mailbox;
mod mails;
mod network;
mod outbox;
mod outgoing;
mod pending;
mod purpose;
mod quota;
mod slot;
mod suppression;
mod ticket;
mod update;

pub use self::{
    address::EmailAddress,
    key::MailKey,
    key_source::{MailKeyError, MailKeys},
    lease::Lease,
    mail_id::MailId,
    mailbox::Mailbox,
    mails::Mails,
    network::Network,
    outgoing::Outgoing,
    pending::{NewRequest, PendingMail},
    purpose::Purpose,
    slot::Slot,
    suppression::Suppression,
    ticket::{Ticket, TicketError},
};
