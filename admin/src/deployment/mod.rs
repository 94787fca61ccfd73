//! The deployment that a command works on: a stack, the local server, any endpoint.

mod access;
mod access_error;
mod connect;
mod endpoint;
mod local;
mod profiles;
mod reached;
mod sdk;
mod stack;
mod tables;
mod target;

pub(crate) use self::access::advice_on;
pub(crate) use self::target::local_port;
pub use self::{access_error::AccessError, endpoint::EndpointError, reached::Deployment, target::Target};
