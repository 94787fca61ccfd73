//! The mailer as Lambda starts it: it sends by SES over HTTP.

use mailer::Mailer;
use regex_lite::Regex;
use serde_json::{Value, json};
use shared::{
    random::{SystemRandom, identifier},
    route,
};

use crate::harness::{
    APP, Api, CHOSEN, Change, Log, Ses, nothing_failed, sequence_number, stream_event, waiting, with_mail,
};

/// A deployment that sends mail from this address, with answers to another.
async fn sending_from(sender: &str) -> Api {
    Api::with(|parameters| {
        with_mail(parameters).with("MailFrom", sender).with("MailReplyTo", "help@example.com")
    })
    .await
}

/// An address of one test alone: other tests may use the same service.
fn address(name: &str) -> String {
    format!("{name}-{}@example.com", identifier(&SystemRandom::new()))
}

async fn ask(api: &Api, language: &str, email: &str) {
    let parameters = [("client_id", APP), ("email", email), ("language", language)];
    assert_eq!(api.post(route::SIGNUP, &parameters).await.status, 202);
}

/// The mailer's answer to a record of the only mail that waits.
async fn deliver(mailer: &Mailer, api: &Api) -> Value {
    let mailbox = waiting(api).await.remove(0);
    Box::pin(mailer.handle(stream_event([(Change::Insert, mailbox.as_str())]))).await.unwrap()
}

/// The link's token, the same in both bodies.
fn token(mail: &Value) -> String {
    let token = Regex::new(r"lgm1_[A-Za-z0-9_-]+").unwrap();
    let find = |body: &str| token.find(mail["body"][body].as_str().unwrap()).unwrap().as_str().to_owned();
    assert_eq!(find("text"), find("html"));
    find("text")
}

#[tokio::test]
async fn ses_gets_each_part_of_a_mail_and_its_link_confirms() {
    let (ses, api) = (Ses::start().await, sending_from("Cửa hàng <shop@example.com>").await);
    let mailer = ses.mailer(&api);
    for (language, word) in [("en", "Confirm"), ("vi", "Xác nhận")] {
        let email = address(language);
        ask(&api, language, &email).await;
        assert_eq!(deliver(&mailer, &api).await, nothing_failed());
        assert!(waiting(&api).await.is_empty());
        let mails = ses.mails_to(&email).await;
        assert_eq!(mails.len(), 1, "{mails:?}");
        let mail = &mails[0];
        assert_eq!(mail["from"], "=?UTF-8?B?Q+G7rWEgaMOgbmc=?= <shop@example.com>");
        assert_eq!(mail["replyTo"], json!(["help@example.com"]));
        assert_eq!(mail["destination"], json!({ "to": [email], "cc": [], "bcc": [] }));
        assert_eq!(mail["headers"], json!([{ "name": "Auto-Submitted", "value": "auto-generated" }]));
        assert_eq!(mail["attachments"], json!([]));
        assert!(mail["subject"].as_str().unwrap().contains(word), "{mail}");
        let reply = api.confirm(&[("token", &token(mail))], CHOSEN).await;
        assert_eq!(reply.status, 200, "{reply:?}");
    }
}

/// An operator verifies the sender after the first sign-up. The mail waits for that, and then leaves.
#[tokio::test]
async fn a_mail_waits_until_ses_has_verified_its_sender() {
    let sender = address("shop");
    let (ses, api) = (Ses::strict().await, sending_from(&format!("Shop <{sender}>")).await);
    let mailer = ses.mailer(&api);
    ask(&api, "en", "ada@example.com").await;
    let (log, guard) = Log::listen();
    let failed = json!({ "batchItemFailures": [{ "itemIdentifier": sequence_number(1) }] });
    assert_eq!(deliver(&mailer, &api).await, failed);
    drop(guard);
    let events = json!(log.take_events()).to_string();
    assert!(events.contains("MessageRejected") && !events.contains(&sender), "{events}");
    assert_eq!(waiting(&api).await.len(), 1);

    ses.verify(&sender).await;
    assert_eq!(deliver(&mailer, &api).await, nothing_failed());
    assert!(waiting(&api).await.is_empty());
}
