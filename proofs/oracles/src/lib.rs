//! Checks that must hold for any input from outside.
//!
//! A check passes bytes to the code that reads them in a function, and panics if the result is wrong. It finds more
//! than panics: accepted forgeries, differing readings of one request, and hashes above the cost limit. Each check
//! determines the right result in another way than the code that it checks.
//!
//! `cargo xtask fuzz` searches for bytes that make a check panic. The tests replay the kept inputs in `fuzz/corpus/`.

#![expect(clippy::missing_panics_doc, reason = "to panic is how a check says that something is wrong")]
#![expect(clippy::unwrap_used, reason = "a check that can not go on is one that fails")]

mod access_token;
mod authorizer_event;
mod body;
mod deployment;
mod dpop_proof;
mod gateway_event;
mod password_hash;
mod refresh_token;
mod stored_item;

pub use self::{
    access_token::access_token,
    authorizer_event::authorizer_event,
    body::{form_body, json_body},
    dpop_proof::dpop_proof,
    gateway_event::gateway_event,
    password_hash::password_hash,
    refresh_token::refresh_token,
    stored_item::stored_item,
};

/// A check. It returns whether the bytes were accepted as what they claim to be.
pub type Check = fn(&[u8]) -> bool;

/// Every check, by the name of its fuzzer and corpus.
pub const CHECKS: [(&str, Check); 9] = [
    ("access_token", access_token),
    ("authorizer_event", authorizer_event),
    ("dpop_proof", dpop_proof),
    ("form_body", form_body),
    ("gateway_event", gateway_event),
    ("json_body", json_body),
    ("password_hash", password_hash),
    ("refresh_token", refresh_token),
    ("stored_item", stored_item),
];
