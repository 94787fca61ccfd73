//! Measures the function in this process, without a gateway.

use std::sync::Arc;

use crate::{api, lambda::refresh_request, program::Failure};
use lambda_http::{Body, Request};
use local::{demo::PUBLIC_CLIENT_ID, functions::Deployment, gateway::Gateway, template::Template};
use refresh::Refresh;
use shared::{clock::SystemClock, environment::variable, log};

use super::{
    chain::{Chain, Ran, run},
    store::{Kept, Store},
};

/// Whether it writes a log line and metrics for each request, as in Lambda.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lines {
    Written,
    Unwritten,
}

impl Lines {
    pub(crate) const ALL: [Self; 2] = [Self::Unwritten, Self::Written];

    pub(crate) fn argument(self) -> &'static str {
        match self {
            Self::Written => "lines",
            Self::Unwritten => "no-lines",
        }
    }

    /// The name in tables and plots.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Written => "Latchgate, the function alone, with log line and metrics",
            Self::Unwritten => "Latchgate, the function alone",
        }
    }

    pub(crate) fn parse(argument: &str) -> Result<Self, Failure> {
        Self::ALL.into_iter().find(|lines| lines.argument() == argument).ok_or_else(|| "no such lines".into())
    }
}

/// The template deployed over a store.
pub(crate) struct Place {
    pub(crate) template: Template,
    pub(crate) deployment: Deployment,
}

impl Place {
    pub(crate) async fn open(endpoint: &str) -> Result<Self, Failure> {
        let (template, deployment) = crate::deployment::deployment(endpoint, Arc::new(SystemClock)).await?;
        Ok(Self { template, deployment })
    }
}

/// Refreshes this many sessions concurrently.
pub(crate) async fn measure(
    kept: Kept,
    lines: Lines,
    connections: usize,
    milliseconds: u64,
) -> Result<Ran, Failure> {
    let store = Store::start(kept)?;
    let Place { template, deployment } = Box::pin(Place::open(&store.endpoint)).await?;
    let gateway = Box::pin(Gateway::deploy(&template, &deployment)).await?;
    let mut function =
        template.functions(&deployment.parameters)?.remove("refresh").ok_or("no such function")?;
    if lines == Lines::Written {
        for (name, value) in
            [(variable::STACK_NAME, "latchgate"), (variable::METRICS, "on"), (variable::REQUEST_LINES, "all")]
        {
            function.variables.insert(name.to_owned(), value.to_owned());
        }
        log::init(&["refresh"]);
    }
    let function = Arc::new(Refresh::start(&deployment.context(function)).await?);
    let mut chains = Vec::with_capacity(connections);
    for _ in 0..connections {
        let refresh_token = api::login(&gateway).await?.refresh_token;
        chains.push(Session {
            function: function.clone(),
            request: refresh_request(&refresh_token)?,
            refresh_token,
        });
    }
    Ok(run(chains, milliseconds, std::process::id()).await?.1)
}

struct Session {
    function: Arc<Refresh>,
    /// Parsed in advance except for the body: parsing is the work of Lambda's runtime, not of the handler.
    request: Request,
    refresh_token: String,
}

impl Chain for Session {
    async fn advance(&mut self) -> Result<(), Failure> {
        let form = format!(
            "grant_type=refresh_token&client_id={PUBLIC_CLIENT_ID}&refresh_token={}",
            self.refresh_token
        );
        *self.request.body_mut() = Body::Text(form);
        let response = self.function.handle(&self.request).await;
        let (200, Body::Text(body)) = (response.status().as_u16(), response.body()) else {
            return Err("a refresh was refused".into());
        };
        self.refresh_token = serde_json::from_str::<api::Tokens>(body)?.refresh_token;
        Ok(())
    }
}
