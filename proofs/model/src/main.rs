//! `cargo xtask model`: explores every scenario, with larger bounds than the tests, and prints the number of states.

use std::process::ExitCode;

use model::{check::check, scenario::SCENARIOS};

fn main() -> ExitCode {
    println!("{:<36} {:>12} {:>12} {:>6} {:>6}  properties", "scenario", "states", "different", "depth", "s");
    let mut is_sound = true;
    for scenario in SCENARIOS {
        let started = now();
        let outcome = check(scenario.larger());
        let seconds = started.elapsed().as_secs();
        let held = outcome.properties - outcome.unmet.len();
        println!(
            "{:<36} {:>12} {:>12} {:>6} {seconds:>6}  {held} of {} hold",
            scenario.name, outcome.states, outcome.unique, outcome.depth, outcome.properties
        );
        for unmet in outcome.unmet {
            is_sound = false;
            println!("  not: {}", unmet.property);
            for action in unmet.actions {
                println!("    {action:?}");
            }
        }
    }
    if is_sound { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[expect(clippy::disallowed_methods, reason = "how long it takes is all that is asked here")]
fn now() -> std::time::Instant {
    std::time::Instant::now()
}
