//! Mails on this machine, without Lambda and SES.
//!
//! [`Outbox`] finds the rows of the Mails table that wait, and gives them to the mailer, as Lambda would. [`Notices`]
//! gives it the streams of other tables, which bring the events that users are told about. The mailer sends by
//! [`Delivery`]: the mail is kept in the [`Inbox`], which the page shows, and goes to an SMTP server of yours if you
//! name one.

mod delivery;
mod inbox;
mod notices;
mod outbox;
mod smtp;

pub use self::{
    delivery::Delivery,
    inbox::Inbox,
    notices::{Notices, NoticesError},
    outbox::Outbox,
    smtp::{Smtp, SmtpError, SmtpServer},
};
