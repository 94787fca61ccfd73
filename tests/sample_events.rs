//! The functions carry out the sample events of `tests/events/`, which `cargo xtask sam` and `sam local invoke` send
//! them.

use std::{collections::BTreeSet, fs, path::Path};

use authorizer::Authorizer;
use keys::KeyRotation;
use lambda_http::lambda_runtime::Diagnostic;
use serde_json::{Value, json};
use shared::{clock::Clock, route};

use crate::harness::{
    Api, Lambdas, PASSWORD, Post, Reply, Secrets, Tokens, USER_ID, claims, link_of, nothing_failed, waiting,
    with_mail,
};

const AUTHORIZER: [&str; 3] = ["authorizer-token", "authorizer-request", "authorizer-http-2.0"];
const ROTATION: &str = "keys";
/// A record of the outbox's stream, and a report of SES.
const MAILER: [&str; 2] = ["mailer-stream", "mailer-bounce"];
/// Records of the other streams: each asks for a notice.
const NOTICES: [&str; 3] = ["mailer-users", "mailer-revocations", "mailer-sessions"];
/// The steps of a rotation. The file's event is the first.
const STEPS: [&str; 4] = ["createSecret", "setSecret", "testSecret", "finishSecret"];
/// Events from a REST API, with their functions' paths.
const REQUESTS: [(&str, &str); 16] = [
    ("login", route::LOGIN),
    ("refresh", route::REFRESH),
    ("logout", route::LOGOUT),
    ("sessions-list", route::SESSIONS),
    ("sessions-delete", route::SESSIONS),
    ("password", route::PASSWORD),
    ("token", route::TOKEN),
    ("authorize", route::AUTHORIZE),
    ("userinfo", route::USERINFO),
    ("signup", route::SIGNUP),
    ("email", route::EMAIL),
    ("email-confirm", route::EMAIL_CONFIRM),
    ("email-undo", route::EMAIL_UNDO),
    ("account-delete", route::ACCOUNT),
    ("metadata-jwks", "/metadata"),
    ("metadata-openid-configuration", "/metadata"),
];
/// The address in the events, which is the name of the user in those of notices.
const ADA: &str = "ada@example.com";
/// The new address.
const LOVELACE: &str = "lovelace@example.com";
/// The new password.
const CHANGED: &str = "staple battery horse correct";

/// The event in the file of this name, unchanged.
fn text(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("events");
    fs::read_to_string(folder.join(format!("{name}.json"))).unwrap()
}

/// The event with its tokens' placeholders replaced.
fn event(name: &str, tokens: &Tokens) -> Value {
    event_with(name, tokens, &[])
}

/// The event with the placeholders of its tokens and these replaced.
fn event_with(name: &str, tokens: &Tokens, more: &[(&str, &str)]) -> Value {
    let session_id = claims(&tokens.access)["sid"].as_str().unwrap().to_owned();
    let filled = text(name)
        .replace("ACCESS_TOKEN", &tokens.access)
        .replace("REFRESH_TOKEN", &tokens.refresh)
        .replace("SESSION_ID", &session_id);
    let filled = more.iter().fold(filled, |text, (placeholder, value)| text.replace(placeholder, value));
    serde_json::from_str(&filled).unwrap()
}

async fn answer(api: &Api, name: &str, tokens: &Tokens) -> Reply {
    answer_to(api, name, &event(name, tokens)).await
}

/// The answer to an event with the link of a mail.
async fn answer_with(api: &Api, name: &str, tokens: &Tokens, link: &str) -> Reply {
    answer_to(api, name, &event_with(name, tokens, &[("MAIL_TOKEN", link)])).await
}

async fn answer_to(api: &Api, name: &str, event: &Value) -> Reply {
    let (_, path) = REQUESTS.into_iter().find(|(event, _)| *event == name).unwrap();
    Lambdas::start(api).await.answer(path, event).await.unwrap()
}

/// A deployment that sends mail, also about new devices, and a session of its user, whose name is an address.
async fn with_address() -> (Api, Tokens) {
    let api = Api::with(|parameters| with_mail(parameters).with("NewDeviceMails", "yes")).await;
    api.put_account(ADA, PASSWORD, USER_ID).await;
    let tokens = api.try_login_as(ADA, PASSWORD).await.tokens();
    (api, tokens)
}

#[test]
fn every_file_is_an_event_of_these() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("events");
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let expected = REQUESTS.map(|(name, _)| name).into_iter().chain(AUTHORIZER).chain([ROTATION]);
    let expected: BTreeSet<_> =
        expected.chain(MAILER).chain(NOTICES).map(|name| format!("{name}.json")).collect();
    assert_eq!(files.collect::<BTreeSet<_>>(), expected);
}

#[tokio::test]
async fn the_events_of_the_api_are_carried_out() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let tokens = answer(&api, "refresh", &tokens).await.tokens();
    let listed = answer(&api, "sessions-list", &tokens).await;
    assert_eq!((listed.status, &listed.body["sessions"][0]["current"]), (200, &json!(true)));
    let keys = answer(&api, "metadata-jwks", &tokens).await;
    assert_eq!((keys.status, keys.body["keys"].as_array().map(Vec::len)), (200, Some(1)));
    let configuration = answer(&api, "metadata-openid-configuration", &tokens).await;
    assert_eq!(
        (configuration.status, &configuration.body["issuer"]),
        (200, &json!("https://issuer.example.com"))
    );
    // No code is valid long enough for a file. This one shows that an unknown code costs no read.
    let lambdas = Lambdas::start(&api).await;
    api.calls.take();
    let refused = lambdas.answer(route::TOKEN, &event("token", &tokens)).await.unwrap();
    refused.assert_error(400, "invalid_grant");
    assert!(api.calls.take().is_empty());
    let page = answer(&api, "authorize", &tokens).await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert!(page.body.as_str().is_some_and(|html| html.contains("name=\"password\"")), "{page:?}");
    let claims = answer(&api, "userinfo", &tokens).await;
    assert_eq!((claims.status, &claims.body["sub"]), (200, &json!(USER_ID)));
    assert_eq!(answer(&api, "logout", &tokens).await.status, 200);
    assert_eq!(api.call(&tokens.access).await.status, 401);

    let tokens = answer(&api, "login", &tokens).await.tokens();
    assert_eq!(answer(&api, "sessions-delete", &tokens).await.status, 204);
    assert_eq!(api.call(&tokens.access).await.status, 401);

    let tokens = api.login().await;
    let changed = answer(&api, "password", &tokens).await.tokens();
    assert_eq!(api.call(&changed.access).await.status, 200);
    api.try_login(PASSWORD).await.assert_error(400, "invalid_grant");
}

/// The sign-up, then its mail, then the report that the mail came back.
#[tokio::test]
async fn the_events_of_mails_are_carried_out() {
    let api = Api::with_mail().await;
    let tokens = api.login().await;
    let post = Post::of(&api);
    answer(&api, "signup", &tokens).await.request_token();
    let [stream, bounce] = MAILER.map(text);
    let record = stream.replace("MAILBOX", &waiting(&api).await[0]);
    assert_eq!(post.handle(serde_json::from_str(&record).unwrap()).await, nothing_failed());
    assert_eq!(post.bag.take()[0].to.as_str(), ADA);
    // Also with its placeholder, as the README describes.
    assert_eq!(post.handle(serde_json::from_str(&stream).unwrap()).await, nothing_failed());
    post.handle(serde_json::from_str(&bounce).unwrap()).await;
    answer(&api, "signup", &tokens).await.request_token();
    assert!(post.deliver(&api).await.is_empty());
}

/// The request, its confirmation, and the undo, each with the link of the mail before it.
#[tokio::test]
async fn the_events_of_a_change_of_address_are_carried_out() {
    let (api, tokens) = with_address().await;
    let post = Post::of(&api);
    answer(&api, "email", &tokens).await.request_token();
    let mail = post.deliver_one(&api).await;
    assert_eq!(mail.to.as_str(), LOVELACE);
    let confirmed = answer_with(&api, "email-confirm", &tokens, &link_of(&mail).unwrap()).await;
    assert_eq!((confirmed.status, &confirmed.body), (200, &json!({})));
    api.try_login_as(LOVELACE, PASSWORD).await.tokens();

    let mail = post.deliver_one(&api).await;
    assert_eq!(mail.to.as_str(), ADA);
    let undone = answer_with(&api, "email-undo", &tokens, &link_of(&mail).unwrap()).await;
    assert_eq!((undone.status, &undone.body), (200, &json!({})));
    assert_eq!(api.call(&tokens.access).await.status, 401);
    api.try_login_as(ADA, CHANGED).await.tokens();

    // Also with their placeholder, as the README describes. Junk costs no read.
    let lambdas = Lambdas::start(&api).await;
    for (name, path) in [("email-confirm", route::EMAIL_CONFIRM), ("email-undo", route::EMAIL_UNDO)] {
        api.calls.take();
        let refused = lambdas.answer(path, &event(name, &tokens)).await.unwrap();
        refused.assert_error(400, "invalid_grant");
        assert!(api.calls.take().is_empty(), "{name}");
    }
}

#[tokio::test]
async fn the_event_of_a_deletion_is_carried_out() {
    let (api, tokens) = with_address().await;
    assert_eq!(answer(&api, "account-delete", &tokens).await.status, 204);
    assert!(api.user(USER_ID).await.is_none());
    assert_eq!(Post::of(&api).deliver_one(&api).await.to.as_str(), ADA);
}

#[tokio::test]
async fn the_events_of_notices_are_carried_out() {
    let (api, tokens) = with_address().await;
    let post = Post::of(&api);
    let now = api.clock.now().to_string();
    for name in NOTICES {
        // Also with its placeholders, as the README describes.
        assert_eq!(post.handle(serde_json::from_str(&text(name)).unwrap()).await, nothing_failed());
        assert!(waiting(&api).await.is_empty(), "{name}");
        let record = event_with(name, &tokens, &[("NOTICED_AT", &now)]);
        assert_eq!(post.handle(record).await, nothing_failed());
        assert_eq!(post.deliver_one(&api).await.to.as_str(), ADA, "{name}");
    }
}

#[tokio::test]
async fn the_events_of_the_authorizer_are_decided() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let authorizer = Authorizer::start(&api.context("authorizer")).await.unwrap();
    for name in AUTHORIZER {
        let answer =
            serde_json::to_value(authorizer.handle(event(name, &tokens), None).await.unwrap()).unwrap();
        assert_eq!(
            (&answer["principalId"], &answer["context"]["sub"]),
            (&json!(USER_ID), &json!(USER_ID)),
            "{name}"
        );
    }
    api.logout(&tokens.access).await;
    for name in AUTHORIZER {
        // Also with its placeholders, as the README describes.
        for event in [event(name, &tokens), serde_json::from_str(&text(name)).unwrap()] {
            let error = Diagnostic::from(authorizer.handle(event, None).await.unwrap_err());
            assert_eq!(error.error_message, "Unauthorized", "{name}");
        }
    }
}

#[tokio::test]
async fn the_events_of_a_rotation_are_its_steps() {
    let secrets = Secrets::start().await;
    let api = Api::with_secret(&secrets, |parameters| parameters).await;
    let rotation = KeyRotation::start(&api.context("keys")).unwrap();
    let sample: Value = serde_json::from_str(&text(ROTATION)).unwrap();
    assert_eq!(sample["Step"], STEPS[0]);
    for step in STEPS {
        let mut event = sample.clone();
        event["Step"] = json!(step);
        // `sam local` names the secret by its logical ID.
        assert_eq!(event["SecretId"], "Keyset");
        event["SecretId"] = json!(secrets.arn);
        rotation.handle(event, None).await.unwrap();
    }
    let (version, keyset) = secrets.current().await;
    assert_eq!(version, sample["ClientRequestToken"]);
    assert!(keyset.contains("signing_keys"));
}
