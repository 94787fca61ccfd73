//! What must hold of whatever comes from outside, however it is made up.
//!
//! A check takes bytes, gives them to the code that reads such bytes in a function, and panics where what became of them is
//! not right: not only where something panics, but where a forgery is accepted, two readings of one request differ, or a
//! hash costs more than it may. What is right, each check works out in another way than the code that it checks.
//!
//! `cargo xtask fuzz` looks for bytes that make one panic; the tests replay those that are kept, `fuzz/corpus/`.

#![expect(clippy::missing_panics_doc, reason = "to panic is how a check says that something is wrong")]
#![expect(clippy::unwrap_used, reason = "a check that can not go on is one that fails")]

mod access_token;
mod authorizer_event;
mod body;
mod deployment;
mod gateway_event;
mod password_hash;
mod refresh_token;
mod stored_item;

pub use self::{
    access_token::access_token,
    authorizer_event::authorizer_event,
    body::{form_body, json_body},
    gateway_event::gateway_event,
    password_hash::password_hash,
    refresh_token::refresh_token,
    stored_item::stored_item,
};

/// A check; it says whether the bytes were taken for what they claim to be.
pub type Check = fn(&[u8]) -> bool;

/// Every check, by the name of its fuzzer and of its corpus.
pub const CHECKS: [(&str, Check); 8] = [
    ("access_token", access_token),
    ("authorizer_event", authorizer_event),
    ("form_body", form_body),
    ("gateway_event", gateway_event),
    ("json_body", json_body),
    ("password_hash", password_hash),
    ("refresh_token", refresh_token),
    ("stored_item", stored_item),
];
