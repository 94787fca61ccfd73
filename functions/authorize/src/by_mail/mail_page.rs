//! The pages, and the relative URLs between them.

use mails::Purpose;
use shared::route;

/// A page of accounts by mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MailPage {
    /// Asks for the address of a new account.
    New,
    /// The link in the mail to that address.
    Confirm,
    /// Asks for the address of a user who forgot the password.
    Forgot,
    /// The link in the mail to that address.
    Reset,
}

impl MailPage {
    /// The purpose of the page's mails.
    pub(crate) fn purpose(self) -> Purpose {
        match self {
            Self::New | Self::Confirm => Purpose::SignUp,
            Self::Forgot | Self::Reset => Purpose::Reset,
        }
    }

    /// The page that asks for an address.
    pub(super) fn of_asking(purpose: Purpose) -> Self {
        match purpose {
            Purpose::SignUp => Self::New,
            Purpose::Reset => Self::Forgot,
        }
    }

    /// Whether mails link to this page.
    pub(super) fn is_link(self) -> bool {
        matches!(self, Self::Confirm | Self::Reset)
    }

    /// The path of the page, relative to the stage.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::New => route::ACCOUNT_NEW,
            Self::Confirm => route::ACCOUNT_CONFIRM,
            Self::Forgot => route::ACCOUNT_FORGOT,
            Self::Reset => route::ACCOUNT_RESET,
        }
    }

    /// The URL of the page with this query, relative to the sign-in page.
    pub(crate) fn url_at_sign_in(self, query: &str) -> String {
        with_query(self.path().trim_start_matches('/'), query)
    }

    /// The URL of the page with this query, relative to the other pages of accounts by mail.
    pub(super) fn url_at_others(self, query: &str) -> String {
        let name = self.path().rsplit('/').next().unwrap_or_default();
        with_query(name, query)
    }
}

/// A reference with a query, unless it is empty.
pub(super) fn with_query(reference: &str, query: &str) -> String {
    if query.is_empty() { reference.to_owned() } else { format!("{reference}?{query}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_relative_so_that_a_stage_stays() {
        assert_eq!(MailPage::Forgot.url_at_sign_in("client_id=web"), "account/forgot?client_id=web");
        assert_eq!(MailPage::New.url_at_sign_in(""), "account/new");
        assert_eq!(MailPage::of_asking(Purpose::SignUp).url_at_others("client_id=web"), "new?client_id=web");
        assert_eq!(MailPage::of_asking(Purpose::Reset).url_at_others(""), "forgot");
    }
}
