//! The functions carry out the sample events of `tests/events/`, which `cargo xtask sam` and `sam local invoke` send
//! them.

use std::{collections::BTreeSet, fs, path::Path};

use authorizer::Authorizer;
use keys::KeyRotation;
use lambda_http::lambda_runtime::Diagnostic;
use serde_json::{Value, json};
use shared::route;

use crate::harness::{
    Api, Lambdas, PASSWORD, Post, Reply, Secrets, Tokens, USER_ID, claims, nothing_failed, waiting,
};

const AUTHORIZER: [&str; 3] = ["authorizer-token", "authorizer-request", "authorizer-http-2.0"];
const ROTATION: &str = "keys";
/// A record of the outbox's stream, and a report of SES.
const MAILER: [&str; 2] = ["mailer-stream", "mailer-bounce"];
/// The steps of a rotation. The file's event is the first.
const STEPS: [&str; 4] = ["createSecret", "setSecret", "testSecret", "finishSecret"];
/// Events from a REST API, with their functions' paths.
const REQUESTS: [(&str, &str); 12] = [
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
    ("metadata-jwks", "/metadata"),
    ("metadata-openid-configuration", "/metadata"),
];

/// The event in the file of this name, unchanged.
fn text(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("events");
    fs::read_to_string(folder.join(format!("{name}.json"))).unwrap()
}

/// The event with its placeholders replaced.
fn event(name: &str, tokens: &Tokens) -> Value {
    let session_id = claims(&tokens.access)["sid"].as_str().unwrap().to_owned();
    let filled = text(name)
        .replace("ACCESS_TOKEN", &tokens.access)
        .replace("REFRESH_TOKEN", &tokens.refresh)
        .replace("SESSION_ID", &session_id);
    serde_json::from_str(&filled).unwrap()
}

async fn answer(api: &Api, name: &str, tokens: &Tokens) -> Reply {
    let (_, path) = REQUESTS.into_iter().find(|(event, _)| *event == name).unwrap();
    Lambdas::start(api).await.answer(path, &event(name, tokens)).await.unwrap()
}

#[test]
fn every_file_is_an_event_of_these() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("events");
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let expected =
        REQUESTS.map(|(name, _)| name).into_iter().chain(AUTHORIZER).chain([ROTATION]).chain(MAILER);
    let expected: BTreeSet<_> = expected.map(|name| format!("{name}.json")).collect();
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
    assert_eq!(post.bag.take()[0].to.as_str(), "ada@example.com");
    // Also with its placeholder, as the README describes.
    assert_eq!(post.handle(serde_json::from_str(&stream).unwrap()).await, nothing_failed());
    post.handle(serde_json::from_str(&bounce).unwrap()).await;
    answer(&api, "signup", &tokens).await.request_token();
    assert!(post.deliver(&api).await.is_empty());
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
