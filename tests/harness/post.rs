//! The post: the real mailer, with a sender that keeps the mails, and the outbox's stream.

use std::{
    fmt,
    sync::{Arc, LazyLock, Mutex},
};

use mailer::{Mail, Mailer, MailerError, SendError, Sender, Sending};
use regex_lite::Regex;
use serde_json::{Value, json};
use shared::store::attribute;

use super::{Api, Change, stream_event};

static LINK: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"https://\S+[?&]token=lgm1_\S+").unwrap());
static TOKEN: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"lgm1_[A-Za-z0-9_-]+").unwrap());
/// The code has a line of its own.
static CODE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?m)^ *([0-9]{3}) ?([0-9]{3}) *$").unwrap());

/// What the provider does with a mail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Provider {
    /// It accepts the mail.
    #[default]
    Accepts,
    /// It fails for now.
    Fails,
    /// It accepts the mail, and its answer is lost.
    AcceptsUnheard,
    /// It doesn't accept the mail, and its answer is lost.
    FailsUnheard,
    /// It refuses the mail for good.
    Refuses,
}

/// The mails that were accepted, and what happens to the next.
#[derive(Default)]
struct State {
    provider: Provider,
    accepted: Vec<Mail>,
    /// How often the mailer tried, in all.
    attempts: usize,
    hook: Option<Box<dyn Fn() + Send>>,
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("accepted", &self.accepted).finish_non_exhaustive()
    }
}

/// A sender that keeps the mails.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mailbag(Arc<Mutex<State>>);

impl Mailbag {
    /// What happens to mails from now on.
    pub(crate) fn set(&self, provider: Provider) {
        self.0.lock().unwrap().provider = provider;
    }

    /// Runs this whenever a mail is sent, before the provider answers.
    pub(crate) fn at_each(&self, hook: impl Fn() + Send + 'static) {
        self.0.lock().unwrap().hook = Some(Box::new(hook));
    }

    /// The accepted mails since the last take.
    pub(crate) fn take(&self) -> Vec<Mail> {
        std::mem::take(&mut self.0.lock().unwrap().accepted)
    }

    /// The number of mails that the mailer has tried to send.
    pub(crate) fn attempts(&self) -> usize {
        self.0.lock().unwrap().attempts
    }
}

impl Sender for Mailbag {
    fn send<'a>(&'a self, mail: &'a Mail) -> Sending<'a> {
        let mut state = self.0.lock().unwrap();
        state.attempts += 1;
        if let Some(hook) = &state.hook {
            hook();
        }
        let provider = state.provider;
        if matches!(provider, Provider::Accepts | Provider::AcceptsUnheard) {
            state.accepted.push(mail.clone());
        }
        Box::pin(async move {
            match provider {
                Provider::Accepts => Ok(()),
                Provider::Fails => Err(SendError::Failed("a fault of the test, before".to_owned())),
                Provider::AcceptsUnheard | Provider::FailsUnheard => {
                    Err(SendError::Unknown("a fault of the test, after".to_owned()))
                }
                Provider::Refuses => Err(SendError::Rejected("a refusal of the test".to_owned())),
            }
        })
    }
}

/// The mailer of a deployment.
pub(crate) struct Post {
    mailer: Mailer,
    pub(crate) bag: Mailbag,
}

impl Post {
    pub(crate) fn of(api: &Api) -> Self {
        let bag = Mailbag::default();
        let mailer = Mailer::start_with(&api.context("mailer"), Arc::new(bag.clone())).unwrap();
        Self { mailer, bag }
    }

    /// The mailer's answer to an event.
    pub(crate) async fn handle(&self, event: Value) -> Value {
        self.try_handle(event).await.unwrap()
    }

    pub(crate) async fn try_handle(&self, event: Value) -> Result<Value, MailerError> {
        Box::pin(self.mailer.handle(event)).await
    }

    /// Brings the mailer all that waits in the outbox, and returns the mails that were accepted. None may fail.
    pub(crate) async fn deliver(&self, api: &Api) -> Vec<Mail> {
        let waiting = waiting(api).await;
        let changes = waiting.iter().map(|mailbox| (Change::Modify, mailbox.as_str()));
        assert_eq!(self.handle(stream_event(changes)).await, nothing_failed());
        self.bag.take()
    }

    /// Brings the mailer what waits, and returns the only mail.
    pub(crate) async fn deliver_one(&self, api: &Api) -> Mail {
        let mut mails = self.deliver(api).await;
        assert_eq!(mails.len(), 1, "{:?}", mails.iter().map(|mail| &mail.subject).collect::<Vec<_>>());
        mails.remove(0)
    }
}

/// The keys of the rows whose mail waits.
pub(crate) async fn waiting(api: &Api) -> Vec<String> {
    let rows = api.items("MailsTable").await.into_iter();
    let waiting = rows.filter(|row| row.contains_key(attribute::UNSENT));
    waiting.map(|row| row[attribute::MAILBOX].as_s().unwrap().clone()).collect()
}

/// The mailer's answer if it carried every record out.
pub(crate) fn nothing_failed() -> Value {
    json!({ "batchItemFailures": [] })
}

/// The link's token, if the mail has a link. Both parts of the mail have the same.
pub(crate) fn link_of(mail: &Mail) -> Option<String> {
    let find = |text: &str| TOKEN.find(text).map(|found| found.as_str().to_owned());
    let (text, html) = (find(&mail.text), find(&mail.html));
    assert_eq!(text, html, "{}", mail.text);
    text
}

/// The whole URL of the link.
pub(crate) fn url_of(mail: &Mail) -> String {
    LINK.find(&mail.text).expect("the mail has a link").as_str().to_owned()
}

/// The code, if the mail has one. Both parts of the mail have the same.
pub(crate) fn code_of(mail: &Mail) -> Option<String> {
    let code = CODE.captures(&mail.text).map(|found| format!("{}{}", &found[1], &found[2]));
    if let Some(code) = &code {
        let (first, second) = code.split_at(3);
        let is_shown =
            [code.clone(), format!("{first} {second}")].iter().any(|form| mail.html.contains(form));
        assert!(is_shown, "{}", mail.html);
    }
    code
}

/// A code that isn't this one.
pub(crate) fn wrong_code(code: &str) -> String {
    let first = if code.starts_with('1') { '2' } else { '1' };
    format!("{first}{}", &code[1..])
}
