//! The templates in `templates/`, and their values.

use askama::Template;

use super::{
    AccountView, ChangePasswordView, ConsentView, ContinueView, DeletionView, Frame, Language, PageError,
    SignInView,
    brand::Brand,
    device::Device,
    messages::{Explanation, Messages},
    source::Source,
};

/// The values that all templates need.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page<'a> {
    pub(super) language: Language,
    /// The tag of the language (RFC 5646).
    pub(super) tag: &'static str,
    pub(super) text: &'static Messages,
    pub(super) brand: &'a Brand,
    pub(super) csrf: &'a str,
}

#[derive(Template)]
#[template(path = "sign_in.html")]
pub(super) struct SignIn<'a> {
    pub(super) page: Page<'a>,
    pub(super) view: &'a SignInView<'a>,
}

#[derive(Template)]
#[template(path = "change_password.html")]
pub(super) struct ChangePassword<'a> {
    pub(super) page: Page<'a>,
    pub(super) view: &'a ChangePasswordView<'a>,
}

#[derive(Template)]
#[template(path = "consent.html")]
pub(super) struct Consent<'a> {
    page: Page<'a>,
    view: &'a ConsentView<'a>,
    explained: Vec<&'static str>,
    others: Vec<&'a str>,
    returns_to: ReturnsTo,
}

/// The place that the browser returns to. Its address tells the user more than the client's name.
enum ReturnsTo {
    Host(String),
    AppOnDevice,
    Unnamed,
}

impl<'a> Consent<'a> {
    pub(super) fn new(page: Page<'a>, frame: &Frame<'_>, view: &'a ConsentView<'a>) -> Self {
        let text = page.text;
        let texts = [
            ("openid", text.scope_openid),
            ("profile", text.scope_profile),
            ("email", text.scope_email),
            ("phone", text.scope_phone),
            ("address", text.scope_address),
            ("offline_access", text.scope_offline_access),
        ];
        let is_asked = |scope: &str| {
            let is_implied = scope == "offline_access" && view.keeps_signed_in;
            is_implied || view.scopes.tokens().any(|token| token == scope)
        };
        let is_other = |token: &&str| texts.iter().all(|(scope, _)| scope != token);
        let mut explained: Vec<_> =
            texts.iter().filter(|(scope, _)| is_asked(scope)).map(|(_, text)| *text).collect();
        let others: Vec<_> = view.scopes.tokens().filter(is_other).collect();
        if explained.is_empty() && others.is_empty() {
            // Every access token identifies its user.
            explained.push(text.scope_openid);
        }
        Self { page, view, explained, others, returns_to: ReturnsTo::of(frame.redirect_uri) }
    }
}

impl ReturnsTo {
    fn of(redirect_uri: Option<&str>) -> Self {
        match redirect_uri.and_then(Source::of) {
            None => Self::Unnamed,
            Some(Source::Scheme(scheme)) if scheme == "https:" => Self::Unnamed,
            // `http` is only for loopback hosts, and other schemes belong to apps.
            Some(Source::Scheme(_)) => Self::AppOnDevice,
            Some(source @ Source::Origin(_)) => match source.host() {
                Some(host) if source.to_string().starts_with("https:") => Self::Host(host.to_owned()),
                _ => Self::AppOnDevice,
            },
        }
    }
}

#[derive(Template)]
#[template(path = "continue.html")]
pub(super) struct Continue<'a> {
    pub(super) page: Page<'a>,
    pub(super) view: &'a ContinueView<'a>,
}

#[derive(Template)]
#[template(path = "account.html")]
pub(super) struct Account<'a> {
    page: Page<'a>,
    view: &'a AccountView<'a>,
    devices: Vec<Device<'a>>,
    has_others: bool,
}

impl<'a> Account<'a> {
    pub(super) fn new(page: Page<'a>, view: &'a AccountView<'a>) -> Self {
        let devices = view.devices.iter().map(|device| Device::new(device, page.language)).collect();
        Self {
            page,
            view,
            devices,
            has_others: view.has_more || view.devices.iter().any(|device| !device.is_this),
        }
    }
}

#[derive(Template)]
#[template(path = "sign_out.html")]
pub(super) struct SignOut<'a> {
    pub(super) page: Page<'a>,
    pub(super) username: &'a str,
}

#[derive(Template)]
#[template(path = "signed_out.html")]
pub(super) struct SignedOut<'a> {
    pub(super) page: Page<'a>,
}

#[derive(Template)]
#[template(path = "delete_account.html")]
pub(super) struct DeleteAccount<'a> {
    pub(super) page: Page<'a>,
    pub(super) view: &'a DeletionView<'a>,
}

#[derive(Template)]
#[template(path = "account_deleted.html")]
pub(super) struct AccountDeleted<'a> {
    pub(super) page: Page<'a>,
}

#[derive(Template)]
#[template(path = "error.html")]
pub(super) struct Failed<'a> {
    page: Page<'a>,
    explanation: &'static Explanation,
}

impl<'a> Failed<'a> {
    pub(super) fn new(page: Page<'a>, error: PageError) -> Self {
        Self { page, explanation: error.explanation(page.text) }
    }
}
