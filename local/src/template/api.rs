//! An API in front of the functions, as far as API Gateway's two kinds of it have the same.

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
    /// What Latchgate's functions are called for.
    pub routes: Vec<BoundRoute>,
    /// What functions of the user's are called for, which this program doesn't run.
    pub other_routes: Vec<BoundRoute>,
    /// What it tells browsers.
    pub cors: Cors,
    /// For how long it caches what the authorizer says.
    pub authorizer_cache_ttl: Duration,
}

/// The method of a route that takes every method.
pub const ANY: &str = "ANY";

/// A route and what it is bound to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BoundRoute {
    /// The path, with `{parameters}`.
    pub path: String,
    /// The method, in upper case; [`ANY`] for every one.
    pub method: String,
    /// The name of the function; of a user's, its logical id.
    pub function: String,
    /// Whether the authorizer is asked first.
    pub is_protected: bool,
}

/// Which calls browsers may make from another origin, as lists with commas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cors {
    /// The origins; `*` for every one.
    pub origins: String,
    /// The methods.
    pub methods: String,
    /// The headers that a request may have.
    pub headers: String,
    /// For how long a browser may remember it, in seconds.
    pub max_age: String,
}

impl Cors {
    /// The origin of a request, if it is one of these.
    pub fn find(&self, request: &HeaderMap) -> Option<&str> {
        let origin = request.get(header::ORIGIN)?;
        self.origins.split(',').find(|allowed| origin == allowed)
    }

    /// What a preflight is answered with, to pages of this origin.
    pub fn preflight<'a>(&'a self, origin: &'a str) -> [(HeaderName, &'a str); 4] {
        [
            (header::ACCESS_CONTROL_ALLOW_ORIGIN, origin),
            (header::ACCESS_CONTROL_ALLOW_METHODS, &self.methods),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, &self.headers),
            (header::ACCESS_CONTROL_MAX_AGE, &self.max_age),
        ]
    }
}
