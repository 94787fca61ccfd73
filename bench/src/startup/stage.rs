//! The store behind TLS with the functions' data, and their callers.

use std::{
    net::{IpAddr, Ipv4Addr},
    path::PathBuf,
    sync::Arc,
};

use crate::{clock::SimulatedClock, deployment::deployment, program::Failure};
use axum::{body::Bytes, http::Request};
use local::{demo, gateway::Gateway};
use serde_json::{Value, json};
use shared::{
    clock::{Clock, SystemClock},
    route,
};

use super::{
    certificates::Certificates,
    store::Store,
    subjects::{Given, Kind, Subject},
};

const REFRESH: &str = include_str!("../../../tests/events/refresh.json");
const LOGIN: &str = include_str!("../../../tests/events/login.json");
const AUTHORIZER: &str = include_str!("../../../tests/events/authorizer-request.json");
const PASSWORD: &str = "correct horse battery staple";

/// Everything except the functions.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) subjects: Vec<Subject>,
    gateway: Gateway,
    clock: Arc<SimulatedClock>,
    folder: PathBuf,
}

impl Stage {
    pub(crate) async fn set_up() -> Result<Self, Failure> {
        let folder = std::env::temp_dir().join(format!("latchgate-bench-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let certificates = Certificates::make(&folder)?;
        let store = Store::start(&certificates).await?;
        let clock = Arc::new(SimulatedClock::at(SystemClock.now().as_unix()));
        let (template, deployment) = deployment(&store.endpoint, clock.clone()).await?;
        let gateway = Box::pin(Gateway::deploy(&template, &deployment)).await?;
        let given = Given {
            template: &template,
            deployment: &deployment,
            url: &store.url,
            certificates: &certificates,
        };
        Ok(Self { subjects: given.subjects()?, gateway, clock, folder })
    }

    /// A caller for this subject's kind, logged in if necessary.
    pub(crate) async fn caller(&self, subject: &Subject) -> Result<Caller, Failure> {
        let tokens = match subject.kind {
            Kind::Refresh | Kind::Authorize => self.login().await?,
            Kind::Login | Kind::Any => Value::Null,
        };
        Ok(Caller { kind: subject.kind, tokens })
    }

    async fn login(&self) -> Result<Value, Failure> {
        let now = SystemClock.now().as_unix();
        self.clock.advance(now.saturating_sub(self.clock.now().as_unix()));
        let body =
            json!({ "client_id": demo::PUBLIC_CLIENT_ID, "username": demo::USERNAME, "password": PASSWORD });
        let request = Request::post(route::LOGIN).header("content-type", "application/json");
        let request = request.body(Bytes::from(body.to_string()))?;
        let response = self.gateway.handle(request, IpAddr::V4(Ipv4Addr::LOCALHOST)).await;
        Ok(serde_json::from_slice(response.body())?)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // The folder only has certificates of an authority whose key is gone.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A caller, with the tokens for the next event.
#[derive(Debug)]
pub(crate) struct Caller {
    kind: Kind,
    tokens: Value,
}

impl Caller {
    /// API Gateway's event.
    pub(crate) fn event(&self) -> String {
        let token = |name: &str| self.tokens[name].as_str().unwrap_or_default();
        match self.kind {
            Kind::Refresh => REFRESH.replace("REFRESH_TOKEN", token("refresh_token")),
            Kind::Authorize => AUTHORIZER.replace("ACCESS_TOKEN", token("access_token")),
            Kind::Login | Kind::Any => LOGIN.to_owned(),
        }
    }

    /// Checks that an answer is a success, and keeps its tokens.
    pub(crate) fn heard(&mut self, answer: &[u8]) -> Result<(), Failure> {
        let answer: Value = serde_json::from_slice(answer)?;
        let is_success = match self.kind {
            Kind::Authorize => answer["policyDocument"]["Statement"][0]["Effect"] == "Allow",
            Kind::Refresh | Kind::Login | Kind::Any => answer["statusCode"] == 200,
        };
        if !is_success {
            return Err(format!("{:?} was refused", self.kind).into());
        }
        if self.kind == Kind::Refresh {
            self.tokens = serde_json::from_str(answer["body"].as_str().ok_or("no body")?)?;
        }
        Ok(())
    }
}
