//! Calls of the API in a trial, and their failures.

use std::sync::atomic::{AtomicBool, Ordering};

use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use shared::error::chain;

use super::{
    Check,
    api::{Answer, Api, answer},
};
use crate::error::AdminError;

/// A failure of the trial.
pub(super) enum Failure {
    /// An unexpected answer, with the attempt and the status.
    Answer(&'static str, u16),
    /// A problem that the trial found, with its remedy.
    Found {
        detail: String,
        remedy: &'static str,
    },
    Http(reqwest::Error),
    Admin(AdminError),
    Interrupted,
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        Self::Http(error.without_url())
    }
}

impl From<AdminError> for Failure {
    fn from(error: AdminError) -> Self {
        Self::Admin(error)
    }
}

impl Failure {
    /// The check with this name that fails for this reason.
    pub(super) fn explained(self, name: String) -> Check {
        let remedy = match &self {
            Self::Answer(_, 403) => {
                "a scope rule refuses a valid token at GET /sessions: add `GET /sessions -` to ScopeRules"
            }
            Self::Found { remedy, .. } => *remedy,
            _ => "the function's log says why, in the field `reason`",
        };
        let detail = match self {
            Self::Answer(what, status) => format!("{what}: answered {status}"),
            Self::Found { detail, .. } => detail,
            Self::Http(error) => chain(&error),
            Self::Admin(error) => return Check::failed(name, &error),
            Self::Interrupted => {
                return Check::unknown(name, "interrupted; what was made for it was removed");
            }
        };
        Check::wrong(name, detail, remedy)
    }
}

/// Calls of the API. After a signal, no new call begins.
pub(super) struct Calls<'a> {
    pub(super) api: &'a Api,
    pub(super) is_interrupted: &'a AtomicBool,
}

impl Calls<'_> {
    pub(super) async fn post(&self, path: &str, fields: &Value) -> Result<Answer, Failure> {
        self.send(self.api.post(path, fields)).await
    }

    pub(super) async fn get(&self, path: &str, access_token: &str) -> Result<Answer, Failure> {
        self.send(self.api.request(Method::GET, path).bearer_auth(access_token)).await
    }

    /// Sends a request to the API.
    pub(super) async fn send(&self, request: RequestBuilder) -> Result<Answer, Failure> {
        if self.is_interrupted.load(Ordering::Relaxed) {
            return Err(Failure::Interrupted);
        }
        Ok(answer(request).await?)
    }
}

pub(super) fn expect(what: &'static str, expected: u16, status: u16) -> Result<(), Failure> {
    if status == expected { Ok(()) } else { Err(Failure::Answer(what, status)) }
}
