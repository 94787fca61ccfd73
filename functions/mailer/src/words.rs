//! What a mail says, apart from its template.

use minijinja::{Value, context};
use secrecy::{ExposeSecret, SecretString};
use shared::http::Language;

use crate::{Kind, look::defined};

/// What a mail says, apart from its template. Nothing in it comes from the request: a stranger could write to
/// anybody by it, in our name.
#[derive(Debug)]
pub(crate) struct Words {
    pub(crate) kind: Kind,
    pub(crate) language: Language,
    pub(crate) link: Option<SecretString>,
    pub(crate) code: Option<SecretString>,
    /// How long the link and the code still work.
    pub(crate) minutes: u64,
    /// Whether answers reach a person.
    pub(crate) takes_answers: bool,
}

impl Words {
    /// Words of this kind, with a link and a code that open nothing.
    pub(crate) fn sample(kind: Kind, language: Language) -> Self {
        let tag = language.tag();
        let link = match kind {
            Kind::Confirm => Some(format!("account/confirm?token={SAMPLE_TOKEN}&ui_locales={tag}")),
            Kind::Reset => Some(format!("account/reset?token={SAMPLE_TOKEN}&ui_locales={tag}")),
            Kind::AlreadyRegistered => Some(format!("account/forgot?client_id=web&ui_locales={tag}")),
            Kind::NoAccount | Kind::Disabled => None,
        };
        Self {
            kind,
            language,
            link: link.map(|path| format!("https://login.example.com/{path}").into()),
            code: kind.has_token().then(|| "493175".into()),
            minutes: 60,
            takes_answers: false,
        }
    }

    /// The variables of templates that differ from mail to mail. A mail without a link has no `link`, and so
    /// on.
    pub(crate) fn variables(&self) -> Value {
        let exposed = |secret: &Option<SecretString>| {
            defined(secret.as_ref().map(|secret| secret.expose_secret().to_owned()))
        };
        context! {
            language => self.language.tag(),
            link => exposed(&self.link),
            code => exposed(&self.code),
            minutes => self.minutes,
            takes_answers => self.takes_answers,
        }
    }
}

/// As long as a token.
const SAMPLE_TOKEN: &str = "lgm1_c2FtcGxlLXNhbXBsZS1zYW1wbGUtc2FtcGxlLXNhbXBsZS1zYW1wbGUtc2FtcGxlLXNhbXA";
