//! HTTP, from parameters to OAuth responses.
//!
//! [`run`] turns an event into a request. The function's [`Endpoint`] runs the flow, and an [`ErrorResponse`]
//! tells the client about an [`EndpointError`].

mod allowed_origins;
mod calendar_minute;
mod caller;
mod client_credentials;
mod device_name;
mod endpoint;
mod endpoint_error;
mod error_response;
mod form;
mod gateway;
mod gateway_event;
mod idempotency_key;
mod invocation;
mod language;
mod parameters;
mod peer;
mod proofs;
mod reply;
mod request_error;
mod user_agent;

pub use self::{
    calendar_minute::CalendarMinute,
    caller::{CONTEXT_JKT, NoAuthorizer, caller, caller_jkt, caller_scope},
    client_credentials::{CredentialsError, client_credentials},
    device_name::device_name,
    endpoint::{Endpoint, Flow},
    endpoint_error::{EndpointError, IntoErrorResponse},
    error_response::{ErrorCode, ErrorResponse},
    gateway::{request_of, run},
    gateway_event::GatewayEvent,
    idempotency_key::IdempotencyKey,
    language::Language,
    parameters::{Parameters, form_pairs, parameter},
    peer::Peer,
    proofs::{DpopError, Offered, Proofs, offer_nonce},
    reply::{empty, json, tokens},
    request_error::RequestError,
    user_agent::browser_name,
};
