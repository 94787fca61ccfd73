//! The integration tests: each claim about Latchgate is shown with the real handlers, the real SDK and a real engine.
//!
//! They are one binary, because every further one would spend seconds on linking the SDK and the engine again.
//!
//! The engine is embedded, with a fresh one per test. With `LATCHGATE_TEST_ENDPOINT` set, as by
//! `cargo xtask dynamodb-local`, the same tests use fresh tables in that store. With `LATCHGATE_TEST_API=http`, as by
//! `cargo xtask http-api`, they run behind an HTTP API instead of a REST API. `cargo xtask mails` gives some of them an SES
//! of others.

#![expect(clippy::unwrap_used, reason = "a test that can not go on stops")]

mod harness;

mod access_tokens;
mod accounts;
mod admin_binding;
mod admin_doctor;
mod admin_keys;
mod admin_tokens;
mod alarms;
mod architecture;
mod audit;
mod authorizer_events;
mod authorizer_policy;
mod claims;
mod client_authentication;
mod client_documents;
mod contributing;
mod costs;
mod decisions;
mod deployment;
mod design;
mod documents;
mod dpop;
mod fault_matrix;
mod faults;
mod floods;
mod forged_signatures;
mod forgeries;
mod freeze;
mod gateway_events;
mod guesses;
mod hostile_bodies;
mod http_api;
mod imports;
mod key_rotation;
mod keys_at_once;
mod keyset_secret;
mod keysets;
mod leaks;
mod log_bytes;
mod login_flow;
mod logout_flow;
mod logs;
mod max_sessions;
mod metadata_documents;
mod metrics;
mod model;
mod months;
mod names;
mod oauth;
mod openapi;
mod operations;
mod origins;
mod over_http;
mod pages;
mod panics;
mod password_change;
mod password_expired;
mod password_overlaps;
mod permissions;
mod properties;
mod races;
mod refresh_flow;
mod releases;
mod request_bodies;
mod request_lines;
mod revocation_modes;
mod rotation_load;
mod said_twice;
mod sample_events;
mod scenarios;
mod scope_rules;
mod serving;
mod sessions_flow;
mod side_by_side;
mod spellings;
mod start;
mod stored_items;
mod template;
mod threats;
mod time_bounds;
mod trust;
mod upstream;
mod whole_flow;
mod workspace;
