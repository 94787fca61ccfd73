//! `cargo xtask model`: explores every scenario, with larger bounds than the tests, and prints the number of states. With
//! an argument, only the scenarios whose names contain it.

use std::{env, fmt::Debug, process::ExitCode};

use model::{
    accounts::{self, protocol::Protocol as Accounts},
    check::{Outcome, check, explore},
    outbox::{self, protocol::Outbox},
    scenario::SCENARIOS,
};

fn main() -> ExitCode {
    println!("{:<36} {:>12} {:>12} {:>6} {:>6}  properties", "scenario", "states", "different", "depth", "s");
    let part = env::args().nth(1).unwrap_or_default();
    let is_meant = |name: &str| name.contains(&part);
    let mut is_sound = true;
    for scenario in SCENARIOS.into_iter().filter(|scenario| is_meant(scenario.name)) {
        is_sound &= report(scenario.name, || check(scenario.larger()));
    }
    for scenario in accounts::scenario::SCENARIOS.into_iter().filter(|scenario| is_meant(scenario.name)) {
        is_sound &= report(scenario.name, || explore(Accounts(scenario.larger())));
    }
    for scenario in outbox::scenario::SCENARIOS.into_iter().filter(|scenario| is_meant(scenario.name)) {
        is_sound &= report(scenario.name, || explore(Outbox(scenario.larger())));
    }
    if is_sound { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Explores a scenario and prints the outcome. `false`, if a property doesn't hold.
fn report<A: Debug>(name: &str, explore: impl FnOnce() -> Outcome<A>) -> bool {
    let started = now();
    let outcome = explore();
    let seconds = started.elapsed().as_secs();
    let held = outcome.properties - outcome.unmet.len();
    println!(
        "{name:<36} {:>12} {:>12} {:>6} {seconds:>6}  {held} of {} hold",
        outcome.states, outcome.unique, outcome.depth, outcome.properties
    );
    for unmet in &outcome.unmet {
        println!("  not: {}", unmet.property);
        for action in &unmet.actions {
            println!("    {action:?}");
        }
    }
    outcome.unmet.is_empty()
}

#[expect(clippy::disallowed_methods, reason = "how long it takes is all that is asked here")]
fn now() -> std::time::Instant {
    std::time::Instant::now()
}
