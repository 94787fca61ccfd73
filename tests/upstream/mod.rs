//! A server of a user's behind the authorizer, on this machine: it is called as API Gateway would call it.

mod answers;
mod examples;
mod functions;
mod requests;
mod server;
mod streams;
