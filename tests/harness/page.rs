//! A page, or another answer to a browser.

use std::{collections::BTreeMap, sync::LazyLock};

use axum::http::HeaderMap;
use regex_lite::Regex;
use reqwest::Url;
use shared::route;

use super::page_form::Form;

static FORM: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?s)<form\b([^>]*)>(.*?)</form>").unwrap());

/// The pages of accounts by mail.
const BY_MAIL: [&str; 7] = [
    route::ACCOUNT_NEW,
    route::ACCOUNT_CONFIRM,
    route::ACCOUNT_FORGOT,
    route::ACCOUNT_RESET,
    route::ACCOUNT_EMAIL,
    route::ACCOUNT_EMAIL_CONFIRM,
    route::ACCOUNT_EMAIL_UNDO,
];

/// An answer to a browser.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    /// The page's URL.
    pub(crate) url: Url,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) html: String,
}

/// A redirect of a client's user.
#[derive(Clone, Debug)]
pub(crate) struct Redirect {
    /// The URI without the query.
    pub(crate) uri: String,
    pub(crate) parameters: BTreeMap<String, String>,
}

impl Redirect {
    /// A required parameter.
    #[track_caller]
    pub(crate) fn parameter(&self, name: &str) -> &str {
        self.parameters.get(name).unwrap_or_else(|| panic!("no {name}: {self:?}"))
    }
}

impl Page {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The redirect of this answer.
    #[track_caller]
    pub(crate) fn redirect(&self) -> Redirect {
        assert!([302, 303].contains(&self.status), "{self:?}");
        let url = self.url.join(self.header("location").unwrap()).unwrap();
        let pairs: Vec<_> = url.query_pairs().into_owned().collect();
        let parameters: BTreeMap<_, _> = pairs.iter().cloned().collect();
        assert_eq!(parameters.len(), pairs.len(), "a parameter is there twice: {url}");
        assert_eq!(url.fragment(), None);
        Redirect { uri: url.as_str().split('?').next().unwrap().to_owned(), parameters }
    }

    /// Asserts that this is a page with this status and not a redirect.
    #[track_caller]
    pub(crate) fn assert_page(&self, status: u16) {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("location"), None, "{self:?}");
        assert_eq!(self.header("content-type"), Some("text/html; charset=utf-8"));
        assert!(self.html.to_ascii_lowercase().contains("</html>"), "{self:?}");
    }

    /// Asserts the guarantees of every answer to a browser: no cache stores it, no page frames it, and it runs no
    /// script but a captcha's.
    #[track_caller]
    pub(crate) fn assert_guarded(&self) {
        if self.header("content-type").is_some_and(|kind| kind.starts_with("application/json")) {
            // API Gateway's own answer.
            return;
        }
        assert_eq!(self.header("cache-control"), Some("no-store"), "{self:?}");
        let has_captcha = self.html.contains(" data-sitekey=");
        assert_eq!(self.html.matches("<script").count(), usize::from(has_captcha), "{self:?}");
        assert!(!self.html.contains("javascript:"), "{self:?}");
        if self.html.is_empty() {
            return;
        }
        let policy = self.header("content-security-policy").unwrap_or_else(|| panic!("no policy: {self:?}"));
        for directive in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"] {
            assert!(policy.contains(directive), "{directive}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(policy.contains("script-src"), has_captcha, "{policy}");
        assert_eq!(self.header("x-frame-options"), Some("DENY"));
        assert_eq!(self.header("x-content-type-options"), Some("nosniff"));
        // With `no-referrer`, forms would be sent with `Origin: null`. The URL of a link in a mail has a secret.
        let is_by_mail = BY_MAIL.iter().any(|path| self.url.path().ends_with(path));
        let expected = if is_by_mail { "strict-origin" } else { "same-origin" };
        assert_eq!(self.header("referrer-policy"), Some(expected));
    }

    /// The page's forms.
    pub(crate) fn forms(&self) -> Vec<Form> {
        let forms = FORM.captures_iter(&self.html);
        let forms = forms.map(|form| Form::read(&form[1], &form[2], &self.url));
        forms.collect()
    }

    /// The only form with a field or button of this name, and of this value if one is given.
    #[track_caller]
    pub(crate) fn form_with(&self, name: &str, value: Option<&str>) -> Form {
        let mut forms = self.forms();
        forms.retain(|form| form.has(name, value));
        assert_eq!(forms.len(), 1, "forms with {name}={value:?}: {self:?}");
        forms.remove(0)
    }

    /// The sign-in form.
    #[track_caller]
    pub(crate) fn sign_in_form(&self) -> Form {
        self.form_with("password", None)
    }

    /// Whether the page asks the user before going on to a client that any program can imitate.
    pub(crate) fn asks_to_continue(&self) -> bool {
        self.forms().iter().any(|form| form.has("action", Some("continue")))
    }

    /// Whether the page asks for a password.
    pub(crate) fn asks_for_password(&self) -> bool {
        self.forms().iter().any(|form| form.has("password", None))
    }
}
