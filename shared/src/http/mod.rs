//! HTTP at the edge of a function: parameters in, OAuth-shaped responses out.

mod caller;
mod endpoint;
mod error_response;
mod form;
mod gateway;
mod origin;
mod parameters;
mod reply;
mod request_error;

pub use self::{
    caller::caller,
    endpoint::{Endpoint, IntoErrorResponse, chain},
    error_response::{ErrorCode, ErrorResponse},
    gateway::{request_of, run},
    origin::Origin,
    parameters::{Parameters, parameter},
    reply::{empty, json},
    request_error::RequestError,
};
pub(crate) use form::decode_component;
