//! A version's mails: those with links and codes, one that waits, and an address that mails came back from.

use std::collections::BTreeMap;

use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use shared::route;

use crate::harness::{Api, CHOSEN, Fault, NEWCOMER, Post, bounce, code_of, link_of, wrong_code};

/// An address with an account, whose user has forgotten the password.
pub(super) const FORGETFUL: &str = "forgetful@example.com";
/// An address whose mail waits: its delivery died after sending it.
const WAITING: &str = "waiting@example.com";
/// An address that mails came back from.
pub(super) const GONE: &str = "gone@example.com";

/// What a version mailed.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct HeldMails {
    /// The key of links and codes.
    pub(super) key: String,
    /// The mails, by name.
    pub(super) mails: BTreeMap<String, HeldMail>,
}

/// An app's request token, and the content of the mail.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct HeldMail {
    pub(super) request: String,
    pub(super) link: String,
    pub(super) code: String,
}

impl HeldMail {
    /// The only mail that waits, for this request.
    pub(super) async fn of(api: &Api, post: &Post, request: String) -> Self {
        let mail = post.deliver_one(api).await;
        Self { request, link: link_of(&mail).unwrap(), code: code_of(&mail).unwrap() }
    }
}

/// Asks for mails of every kind, and guesses at a code.
pub(super) async fn left_behind(api: &Api) -> HeldMails {
    let post = Post::of(api);
    let first = HeldMail::of(api, &post, api.ask(route::SIGNUP, FORGETFUL).await).await;
    api.confirm(&[("token", &first.link)], CHOSEN).await.tokens();
    let reset = HeldMail::of(api, &post, api.ask(route::FORGOT, FORGETFUL).await).await;
    let sign_up = HeldMail::of(api, &post, api.ask(route::SIGNUP, NEWCOMER).await).await;
    let wrong = [("request", sign_up.request.as_str()), ("code", &wrong_code(&sign_up.code))];
    api.confirm(&wrong, CHOSEN).await.assert_error(400, "invalid_grant");
    post.handle(bounce("Permanent", GONE)).await;

    let request = api.ask(route::SIGNUP, WAITING).await;
    let calls = api.calls.clone();
    post.bag.at_each(move || calls.fail(Fault::Before("UpdateItem Mails")));
    let waits = HeldMail::of(api, &post, request).await;
    api.calls.heal();
    let mails = [("reset", reset), ("sign-up", sign_up), ("waiting", waits)];
    HeldMails {
        key: api.deployment.mail_key.expose_secret().to_owned(),
        mails: mails.map(|(name, mail)| (name.to_owned(), mail)).into(),
    }
}
