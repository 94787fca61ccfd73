//! The mails that were sent, in memory.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use mailer::Mail;
use serde_json::{Value, json};

/// The most mails that are kept.
const KEPT: usize = 100;

/// The last mails, newest last. They are gone when the process ends.
#[derive(Debug, Default)]
pub struct Inbox(Mutex<VecDeque<Mail>>);

impl Inbox {
    /// Keeps a mail, and drops the oldest beyond the limit.
    pub(super) fn keep(&self, mail: Mail) {
        let mut mails = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if mails.len() == KEPT {
            mails.pop_front();
        }
        mails.push_back(mail);
    }

    /// The mails as JSON. They have links and codes, so only programs and pages of this machine may read them.
    pub(crate) fn to_json(&self) -> Value {
        let mails = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        mails.iter().map(shown).collect()
    }
}

fn shown(mail: &Mail) -> Value {
    json!({ "to": mail.to.as_str(), "subject": mail.subject, "text": mail.text, "html": mail.html })
}

#[cfg(test)]
mod tests {
    use mailer::Correspondent;
    use mails::EmailAddress;

    use super::*;

    #[test]
    fn the_newest_mails_are_kept() {
        let (inbox, address) = (Inbox::default(), EmailAddress::parse("Ada@Example.com").unwrap());
        assert_eq!(inbox.to_json(), json!([]));
        for number in 0..=KEPT {
            inbox.keep(Mail {
                from: Correspondent::parse("Latchgate <latchgate@localhost>").unwrap(),
                reply_to: None,
                to: address.clone(),
                subject: number.to_string(),
                text: "t".to_owned(),
                html: "<p>h</p>".to_owned(),
            });
        }
        let mails = inbox.to_json();
        assert_eq!((mails.as_array().unwrap().len(), &mails[0]["subject"]), (KEPT, &json!("1")));
        let last = json!({ "to": "Ada@Example.com", "subject": "100", "text": "t", "html": "<p>h</p>" });
        assert_eq!(mails[KEPT - 1], last);
    }
}
