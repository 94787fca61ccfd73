//! The differences between the two kinds of API.

use axum::{
    body::Bytes,
    http::{HeaderMap, Response, request::Parts},
};
use serde_json::Value;

use super::{Failure, access::Question, call::Call, http::HttpApi, rest::RestApi, route::Routes};
use crate::template::{Api, ApiKind, HttpApiTemplate, Parameters, Template, TemplateError};

/// An API of either kind.
#[derive(Debug)]
pub(super) enum Kind {
    Rest(RestApi),
    Http(HttpApi),
}

impl Kind {
    /// Reads the API of this kind: the part that depends on the kind, and the part that doesn't.
    pub(super) fn read(
        kind: ApiKind,
        template: &Template,
        parameters: &Parameters,
    ) -> Result<(Self, Api), TemplateError> {
        match kind {
            ApiKind::Rest => {
                let api = template.api(parameters)?;
                let responses = template.gateway_responses(parameters)?;
                Ok((Self::Rest(RestApi { cors: api.cors.clone(), responses }), api))
            }
            ApiKind::Http => {
                let http = HttpApiTemplate::of_project()?;
                let api = http.api(template, parameters)?;
                let exposed = http.exposed_headers(parameters)?;
                Ok((Self::Http(HttpApi { cors: api.cors.clone(), exposed }), api))
            }
        }
    }

    /// The name of the kind.
    pub(super) fn name(&self) -> ApiKind {
        match self {
            Self::Rest(_) => ApiKind::Rest,
            Self::Http(_) => ApiKind::Http,
        }
    }

    /// The answer to a preflight. `None` if the request isn't one.
    pub(super) fn preflight(&self, parts: &Parts, routes: &Routes) -> Option<Response<Bytes>> {
        match self {
            Self::Rest(api) => api.preflight(parts, routes),
            Self::Http(api) => api.preflight(parts),
        }
    }

    /// The event for the authorizer. `None` without an identity: API Gateway then answers 401 itself.
    pub(super) fn question(&self, call: &Call<'_>) -> Option<Question> {
        match self {
            Self::Rest(_) => RestApi::question(call),
            Self::Http(_) => HttpApi::question(call),
        }
    }

    /// The event for the function.
    pub(super) fn event(&self, call: &Call<'_>) -> Value {
        match self {
            Self::Rest(_) => RestApi::event(call),
            Self::Http(_) => HttpApi::event(call),
        }
    }

    /// The response as it is sent, with CORS headers for the pages that may read it.
    pub(super) fn open(&self, request: &HeaderMap, response: Response<Bytes>) -> Response<Bytes> {
        match self {
            // A REST API leaves CORS headers to the function and the gateway responses.
            Self::Rest(_) => response,
            Self::Http(api) => api.open(request, response),
        }
    }

    /// The answer to a failure.
    pub(super) fn failure(&self, failure: Failure) -> Response<Bytes> {
        match self {
            Self::Rest(api) => api.failure(failure),
            Self::Http(_) => HttpApi::failure(failure),
        }
    }
}
