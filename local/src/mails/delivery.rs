//! How mails leave the mailer on this machine.

use std::sync::Arc;

use jiff::Timestamp;
use mailer::{Mail, Sender, Sending};
use secrecy::SecretString;

use super::{Inbox, Smtp};
use crate::log::{Feed, MailEntry};

/// Keeps each mail for the page, writes its line to the terminal, and sends it by SMTP if there is a server.
#[derive(Debug)]
pub struct Delivery {
    /// The mails that the page shows.
    pub inbox: Arc<Inbox>,
    /// The log, and the page's events.
    pub feed: Arc<Feed>,
    /// Your SMTP server.
    pub smtp: Option<Smtp>,
}

impl Sender for Delivery {
    fn send<'a>(&'a self, mail: &'a Mail) -> Sending<'a> {
        Box::pin(async move {
            // If it fails, the mailer sends the mail again: it must not be shown twice.
            if let Some(smtp) = &self.smtp {
                smtp.send(mail).await?;
            }
            self.inbox.keep(mail.clone());
            self.feed.mail(MailEntry {
                at: Timestamp::now(),
                to: mail.to.as_str().to_owned(),
                subject: mail.subject.clone(),
                link: link(&mail.text),
            });
            Ok(())
        })
    }
}

/// The first link with a token in a mail's text.
fn link(text: &str) -> Option<SecretString> {
    let is_link = |word: &&str| word.starts_with("http") && word.contains("token=");
    text.split_whitespace().find(is_link).map(SecretString::from)
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn the_link_of_a_mail_is_the_one_with_a_token() {
        let link = |text| link(text).map(|link| link.expose_secret().to_owned());
        let text = "Hello\n\nhttp://localhost:8787/\nhttp://localhost:8787/account/reset?token=lgm1_x\n\nBye";
        assert_eq!(link(text).as_deref(), Some("http://localhost:8787/account/reset?token=lgm1_x"));
        assert_eq!(link("See http://localhost:8787/account/forgot"), None);
    }
}
