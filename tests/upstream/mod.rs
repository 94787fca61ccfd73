//! A server of yours behind the authorizer, on this machine: it is called as API Gateway would call it.

mod answers;
mod examples;
mod functions;
mod requests;
mod resources;
mod server;
mod streams;
