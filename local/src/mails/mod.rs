//! Mails on this machine, without a stream, Lambda and SES.
//!
//! [`Outbox`] finds the rows of the Mails table that wait, and gives them to the mailer, as Lambda would. The mailer
//! sends by [`Delivery`]: the mail is kept in the [`Inbox`], which the page shows, and goes to an SMTP server of yours
//! if you name one.

mod delivery;
mod inbox;
mod outbox;
mod smtp;

pub use self::{
    delivery::Delivery,
    inbox::Inbox,
    outbox::Outbox,
    smtp::{Smtp, SmtpError, SmtpServer},
};
