//! The deployment that a command works on: a stack, the local server, any endpoint.

mod connect;
mod local;
mod reached;
mod sdk;
mod stack;
mod tables;
mod target;

pub use self::{reached::Deployment, target::Target};
