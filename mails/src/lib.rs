//! Accounts by mail: addresses, the links and codes in mails, their key, and the outbox.
//!
//! The table Mails has one row for each address and purpose. It is the pending request and the outbox at
//! once, so a request for a mail is one read and one write that tell nothing about the account. A new request
//! replaces the one before, whose link and code die with it. The stream of the table brings the key of the
//! row to the function `mailer`, which reads the account and decides which mail to send.
//!
//! A row has four writers: a request of a stranger or a user ([`Mails::request`]), the transaction that the
//! mail tells of ([`Mails::written`]), an operator who invites ([`Mails::invite`]), and the mailer itself,
//! when another table's stream brings an event ([`Mails::notify`]). An operator who withdraws an invitation
//! deletes its row ([`Mails::withdraw`]).
//!
//! Four other kinds of rows are no mailbox's: one counts the requests of a network
//! ([`Mails::count_network`]), one the mails that its attempts to sign in cause, one the requests of a user
//! ([`Mails::count_user`]), and one stops mails to an address ([`Suppression`]).
//!
//! No row has anything that opens an account: links and codes are derived from the row's [`MailId`] with a
//! key that only the functions have ([`MailKey`]).

mod address;
mod counted;
mod hour;
mod invitation;
mod key;
mod key_source;
mod language;
mod lease;
mod mail_id;
mod mailbox;
mod mails;
mod new_device_mails;
mod new_row;
mod notice;
mod of_address;
mod outbox;
mod outgoing;
mod page;
mod pending;
mod purpose;
mod quota;
mod resend;
mod slot;
mod stored_mail;
mod suppression;
mod ticket;
mod undos;
mod update;
mod user;
mod user_address;
mod withdrawal;

pub use self::{
    address::EmailAddress,
    invitation::{Invited, NewInvitation},
    key::MailKey,
    key_source::{MailKeyError, MailKeys},
    language::language_of,
    lease::Lease,
    mail_id::MailId,
    mailbox::Mailbox,
    mails::Mails,
    new_device_mails::NewDeviceMails,
    notice::{NewNotice, Notified},
    outgoing::{Noticed, Outgoing},
    page::{Page, PageStart},
    pending::{NewRequest, PendingMail},
    purpose::Purpose,
    resend::Resent,
    slot::Slot,
    stored_mail::{MailRow, MailState, StoredMail, Suppressed},
    suppression::Suppression,
    ticket::{Ticket, TicketError},
    undos::Undos,
    user_address::{address_of, own_address},
    withdrawal::Withdrawn,
};
