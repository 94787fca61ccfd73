//! The whole API on this machine.
//!
//! Real API Gateway events go through the handlers that Lambda runs. Routes, tables, variables, CORS and error bodies
//! come from template.yaml. The tests use the same parts, with their own clock and randomness.

mod connection;
pub mod demo;
pub mod engine;
pub mod functions;
pub mod gateway;
pub mod hosts;
pub mod keyset;
pub mod listeners;
pub mod log;
pub mod mail_key;
pub mod mails;
pub mod origins;
pub mod page;
pub mod pages;
pub mod scope_rules;
pub mod seed;
pub mod server;
pub mod tables;
pub mod template;
mod told;
