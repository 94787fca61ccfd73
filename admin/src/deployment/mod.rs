//! The deployment that a command works on: a stack, the local server, any endpoint.

mod access;
mod access_error;
mod connect;
mod endpoint;
mod http_apis;
mod local;
mod mailing;
mod profiles;
mod reached;
mod sdk;
mod stack;
mod tables;
mod target;

pub(crate) use self::access::advice_on;
pub(crate) use self::http_apis::{HttpApi, http_apis};
pub(crate) use self::stack::{find_stack, importers};
pub(crate) use self::target::local_port;
pub use self::{access_error::AccessError, endpoint::EndpointError, reached::Deployment, target::Target};
