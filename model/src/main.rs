//! `cargo xtask model`: plays every scenario through, larger than the tests do, and prints how many states that is.

use std::process::ExitCode;

use model::{check::check, scenario::SCENARIOS};

fn main() -> ExitCode {
    println!("{:<36} {:>12} {:>12} {:>6}  properties", "scenario", "states", "different", "depth");
    let mut is_sound = true;
    for scenario in SCENARIOS {
        let outcome = check(scenario.larger());
        let held = outcome.properties - outcome.unmet.len();
        println!(
            "{:<36} {:>12} {:>12} {:>6}  {held} of {} hold",
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
