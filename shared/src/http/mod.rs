//! HTTP at the edge of a function: parameters in, OAuth-shaped responses out.
//!
//! [`run`] turns an event into a request, the function's [`Endpoint`] carries out the flow, and an [`ErrorResponse`] says
//! over the wire what an [`EndpointError`] decided.

mod allowed_origins;
mod caller;
mod client_credentials;
mod endpoint;
mod endpoint_error;
mod error_response;
mod form;
mod gateway;
mod gateway_event;
mod idempotency_key;
mod invocation;
mod parameters;
mod peer;
mod reply;
mod request_error;

pub use self::{
    caller::{NoAuthorizer, caller},
    client_credentials::{CredentialsError, client_credentials},
    endpoint::{Endpoint, Flow},
    endpoint_error::{EndpointError, IntoErrorResponse},
    error_response::{ErrorCode, ErrorResponse},
    gateway::{request_of, run},
    gateway_event::GatewayEvent,
    idempotency_key::IdempotencyKey,
    parameters::{Parameters, parameter},
    peer::Peer,
    reply::{empty, json},
    request_error::RequestError,
};
