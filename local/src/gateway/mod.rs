//! API Gateway's part: it finds the route, asks the authorizer, calls the function, and answers for itself where none
//! of them does.

mod access;
mod event;
mod route;

use std::{net::IpAddr, sync::Arc};

use axum::{
    body::Bytes,
    http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, header, request::Parts},
};
use lambda_http::Body;
use serde_json::{Map, Value};
use shared::{
    clock::Clock,
    http::request_of,
    random::{self, Random},
};

use self::{
    access::{Access, DecisionCache},
    event::{Call, method_arn, proxy_event},
    route::Routes,
};
use crate::{
    functions::{Deployment, Functions, FunctionsError},
    template::{Cors, GatewayResponses, Template},
};

/// An API, as template.yaml deploys it.
#[derive(Debug)]
pub struct Gateway {
    routes: Routes,
    functions: Functions,
    responses: GatewayResponses,
    cors: Cors,
    decisions: DecisionCache,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl Gateway {
    /// Deploys the template.
    ///
    /// # Errors
    ///
    /// [`FunctionsError`], if the template can't be read or a function doesn't start.
    pub async fn deploy(template: &Template, deployment: &Deployment) -> Result<Self, FunctionsError> {
        let parameters = &deployment.parameters;
        deployment.publish_keys().await?;
        let cache_ttl = match deployment.authorizer_cache_ttl {
            Some(ttl) => ttl,
            None => template.authorizer_cache_ttl()?,
        };
        Ok(Self {
            routes: Routes::new(template.functions(parameters)?, template.default_authorizer()?),
            functions: Box::pin(Functions::start(template, deployment)).await?,
            responses: template.gateway_responses(parameters)?,
            cors: template.cors(parameters)?,
            decisions: DecisionCache::new(cache_ttl),
            clock: deployment.clock.clone(),
            random: deployment.random.clone(),
        })
    }

    /// Answers one request from this address.
    pub async fn handle(&self, request: Request<Bytes>, source: IpAddr) -> Response<Bytes> {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path();
        let Some((route, path_parameters)) = self.routes.find(&parts.method, path) else {
            if parts.method == Method::OPTIONS && self.routes.has_path(path) {
                return self.preflight();
            }
            return self.error("MISSING_AUTHENTICATION_TOKEN", StatusCode::FORBIDDEN);
        };
        let context = match self.authorize(route.is_protected, &parts).await {
            Ok(context) => context,
            Err((kind, status)) => return self.error(kind, status),
        };
        let call = Call {
            parts: &parts,
            body: &body,
            source,
            resource: &route.path,
            path_parameters: &path_parameters,
            authorizer: context.as_ref(),
            request_id: random::identifier(&*self.random),
            now: self.clock.now(),
        };
        let event = serde_json::from_str(&proxy_event(&call).to_string());
        let Some(request) = event.ok().and_then(request_of) else {
            return self.error("INTEGRATION_FAILURE", StatusCode::BAD_GATEWAY);
        };
        match self.functions.call(&route.function, &request).await {
            Some(response) => delivered(response),
            None => self.error("INTEGRATION_FAILURE", StatusCode::BAD_GATEWAY),
        }
    }

    /// Asks the authorizer, as API Gateway asks a TOKEN authorizer, or evaluates what it said of this token before.
    async fn authorize(
        &self,
        is_protected: bool,
        parts: &Parts,
    ) -> Result<Option<Map<String, Value>>, (&'static str, StatusCode)> {
        if !is_protected {
            return Ok(None);
        }
        // Without the one header that identifies the caller the authorizer isn't asked at all.
        let mut headers = parts.headers.get_all(header::AUTHORIZATION).iter();
        let token = headers.next().filter(|_| headers.next().is_none());
        let token = token.and_then(|value| value.to_str().ok()).filter(|token| !token.is_empty());
        let token = token.ok_or(("UNAUTHORIZED", StatusCode::UNAUTHORIZED))?;
        let arn = method_arn(parts);
        let (authorizer, now) = (&self.functions.authorizer, self.clock.now());
        match self.decisions.evaluate(authorizer, token, &arn, now).await {
            Access::Allowed(context) => Ok(Some(context)),
            Access::Unauthorized => Err(("UNAUTHORIZED", StatusCode::UNAUTHORIZED)),
            Access::Denied => Err(("ACCESS_DENIED", StatusCode::FORBIDDEN)),
            Access::Failed => Err(("AUTHORIZER_FAILURE", StatusCode::INTERNAL_SERVER_ERROR)),
            Access::Malformed => Err(("AUTHORIZER_CONFIGURATION_ERROR", StatusCode::INTERNAL_SERVER_ERROR)),
        }
    }

    /// A gateway response, with the status and the body that the template gives it.
    pub fn error(&self, kind: &str, status: StatusCode) -> Response<Bytes> {
        let configured = self.responses.find(kind, status.as_u16());
        let status =
            configured.and_then(|c| c.status).and_then(|s| StatusCode::from_u16(s).ok()).unwrap_or(status);
        let body = configured.map_or_else(String::new, |c| c.body.clone());
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in configured.into_iter().flat_map(|c| &c.headers) {
            if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse()) {
                headers.insert(name, value);
            }
        }
        response
    }

    fn preflight(&self) -> Response<Bytes> {
        let mut response = Response::new(Bytes::from_static(b"{}"));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in &self.cors.headers {
            if let Ok(value) = value.parse() {
                headers.insert(*name, value);
            }
        }
        response
    }
}

fn delivered(response: lambda_http::Response<Body>) -> Response<Bytes> {
    response.map(|body| match body {
        Body::Text(text) => text.into(),
        Body::Binary(bytes) => bytes.into(),
        _ => Bytes::new(),
    })
}
