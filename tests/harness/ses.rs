//! An emulator of SES for the real SDK over HTTP, with the parts that sending a mail needs.
//!
//! `cargo xtask mails` sets two variables, and then the same tests use emulators of others: `aws-ses-v2-local` keeps
//! mails (`LATCHGATE_TEST_SES_ENDPOINT`), and moto knows which senders are verified
//! (`LATCHGATE_TEST_STRICT_SES_ENDPOINT`). This shows that they and ours behave alike.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use mailer::Mailer;
use serde_json::{Value, json};
use shared::context::Context;
use tokio::net::TcpListener;

use super::{Api, aws, secrets};

/// A service that accepts mails.
pub(crate) struct Ses {
    endpoint: String,
}

impl Ses {
    /// A service that accepts every sender and keeps the mails.
    pub(crate) async fn start() -> Self {
        Self::at("LATCHGATE_TEST_SES_ENDPOINT", None).await
    }

    /// A service that refuses senders which it hasn't verified.
    pub(crate) async fn strict() -> Self {
        Self::at("LATCHGATE_TEST_STRICT_SES_ENDPOINT", Some(BTreeSet::new())).await
    }

    /// The service that the variable names, or a test's own.
    #[expect(clippy::disallowed_methods, reason = "how the xtask tells the tests which emulator to use")]
    async fn at(variable: &str, verified: Option<BTreeSet<String>>) -> Self {
        if let Ok(endpoint) = std::env::var(variable) {
            return Self { endpoint };
        }
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let account = Account { verified, ..Account::default() };
        let service = Router::new()
            .route("/v2/email/outbound-emails", post(send))
            .route("/v2/email/identities", post(verify))
            .route("/store", get(store))
            .with_state(Emulator(Arc::new(Mutex::new(account))));
        tokio::spawn(async move { axum::serve(listener, service).await });
        Self { endpoint }
    }

    /// The mailer of a deployment as Lambda starts it, so that it sends by this service.
    pub(crate) fn mailer(&self, api: &Api) -> Mailer {
        Mailer::start(&Context { aws: secrets::config(&self.endpoint), ..api.context("mailer") }).unwrap()
    }

    /// Verifies a sender.
    pub(crate) async fn verify(&self, address: &str) {
        let url = format!("{}/v2/email/identities", self.endpoint);
        aws::ask(&url, "ses", None, &json!({ "EmailIdentity": address })).await;
    }

    /// The accepted mails to this address. Other tests may use the same service.
    pub(crate) async fn mails_to(&self, address: &str) -> Vec<Value> {
        let text = reqwest::get(format!("{}/store", self.endpoint)).await.unwrap().text().await.unwrap();
        let mut store: Value = serde_json::from_str(&text).unwrap();
        let mut mails = store["emails"].take();
        let mails = mails.as_array_mut().unwrap().drain(..);
        mails.filter(|mail| mail["destination"]["to"] == json!([address])).collect()
    }
}

#[derive(Clone)]
struct Emulator(Arc<Mutex<Account>>);

#[derive(Default)]
struct Account {
    /// The verified senders; `None`: all are.
    verified: Option<BTreeSet<String>>,
    mails: Vec<Value>,
}

/// The operation `SendEmail`, with a simple message.
async fn send(State(Emulator(account)): State<Emulator>, Json(input): Json<Value>) -> Response {
    let mut account = account.lock().unwrap();
    let from = input["FromEmailAddress"].as_str().unwrap();
    let address = from.rsplit(['<', ' ']).next().unwrap().trim_end_matches('>');
    if account.verified.as_ref().is_some_and(|verified| !verified.contains(address)) {
        let message = format!("Email address not verified {from}");
        let error = json!({ "__type": "MessageRejected", "Message": message });
        return (StatusCode::BAD_REQUEST, Json(error)).into_response();
    }
    let message = &input["Content"]["Simple"];
    let headers = message["Headers"].as_array().unwrap().iter();
    let headers = headers.map(|header| json!({ "name": header["Name"], "value": header["Value"] }));
    let mail = json!({
        "from": from,
        "replyTo": input["ReplyToAddresses"],
        "destination": { "to": input["Destination"]["ToAddresses"], "cc": [], "bcc": [] },
        "subject": message["Subject"]["Data"],
        "body": { "html": message["Body"]["Html"]["Data"], "text": message["Body"]["Text"]["Data"] },
        "attachments": [],
        "headers": headers.collect::<Vec<_>>(),
    });
    account.mails.push(mail);
    Json(json!({ "MessageId": format!("mail-{}", account.mails.len()) })).into_response()
}

/// The operation `CreateEmailIdentity`. As with moto, nobody has to prove the ownership.
async fn verify(State(Emulator(account)): State<Emulator>, Json(input): Json<Value>) -> Json<Value> {
    let address = input["EmailIdentity"].as_str().unwrap().to_owned();
    account.lock().unwrap().verified.iter_mut().for_each(|verified| {
        verified.insert(address.clone());
    });
    Json(json!({ "IdentityType": "EMAIL_ADDRESS" }))
}

/// The page of `aws-ses-v2-local` with all mails.
async fn store(State(Emulator(account)): State<Emulator>) -> Json<Value> {
    Json(json!({ "emails": account.lock().unwrap().mails }))
}
