//! The kinds of timed requests.

use crate::{api::authorizer_event, lambda::refresh_request, program::Failure};
use authorizer::Authorizer;
use lambda_http::{Body, Request};
use refresh::Refresh;
use serde_json::Value;

/// The called function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Refresh,
    /// The authorizer that reads the session.
    Session,
    /// The authorizer that has a copy of the denylist.
    Denylist,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Refresh, Self::Session, Self::Denylist];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Refresh => "Refresh",
            Self::Session => "The authorizer, mode session",
            Self::Denylist => "The authorizer, mode denylist",
        }
    }
}

/// A client's tokens of a session.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) refresh_token: String,
    pub(crate) access_token: String,
}

/// A request that is ready to be made.
#[derive(Debug)]
pub(crate) enum Call<'a> {
    Refresh(&'a Refresh, Box<Request>),
    Authorize(&'a Authorizer, Value),
}

impl<'a> Call<'a> {
    pub(crate) fn refresh(function: &'a Refresh, held: &Held) -> Result<Self, Failure> {
        Ok(Self::Refresh(function, Box::new(refresh_request(&held.refresh_token)?)))
    }

    pub(crate) fn authorize(function: &'a Authorizer, held: &Held) -> Result<Self, Failure> {
        Ok(Self::Authorize(function, authorizer_event(&held.access_token)?))
    }

    /// Makes the request. Returns the body with new tokens, if there is one.
    pub(crate) async fn make(self) -> Result<Option<Body>, Failure> {
        match self {
            Self::Refresh(function, request) => {
                let response = function.handle(&request).await;
                let is_done = response.status() == 200;
                if is_done { Ok(Some(response.into_body())) } else { Err("a refresh was refused".into()) }
            }
            Self::Authorize(function, event) => {
                function.handle(event, None).await?;
                Ok(None)
            }
        }
    }
}

impl Held {
    /// Parses the tokens of a response.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Failure> {
        let body: Value = serde_json::from_slice(body)?;
        let text = |name: &str| body[name].as_str().map(str::to_owned).ok_or("no token");
        Ok(Self { refresh_token: text("refresh_token")?, access_token: text("access_token")? })
    }
}
