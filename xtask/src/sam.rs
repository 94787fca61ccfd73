//! The templates at the root and those of `examples/`, as SAM and CloudFormation see them, and the functions
//! as SAM builds them.
//!
//! `sam validate --lint` alone misses a bad reference in a policy and an authorizer that isn't there, so each template
//! is translated as well, the result linted, and what no linter knows is held against what was meant.

mod alarms;
mod build;
mod checkov;
mod consumers;
mod emulator;
mod http_api;
mod roles;
mod stack;
mod templates;
mod tools;
mod translated;
mod variables;

use self::templates::{ALARMS_TEMPLATE, HTTP_TEMPLATE, TEMPLATE};
pub(crate) use self::{
    build::{Build, Built, build},
    templates::ARCHITECTURE,
    tools::Tools,
};
use crate::shell::TaskError;

/// A minute: nothing is built.
pub(crate) fn check_templates() -> Result<(), TaskError> {
    let tools = Tools::installed()?;
    stack::check(&tools)?;
    alarms::check(&tools)?;
    http_api::check(&tools)?;
    consumers::check(&tools)?;
    checkov::check(
        &[TEMPLATE, ALARMS_TEMPLATE, HTTP_TEMPLATE],
        &[consumers::REST, consumers::HTTP, consumers::SERVER_REST, consumers::SERVER_HTTP],
    )
}

/// A quarter of an hour: builds the functions with cargo-lambda, as they are deployed, and runs what was built.
pub(crate) fn check_functions() -> Result<(), TaskError> {
    let tools = Tools::installed()?;
    let stack = tools.translation(TEMPLATE)?;
    let built = build(&tools, ARCHITECTURE, Build::Release)?;
    built.check()?;
    emulator::check(&tools, &stack, &built)
}
