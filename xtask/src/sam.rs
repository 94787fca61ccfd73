//! Checks the templates at the root and in `examples/` with SAM and CloudFormation's schemas, and builds the functions
//! with SAM.
//!
//! `sam validate --lint` alone misses a bad reference in a policy or a missing authorizer. So each template is also
//! translated, the result is linted, and facts that no linter knows are checked.

mod alarms;
mod build;
mod checkov;
mod consumers;
mod deployer;
mod emulator;
mod http_api;
mod mails;
mod mcp;
mod order;
mod organisation;
mod roles;
mod stack;
mod templates;
mod tools;
mod translated;
mod values;
mod variables;

use self::templates::{ALARMS_TEMPLATE, HTTP_TEMPLATE, TEMPLATE};
pub(crate) use self::{
    build::{Build, Built, build},
    templates::ARCHITECTURE,
    tools::Tools,
};
use crate::shell::TaskError;

/// Checks everything that needs no build, in four minutes.
pub(crate) fn check_templates() -> Result<(), TaskError> {
    let tools = Tools::installed()?;
    stack::check(&tools)?;
    alarms::check(&tools)?;
    http_api::check(&tools)?;
    deployer::check(&tools)?;
    consumers::check(&tools)?;
    mcp::check(&tools)?;
    values::check(&tools, &examples())?;
    checkov::check(&[TEMPLATE, ALARMS_TEMPLATE, HTTP_TEMPLATE], &examples())
}

/// The part of [`check_templates`] that a new parameter affects first. It takes a minute and a half.
pub(crate) fn check_values() -> Result<(), TaskError> {
    values::check(&Tools::installed()?, &examples())
}

/// The templates of `examples/`.
fn examples() -> Vec<&'static str> {
    [&consumers::TEMPLATES[..], &[mcp::TEMPLATE]].concat()
}

/// Builds the functions with cargo-lambda as for a deployment, and runs them. This takes a quarter of an hour.
pub(crate) fn check_functions() -> Result<(), TaskError> {
    let tools = Tools::installed()?;
    let stack = tools.translation(TEMPLATE)?;
    let built = build(&tools, ARCHITECTURE, Build::Release)?;
    built.check()?;
    emulator::check(&tools, &stack, &built)
}
