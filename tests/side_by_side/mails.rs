//! A version's mails: those with links and codes, one that waits, and an address that mails came back from.

use std::collections::BTreeMap;

use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use shared::route;

use crate::harness::{
    APP, Api, CHOSEN, Fault, IMPORTED, NEWCOMER, PASSWORD, Post, Tokens, bounce, code_of, link_of, text,
    wrong_code,
};

/// An address with an account, whose user has forgotten the password.
pub(super) const FORGETFUL: &str = "forgetful@example.com";
/// An address whose mail waits: its delivery died after sending it.
const WAITING: &str = "waiting@example.com";
/// An address that mails came back from.
pub(super) const GONE: &str = "gone@example.com";

/// An address whose account has moved to another, and may move on.
pub(super) const LEFT: &str = "left@example.com";
/// The address that it moved to.
pub(super) const MOVED: &str = "moved@example.com";
/// The address that it may move to.
pub(super) const NEXT: &str = "next@example.com";
/// An invited address.
pub(super) const INVITED: &str = "invited@example.com";
/// An address whose account is half deleted.
pub(super) const HALF_DELETED: &str = "half-deleted@example.com";
/// An address whose user was told of everything.
const TOLD: &str = "told@example.com";

/// What a version mailed.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct HeldMails {
    /// The key of links and codes.
    pub(super) key: String,
    /// The mails, by name.
    pub(super) mails: BTreeMap<String, HeldMail>,
}

/// An app's request token, and the content of the mail. Some mails have a link alone.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct HeldMail {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) request: String,
    pub(super) link: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) code: String,
}

impl HeldMail {
    /// The only mail that waits, for this request.
    pub(super) async fn of(api: &Api, post: &Post, request: String) -> Self {
        let mail = post.deliver_one(api).await;
        Self { request, link: link_of(&mail).unwrap(), code: code_of(&mail).unwrap() }
    }

    /// The only mail that waits, which has a link alone.
    async fn of_link(api: &Api, post: &Post) -> Self {
        let link = link_of(&post.deliver_one(api).await).unwrap();
        Self { request: String::new(), link, code: String::new() }
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
    let accounts = Box::pin(accounts(api, &post)).await;

    let request = api.ask(route::SIGNUP, WAITING).await;
    let calls = api.calls.clone();
    post.bag.at_each(move || calls.fail(Fault::Before("UpdateItem Mails")));
    let waits = HeldMail::of(api, &post, request).await;
    api.calls.heal();
    let mails = [("reset", reset), ("sign-up", sign_up), ("waiting", waits)];
    let mails = mails.into_iter().chain(accounts);
    HeldMails {
        key: api.deployment.mail_key.expose_secret().to_owned(),
        mails: mails.map(|(name, mail)| (name.to_owned(), mail)).collect(),
    }
}

/// Changes an address, invites a person, deletes accounts, one of them by half, and tells a user of each event.
async fn accounts(api: &Api, post: &Post) -> [(&'static str, HeldMail); 4] {
    let mover = signed_up(api, post, LEFT).await;
    let reply = api.try_change_address(&mover.access, MOVED, CHOSEN).await;
    let change = HeldMail::of(api, post, reply.request_token()).await;
    assert_eq!(api.confirm_address(&[("token", &change.link)]).await.status, 200);
    let undo = HeldMail::of_link(api, post).await;
    api.clock.advance(1);
    let reply = api.try_change_address(&mover.access, NEXT, CHOSEN).await;
    let change = HeldMail::of(api, post, reply.request_token()).await;

    api.invite(INVITED, &serde_json::json!({ "roles": ["editor"] })).await;
    let invitation = HeldMail::of_link(api, post).await;

    let leaver = signed_up(api, post, "leaver@example.com").await;
    assert_eq!(api.delete_account(&leaver.access, CHOSEN).await.status, 204);
    post.deliver_one(api).await;
    let half = signed_up(api, post, HALF_DELETED).await;
    api.calls.fail(Fault::Before("Query Consents"));
    api.delete_account(&half.access, CHOSEN).await.assert_error(503, "temporarily_unavailable");
    api.calls.heal();

    let told = signed_up(api, post, TOLD).await;
    let everywhere = [("client_id", APP), ("token", &*told.refresh), ("everywhere", "true")];
    assert_eq!(api.post(route::LOGOUT, &everywhere).await.status, 200);
    let reset = HeldMail::of(api, post, api.ask(route::FORGOT, TOLD).await).await;
    assert_eq!(api.reset(&[("token", &reset.link)], CHOSEN).await.status, 200);
    api.clock.advance(60);
    let stolen = api.try_login_as(TOLD, CHOSEN).await.tokens();
    let user_id = crate::harness::claims(&stolen.access)["sub"].as_str().unwrap().to_owned();
    let sessions = api.items("SessionsTable").await;
    let session = sessions.iter().find(|session| session["user_id"] == text(&user_id)).unwrap();
    post.hear_of_session(api, session).await;
    let next = api.refresh(&stolen.refresh).await.tokens();
    api.refresh(&next.refresh).await.tokens();
    api.clock.advance(60);
    api.refresh(&stolen.refresh).await.assert_error(400, "invalid_grant");
    let notices = post.notices(api).await;
    assert!(notices.len() >= 4, "one of each kind");
    let first_password = first_password(api, post).await;
    [("change", change), ("undo", undo), ("invitation", invitation), ("first-password", first_password)]
}

/// What a user without a password gets after an attempt to sign in.
async fn first_password(api: &Api, post: &Post) -> HeldMail {
    api.import_without_password().await;
    api.try_login_as(IMPORTED, PASSWORD).await.assert_error(400, "invalid_grant");
    let mails = post.notices(api).await;
    let link = mails.iter().find(|mail| mail.to.as_str() == IMPORTED).and_then(link_of).unwrap();
    HeldMail { request: String::new(), link, code: String::new() }
}

/// The first session of an account at this address.
async fn signed_up(api: &Api, post: &Post, email: &str) -> Tokens {
    let asked = HeldMail::of(api, post, api.ask(route::SIGNUP, email).await).await;
    api.confirm(&[("token", &asked.link)], CHOSEN).await.tokens()
}
