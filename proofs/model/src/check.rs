//! Playing a scenario through, and what came of it.

use std::thread;

use stateright::{Checker, Expectation, HasDiscoveries, Model};

use crate::{
    protocol::{Action, Protocol},
    scenario::Scenario,
};

/// What came of a scenario.
#[derive(Debug)]
pub struct Outcome {
    /// Worlds that were reached, those reached in several ways counted as often.
    pub states: usize,
    /// Different worlds.
    pub unique: usize,
    /// Steps of the longest play.
    pub depth: usize,
    /// How many properties it has.
    pub properties: usize,
    /// Those that don't hold.
    pub unmet: Vec<Unmet>,
}

/// A property that doesn't hold.
#[derive(Debug)]
pub struct Unmet {
    /// Which one.
    pub property: &'static str,
    /// What leads to a world that breaks it; none where it should be possible and isn't.
    pub actions: Vec<Action>,
}

/// Plays a scenario through, on all processors.
pub fn check(scenario: Scenario) -> Outcome {
    let threads = thread::available_parallelism().map_or(1, Into::into);
    outcome(&Protocol(scenario).checker().threads(threads).spawn_bfs().join())
}

/// The shortest way in which a scenario breaks this property, if there is any.
pub fn counterexample(scenario: Scenario, property: &'static str) -> Option<Vec<Action>> {
    let found = HasDiscoveries::AnyOf([property].into());
    let checker = Protocol(scenario).checker().finish_when(found).spawn_bfs().join();
    checker.discovery(property).map(stateright::Path::into_actions)
}

fn outcome(checker: &impl Checker<Protocol>) -> Outcome {
    let properties = checker.model().properties();
    let unmet = properties.iter().filter_map(|property| {
        let found = checker.discovery(property.name);
        let is_wanted = property.expectation == Expectation::Sometimes;
        let actions = found.filter(|_| !is_wanted).map(stateright::Path::into_actions);
        let is_missing = is_wanted && checker.discovery(property.name).is_none();
        (is_missing || actions.is_some())
            .then(|| Unmet { property: property.name, actions: actions.unwrap_or_default() })
    });
    Outcome {
        states: checker.state_count(),
        unique: checker.unique_state_count(),
        depth: checker.max_depth(),
        unmet: unmet.collect(),
        properties: properties.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Cast, SCENARIOS, Weakness};

    #[test]
    fn every_property_of_every_scenario_holds() {
        for scenario in SCENARIOS {
            let outcome = check(scenario);
            println!("{}: {} states", scenario.name, outcome.unique);
            assert!(outcome.unmet.is_empty(), "{}: {:?}", scenario.name, outcome.unmet);
        }
    }

    /// Each mistake, who suffers from it, and the property that says so.
    const MISTAKES: [(Weakness, Cast, &str); 15] = [
        (Weakness::NoGeneration, Cast::Alone, "no token is exchanged twice"),
        (Weakness::NoCondition, Cast::Logout, "nothing survives an acknowledged logout"),
        (Weakness::NoAbsoluteEnd, Cast::Alone, "no session is refreshed after its end"),
        (Weakness::NoRetryKey, Cast::Alone, "its next request, undisturbed, gets tokens"),
        (Weakness::FailureIsTheft, Cast::Alone, "its next request, undisturbed, gets tokens"),
        (Weakness::OvertakenIsTheft, Cast::Alone, "a lone honest client is never logged out"),
        (Weakness::NoMark, Cast::Alone, "its next request, undisturbed, gets tokens"),
        (Weakness::TheftIsIgnored, Cast::Thief, "a thief and a client who both go on are found out"),
        (
            Weakness::OwnInstants,
            Cast::Thief,
            "a session has one row on the denylist, unless something failed",
        ),
        (Weakness::NoDenylistRow, Cast::Logout, "nothing survives an acknowledged logout"),
        (Weakness::NoDenylistRow, Cast::Everywhere, "nothing survives an acknowledged logout everywhere"),
        (Weakness::SessionIsLeft, Cast::Logout, "nothing survives an acknowledged logout"),
        (Weakness::OwnSessionFirst, Cast::Everywhere, "the same logout again completes it"),
        (
            Weakness::NoOverlap,
            Cast::PasswordChange,
            "nothing of the old password survives an acknowledged change of it",
        ),
        (
            Weakness::NoCutOff,
            Cast::PasswordChange,
            "nothing of the old password survives an acknowledged change of it",
        ),
    ];

    #[test]
    fn each_mistake_is_found_by_the_property_that_it_breaks() {
        for (weakness, cast, property) in MISTAKES {
            let is_affected = |scenario: &Scenario| {
                scenario.cast == cast && scenario.client_has_keys == (weakness != Weakness::NoMark)
            };
            let scenario = SCENARIOS.into_iter().find(is_affected).unwrap().with(weakness);
            let actions = counterexample(scenario, property);
            let actions = actions.unwrap_or_else(|| panic!("{weakness:?} is not found"));
            println!("{weakness:?}, in {} steps: {property}: {actions:?}", actions.len());
        }
    }
}
