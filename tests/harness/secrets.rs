//! An emulator of Secrets Manager for the real SDK over HTTP, with the parts that a keyset needs.
//!
//! With `LATCHGATE_TEST_SECRETS_ENDPOINT` set, as by `cargo xtask moto`, the same tests use that emulator. This shows
//! that the two behave alike.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use aws_sdk_secretsmanager::{Client, config::Region};
use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use local::engine::{self, ANY_ACCESS_KEY_ID};
use serde_json::{Value, json};
use shared::{
    context::SdkConfig,
    random::{SystemRandom, identifier},
};
use tokio::net::TcpListener;

use super::plain::plain_http;

/// A secret as the stack creates it: empty.
pub(crate) struct Secrets {
    pub(crate) endpoint: String,
    pub(crate) arn: String,
    pub(crate) client: Client,
    emulator: Emulator,
}

impl Secrets {
    /// A secret on the configured emulator, or on a test's own.
    #[expect(clippy::disallowed_methods, reason = "how the xtask tells the tests which emulator to use")]
    pub(crate) async fn start() -> Self {
        match std::env::var("LATCHGATE_TEST_SECRETS_ENDPOINT") {
            Ok(endpoint) => Self::over(endpoint, Emulator::default()).await,
            Err(_) => Self::emulated().await,
        }
    }

    /// A secret on a test's own emulator, whose calls are counted and can fail.
    pub(crate) async fn emulated() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let emulator = Emulator::default();
        let service = Router::new().fallback(answer).with_state(emulator.clone());
        tokio::spawn(async move { axum::serve(listener, service).await });
        Self::over(endpoint, emulator).await
    }

    async fn over(endpoint: String, emulator: Emulator) -> Self {
        let client = Client::new(&config(&endpoint));
        let name = format!("keyset-{}", identifier(&SystemRandom::new()));
        let created = client.create_secret().name(name).secret_string("{}").send().await.unwrap();
        emulator.take_calls();
        Self { endpoint, arn: created.arn.unwrap(), client, emulator }
    }

    /// The current version and its content.
    pub(crate) async fn current(&self) -> (String, String) {
        let output = self
            .client
            .get_secret_value()
            .secret_id(&self.arn)
            .version_stage("AWSCURRENT")
            .send()
            .await
            .unwrap();
        (output.version_id.unwrap(), output.secret_string.unwrap())
    }

    /// The pending version.
    pub(crate) async fn pending(&self) -> Option<String> {
        let get = self.client.get_secret_value().secret_id(&self.arn).version_stage("AWSPENDING");
        get.send().await.ok().and_then(|output| output.version_id)
    }

    /// Overwrites the content, as an operator might.
    pub(crate) async fn put(&self, text: &str) {
        let (current, _) = self.current().await;
        let put = self.client.put_secret_value().secret_id(&self.arn).secret_string(text);
        let version = put.version_stages("OPERATOR").send().await.unwrap().version_id.unwrap();
        let moved =
            self.client.update_secret_version_stage().secret_id(&self.arn).version_stage("AWSCURRENT");
        moved.move_to_version_id(version).remove_from_version_id(current).send().await.unwrap();
    }

    /// Makes calls fail from now on, or succeed.
    pub(crate) fn fail(&self, fails: bool) {
        self.emulator.0.lock().unwrap().fails = fails;
    }

    /// The version that a rotation was asked to create since the last take.
    pub(crate) fn take_rotation(&self) -> Option<String> {
        self.emulator.0.lock().unwrap().rotations.pop()
    }

    /// Turns the automatic rotation of the stack on or off.
    pub(crate) fn schedule(&self, is_scheduled: bool) {
        self.emulator.0.lock().unwrap().is_scheduled = is_scheduled;
    }

    /// The operations since the last take.
    pub(crate) fn take_calls(&self) -> Vec<String> {
        self.emulator.take_calls()
    }
}

/// Uses an existing region: moto accepts no other.
pub(crate) fn config(endpoint: &str) -> SdkConfig {
    let config = engine::config(endpoint, ANY_ACCESS_KEY_ID).into_builder();
    config.region(Region::new("eu-west-1")).http_client(plain_http()).build()
}

#[derive(Clone, Default)]
struct Emulator(Arc<Mutex<Account>>);

#[derive(Default)]
struct Account {
    secrets: BTreeMap<String, Secret>,
    calls: Vec<String>,
    /// Versions that rotations were asked to create.
    rotations: Vec<String>,
    is_scheduled: bool,
    fails: bool,
}

#[derive(Default)]
struct Secret {
    /// The content of each version.
    versions: BTreeMap<String, String>,
    /// The version of each staging label.
    stages: BTreeMap<String, String>,
}

impl Emulator {
    fn take_calls(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap().calls)
    }
}

/// An exception's name in the service.
type Exception = &'static str;

async fn answer(State(emulator): State<Emulator>, headers: HeaderMap, body: String) -> Response {
    let operation = headers["x-amz-target"].to_str().unwrap().strip_prefix("secretsmanager.").unwrap();
    let input: Value = serde_json::from_str(&body).unwrap();
    let mut account = emulator.0.lock().unwrap();
    account.calls.push(operation.to_owned());
    if account.fails {
        return (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({ "__type": "InternalServiceError" })))
            .into_response();
    }
    match account.carry_out(operation, &input) {
        Ok(output) => Json(output).into_response(),
        Err(exception) => (StatusCode::BAD_REQUEST, Json(json!({ "__type": exception }))).into_response(),
    }
}

impl Account {
    fn carry_out(&mut self, operation: &str, input: &Value) -> Result<Value, Exception> {
        let text = |name: &str| input[name].as_str().map(str::to_owned);
        if operation == "CreateSecret" {
            let arn = format!("arn:aws:secretsmanager:local:000000000000:secret:{}", text("Name").unwrap());
            self.secrets.insert(arn.clone(), Secret::default());
            let secret = self.secrets.get_mut(&arn).unwrap();
            secret.put(
                &text("ClientRequestToken").unwrap(),
                text("SecretString").unwrap(),
                &["AWSCURRENT"],
            )?;
            return Ok(json!({ "ARN": arn }));
        }
        let arn = text("SecretId").unwrap();
        let secret = self.secrets.get_mut(&arn).ok_or("ResourceNotFoundException")?;
        match operation {
            "GetSecretValue" => {
                let stage = text("VersionStage").unwrap_or_else(|| "AWSCURRENT".to_owned());
                let version = text("VersionId").or_else(|| secret.stages.get(&stage).cloned());
                let version = version.ok_or("ResourceNotFoundException")?;
                let value = secret.versions.get(&version).ok_or("ResourceNotFoundException")?;
                Ok(json!({ "ARN": arn, "VersionId": version, "SecretString": value }))
            }
            "PutSecretValue" => {
                let stages = input["VersionStages"].as_array().into_iter().flatten();
                let stages: Vec<_> = stages.filter_map(Value::as_str).collect();
                let stages = if stages.is_empty() { vec!["AWSCURRENT"] } else { stages };
                let version = text("ClientRequestToken").unwrap();
                secret.put(&version, text("SecretString").unwrap(), &stages)?;
                Ok(json!({ "ARN": arn, "VersionId": version }))
            }
            "UpdateSecretVersionStage" => {
                let stage = text("VersionStage").unwrap();
                secret.restage(&stage, text("MoveToVersionId"), text("RemoveFromVersionId").as_ref())?;
                Ok(json!({ "ARN": arn }))
            }
            "RotateSecret" => {
                // No rotation starts while another isn't finished.
                let (pending, current) = (secret.stages.get("AWSPENDING"), secret.stages.get("AWSCURRENT"));
                if pending.is_some() && pending != current {
                    return Err("InvalidRequestException");
                }
                let version = text("ClientRequestToken").unwrap();
                self.rotations.push(version.clone());
                Ok(json!({ "ARN": arn, "VersionId": version }))
            }
            "DescribeSecret" => {
                let mut stages = BTreeMap::<&String, Vec<&String>>::new();
                for (stage, version) in &secret.stages {
                    stages.entry(version).or_default().push(stage);
                }
                Ok(json!({ "ARN": arn, "RotationEnabled": self.is_scheduled, "VersionIdsToStages": stages,
                    "LastRotatedDate": 1_790_000_000 }))
            }
            other => panic!("the emulator has no {other}"),
        }
    }
}

impl Secret {
    /// Adds a version. A version's content never changes: the same content is accepted again, any other is refused.
    fn put(&mut self, version: &str, text: String, stages: &[&str]) -> Result<(), Exception> {
        if self.versions.get(version).is_some_and(|known| *known != text) {
            return Err("ResourceExistsException");
        }
        self.versions.insert(version.to_owned(), text);
        self.stages.extend(stages.iter().map(|&stage| (stage.to_owned(), version.to_owned())));
        Ok(())
    }

    /// Moves a label. The caller has to name its present version.
    fn restage(&mut self, stage: &str, to: Option<String>, from: Option<&String>) -> Result<(), Exception> {
        if self.stages.get(stage) != from || to.as_ref().is_some_and(|to| !self.versions.contains_key(to)) {
            return Err("InvalidParameterException");
        }
        match to {
            Some(to) => self.stages.insert(stage.to_owned(), to),
            None => self.stages.remove(stage),
        };
        Ok(())
    }
}
