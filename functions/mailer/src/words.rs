//! What a mail says, apart from its template.

use minijinja::{Value, context};
use secrecy::{ExposeSecret, SecretString};
use shared::{
    clock::Timestamp,
    http::{CalendarMinute, Language},
    route,
};

use crate::{Kind, kind::Contents, links::page_of_token, look::defined};

/// What a mail says, apart from its template. Nothing in it comes from the request: a stranger could write to
/// anybody by it, in our name.
#[derive(Clone, Debug)]
pub(crate) struct Words {
    pub(crate) kind: Kind,
    pub(crate) language: Language,
    pub(crate) link: Option<SecretString>,
    pub(crate) code: Option<SecretString>,
    /// How long the link and the code still work.
    pub(crate) minutes: u64,
    /// When the link and the code expire.
    pub(crate) until: Timestamp,
    /// When the mail was asked for, or when its event happened.
    pub(crate) at: Timestamp,
    /// What a new device is called.
    pub(crate) device: Option<String>,
    /// Whether answers reach a person.
    pub(crate) takes_answers: bool,
}

impl Words {
    /// Words of this kind, with a link and a code that open nothing.
    pub(crate) fn sample(kind: Kind, language: Language) -> Self {
        let tag = language.tag();
        let contents = kind.contents();
        let link = match (page_of_token(kind), contents) {
            (Some(path), _) => Some(format!("{path}?token={SAMPLE_TOKEN}&ui_locales={tag}")),
            (None, Contents::Page) => {
                Some(format!("{}?client_id=web&ui_locales={tag}", route::ACCOUNT_FORGOT))
            }
            (None, _) => None,
        };
        Self {
            kind,
            language,
            link: link.map(|path| format!("https://login.example.com{path}").into()),
            code: contents.has_code().then(|| "493175".into()),
            minutes: 60,
            until: SAMPLE_UNTIL,
            at: SAMPLE_AT,
            device: (kind == Kind::NewDevice).then(|| match language {
                Language::English => "Firefox on Windows".to_owned(),
                Language::Vietnamese => "Firefox trên Windows".to_owned(),
            }),
            takes_answers: false,
        }
    }

    /// The sample in every form that mails of its kind have.
    pub(crate) fn samples(kind: Kind, language: Language) -> Vec<Self> {
        let mut samples = vec![Self::sample(kind, language)];
        // A notice to a user whom the page doesn't help.
        if kind.contents() == Contents::Page && kind != Kind::AlreadyRegistered {
            samples.push(Self { link: None, device: None, ..Self::sample(kind, language) });
        }
        let answered: Vec<_> =
            samples.iter().map(|words| Self { takes_answers: true, ..words.clone() }).collect();
        samples.extend(answered);
        samples
    }

    /// The variables of templates that differ from mail to mail. A mail without a link has no `link`, and so
    /// on.
    pub(crate) fn variables(&self) -> Value {
        let exposed = |secret: &Option<SecretString>| {
            defined(secret.as_ref().map(|secret| secret.expose_secret().to_owned()))
        };
        let readable = |at| CalendarMinute::of(at).readable(self.language);
        let has_token = self.kind.contents().has_token();
        context! {
            language => self.language.tag(),
            link => exposed(&self.link),
            code => exposed(&self.code),
            minutes => self.minutes,
            until => defined(has_token.then(|| readable(self.until))),
            at => readable(self.at),
            device => defined(self.device.clone()),
            takes_answers => self.takes_answers,
        }
    }
}

/// As long as a token.
const SAMPLE_TOKEN: &str = "lgm1_c2FtcGxlLXNhbXBsZS1zYW1wbGUtc2FtcGxlLXNhbXBsZS1zYW1wbGUtc2FtcGxlLXNhbXA";
/// 28 November 2026, 09:14.
const SAMPLE_AT: Timestamp = Timestamp::from_unix(1_795_857_240);
/// 1 December 2026, 09:14.
const SAMPLE_UNTIL: Timestamp = Timestamp::from_unix(1_796_116_440);
