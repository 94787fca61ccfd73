//! API Gateway's part: it finds the route, asks the authorizer, calls the function, and answers for itself where none
//! of them does.

mod access;
mod call;
mod failure;
mod http;
mod kind;
mod rest;
mod route;

use std::{net::IpAddr, sync::Arc};

use axum::{
    body::Bytes,
    http::{HeaderMap, Request, Response, request::Parts},
};
use lambda_http::Body;
use serde_json::{Map, Value};
use shared::{
    clock::Clock,
    http::request_of,
    random::{self, Random},
};

pub(crate) use self::failure::Failure;
use self::{access::DecisionCache, call::Call, kind::Kind, route::Routes};
use crate::{
    functions::{Deployment, Functions, FunctionsError},
    template::Template,
};

/// An API, as template.yaml deploys it, or template-http.yaml beside it.
#[derive(Debug)]
pub struct Gateway {
    kind: Kind,
    routes: Routes,
    functions: Functions,
    decisions: DecisionCache,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl Gateway {
    /// Deploys the template, with an API of the kind that is asked for.
    ///
    /// # Errors
    ///
    /// [`FunctionsError`], if a template can't be read or a function doesn't start.
    pub async fn deploy(template: &Template, deployment: &Deployment) -> Result<Self, FunctionsError> {
        deployment.publish_keys().await?;
        let (kind, api) = Kind::read(deployment.api, template, &deployment.parameters)?;
        let cache_ttl = deployment.authorizer_cache_ttl.unwrap_or(api.authorizer_cache_ttl);
        Ok(Self {
            kind,
            routes: Routes(api.routes),
            functions: Box::pin(Functions::start(template, deployment)).await?,
            decisions: DecisionCache::new(cache_ttl),
            clock: deployment.clock.clone(),
            random: deployment.random.clone(),
        })
    }

    /// Answers one request from this address.
    pub async fn handle(&self, request: Request<Bytes>, source: IpAddr) -> Response<Bytes> {
        let (parts, body) = request.into_parts();
        if let Some(response) = self.preflight(&parts) {
            return response;
        }
        self.open(&parts.headers, self.answer(&parts, &body, source).await)
    }

    /// API Gateway's own answer to a preflight; `None`, if it is none, or a function's.
    fn preflight(&self, parts: &Parts) -> Option<Response<Bytes>> {
        self.kind.preflight(parts, &self.routes).filter(|_| route::is_known(parts.uri.path()))
    }

    async fn answer(&self, parts: &Parts, body: &Bytes, source: IpAddr) -> Response<Bytes> {
        if !route::is_known(parts.uri.path()) {
            return self.failure(Failure::UnknownSpelling);
        }
        let Some((route, path_parameters)) = self.routes.find(&parts.method, parts.uri.path()) else {
            return self.failure(Failure::NoRoute);
        };
        let mut call = Call {
            parts,
            body,
            source,
            resource: &route.path,
            path_parameters: &path_parameters,
            authorizer: None,
            extended_request_id: random::identifier(&*self.random),
            now: self.clock.now(),
        };
        if route.is_protected {
            match self.authorize(&call).await {
                Ok(context) => call.authorizer = Some(context),
                Err(failure) => return self.failure(failure),
            }
        }
        let event = serde_json::from_str(&self.kind.event(&call).to_string());
        let Some(request) = event.ok().map(request_of) else {
            return self.failure(Failure::Integration);
        };
        match self.functions.call(&route.function, &request).await {
            Some(response) => delivered(response),
            None => self.failure(Failure::Integration),
        }
    }

    /// Asks the authorizer, or evaluates what it said of this caller before.
    async fn authorize(&self, call: &Call<'_>) -> Result<Map<String, Value>, Failure> {
        let question = self.kind.question(call).ok_or(Failure::Unauthorized)?;
        self.decisions.evaluate(&self.functions.authorizer, question, call.now).await
    }

    /// Opens a response to the pages that may read it.
    pub(crate) fn open(&self, request: &HeaderMap, response: Response<Bytes>) -> Response<Bytes> {
        self.kind.open(request, response)
    }

    /// What is answered to a request that no function answers.
    pub(crate) fn failure(&self, failure: Failure) -> Response<Bytes> {
        self.kind.failure(failure)
    }
}

fn delivered(response: lambda_http::Response<Body>) -> Response<Bytes> {
    response.map(|body| match body {
        Body::Text(text) => text.into(),
        Body::Binary(bytes) => bytes.into(),
        _ => Bytes::new(),
    })
}
