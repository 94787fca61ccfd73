//! The part of an API that API Gateway's two kinds share.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, header};

/// Which of API Gateway's two kinds an API is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ApiKind {
    /// A REST API, as template.yaml has one.
    #[default]
    Rest,
    /// An HTTP API, as template-http.yaml puts it in front of the same functions.
    Http,
}

/// An API.
#[derive(Clone, Debug)]
pub struct Api {
    /// The routes to Latchgate's functions.
    pub routes: Vec<BoundRoute>,
    /// The routes to your functions, which this program doesn't run.
    pub other_routes: Vec<BoundRoute>,
    /// The CORS settings.
    pub cors: Cors,
    /// The time for which it caches the authorizer's answers.
    pub authorizer_cache_ttl: Duration,
}

/// The method of a route that takes every method.
pub const ANY: &str = "ANY";

/// A route and its function.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BoundRoute {
    /// The path, with `{parameters}`.
    pub path: String,
    /// The method in upper case, or [`ANY`].
    pub method: String,
    /// The name of the function. For one of yours, its logical id.
    pub function: String,
    /// Whether the authorizer is asked first.
    pub is_protected: bool,
}

/// The cross-origin calls that browsers may make, as lists with commas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cors {
    /// The origins; `*` for every one.
    pub origins: String,
    /// The methods.
    pub methods: String,
    /// The allowed request headers.
    pub headers: String,
    /// The time for which a browser may keep a preflight's answer, in seconds.
    pub max_age: String,
}

impl Cors {
    /// The origin of a request, if it is one of these.
    pub fn find(&self, request: &HeaderMap) -> Option<&str> {
        let origin = request.get(header::ORIGIN)?;
        self.origins.split(',').find(|allowed| origin == allowed)
    }

    /// The CORS headers of a preflight's answer to this origin.
    pub fn preflight<'a>(&'a self, origin: &'a str) -> [(HeaderName, &'a str); 4] {
        [
            (header::ACCESS_CONTROL_ALLOW_ORIGIN, origin),
            (header::ACCESS_CONTROL_ALLOW_METHODS, &self.methods),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, &self.headers),
            (header::ACCESS_CONTROL_MAX_AGE, &self.max_age),
        ]
    }
}
