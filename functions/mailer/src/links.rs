//! The links in mails.

use mails::{MailKey, Outgoing};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};
use shared::{
    environment::{Environment, EnvironmentError, variable},
    http::Language,
    ids::ClientId,
    route,
};

use crate::Kind;

/// The links in mails. They begin with the issuer, which is configuration: no header of a request, such as
/// `Host`, has a say.
#[derive(Debug)]
pub(crate) struct Links {
    issuer: String,
}

impl Links {
    pub(crate) fn from_environment(environment: &Environment) -> Result<Self, EnvironmentError> {
        Ok(Self { issuer: environment.required(variable::ISSUER)?.to_owned() })
    }

    /// The link with a token of a mail, if this kind has one.
    pub(crate) fn token_link(&self, kind: Kind, outgoing: &Outgoing, key: &MailKey) -> Option<SecretString> {
        let path = page_of_token(kind)?;
        Some(self.with_token(path, &key.link(&outgoing.ticket), outgoing.language))
    }

    /// A page that takes a token.
    fn with_token(&self, path: &str, token: &SecretString, language: Language) -> SecretString {
        let (issuer, token, tag) = (&self.issuer, token.expose_secret(), language.tag());
        format!("{issuer}{path}?token={token}&ui_locales={tag}").into()
    }

    /// The page that asks for a mail to set a new password. It leads back to the client, if that has an
    /// identifier which requests can have.
    pub(crate) fn forgot(&self, client_id: &ClientId, language: Language) -> String {
        let (issuer, path, tag) = (&self.issuer, route::ACCOUNT_FORGOT, language.tag());
        if client_id.is_reserved() || client_id.is_of_document() {
            return format!("{issuer}{path}?ui_locales={tag}");
        }
        let client_id = utf8_percent_encode(client_id.as_str(), NON_ALPHANUMERIC);
        format!("{issuer}{path}?client_id={client_id}&ui_locales={tag}")
    }
}

/// The page that takes the token of a mail. `None`, if mails of this kind have no token.
pub(crate) fn page_of_token(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Confirm | Kind::Invitation => Some(route::ACCOUNT_CONFIRM),
        Kind::Reset | Kind::ChoosePassword => Some(route::ACCOUNT_RESET),
        Kind::ChangeAddress => Some(route::ACCOUNT_EMAIL_CONFIRM),
        Kind::AddressChanged => Some(route::ACCOUNT_EMAIL_UNDO),
        Kind::AlreadyRegistered
        | Kind::NoAccount
        | Kind::Disabled
        | Kind::AddressTaken
        | Kind::AccountDeleted
        | Kind::Renamed
        | Kind::PasswordChanged
        | Kind::SessionsEnded
        | Kind::Theft
        | Kind::NewDevice => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_begin_with_the_issuer_and_have_the_mails_language() {
        let links = Links { issuer: "https://id.example/v1".to_owned() };
        let link = links.with_token(route::ACCOUNT_RESET, &"lgm1_AbC-_9".into(), Language::Vietnamese);
        assert_eq!(
            link.expose_secret(),
            "https://id.example/v1/account/reset?token=lgm1_AbC-_9&ui_locales=vi"
        );
        let forgot = |client_id| links.forgot(&client_id, Language::English);
        assert_eq!(
            forgot(ClientId::parse("a&b=c").unwrap()),
            "https://id.example/v1/account/forgot?client_id=a%26b%3Dc&ui_locales=en"
        );
        for client_id in [ClientId::browser(), ClientId::of_document("https://app.example/client")] {
            assert_eq!(forgot(client_id), "https://id.example/v1/account/forgot?ui_locales=en");
        }
    }

    #[test]
    fn exactly_the_mails_with_a_token_lead_to_a_page_that_takes_it() {
        for kind in Kind::ALL {
            assert_eq!(page_of_token(kind).is_some(), kind.contents().has_token(), "{}", kind.name());
        }
    }
}
