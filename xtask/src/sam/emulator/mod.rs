//! Runs the built functions as Lambda does: under the Runtime Interface Emulator, with the sample events and a real
//! engine. This tests what only the real binary shows.

mod cast;
mod freeze;
mod lambda;
mod logs;
mod proxy;
mod refusals;
mod stage;

use serde_json::Value;

use self::{cast::Cast, stage::Stage};
use super::{Tools, build::Built, translated::Translated};
use crate::{
    flow,
    shell::{TaskError, hold, now},
};

pub(super) fn check(tools: &Tools, stack: &Translated, built: &Built) -> Result<(), TaskError> {
    let started = now();
    let stage = Stage::set(tools, stack, built)?;
    println!("the functions, under the Runtime Interface Emulator:");
    go_through(&stage)?;
    refusals::check(&stage)?;
    freeze::check(&stage)?;
    println!("the bootstraps under the Runtime Interface Emulator: {} s", started.elapsed().as_secs());
    Ok(())
}

/// Runs everything from the first keyset to a logout, with full logging.
fn go_through(stage: &Stage) -> Result<(), TaskError> {
    let cast = Cast::start(stage, &[], "")?;
    flow::keys_are_made(&cast)?;
    let keyset = stage.keyset()?;
    let has_one = |kind: &str| keyset[kind].as_array().is_some_and(|keys| keys.len() == 1);
    let is_first = has_one("signing_keys") && has_one("refresh_keys");
    hold("and the secret holds the first keyset", is_first, &Value::Null)?;
    let mut seen = flow::tokens_live_and_die(&cast)?;
    seen.extend(flow::password_changes(&cast)?);
    seen.extend(flow::mails_are_requested(&cast)?);
    logs::check(&cast, &seen, &keyset)
}
