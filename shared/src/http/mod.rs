//! HTTP at the edge of a function: parameters in, OAuth-shaped responses out.

mod caller;
mod endpoint;
mod form;
mod gateway;
mod origin;
mod parameters;
mod refusal;
mod reply;
mod request_error;

pub use self::{
    caller::caller,
    endpoint::{Endpoint, Refuse, chain},
    gateway::{request_of, run},
    origin::Origin,
    parameters::{Parameters, parameter},
    refusal::{ErrorCode, Refusal},
    reply::{empty, json},
    request_error::RequestError,
};
pub(crate) use form::decode_component;
