//! Explores a scenario, and reports the outcome.

use std::{fmt::Debug, hash::Hash, thread};

use stateright::{Checker, Expectation, HasDiscoveries, Model};

use crate::{
    protocol::{Action, Protocol},
    scenario::Scenario,
};

/// The outcome of a scenario.
#[derive(Debug)]
pub struct Outcome<A> {
    /// The worlds that were reached, counted once for each way of reaching them.
    pub states: usize,
    /// The distinct worlds.
    pub unique: usize,
    /// The steps of the longest path.
    pub depth: usize,
    /// The number of properties.
    pub properties: usize,
    /// The properties that don't hold.
    pub unmet: Vec<Unmet<A>>,
}

/// A property that doesn't hold.
#[derive(Debug)]
pub struct Unmet<A> {
    /// The name of the property.
    pub property: &'static str,
    /// The actions that lead to a world that breaks the property. Empty if the property should hold somewhere and
    /// doesn't.
    pub actions: Vec<A>,
}

/// A model that the checker can explore.
pub trait Explorable:
    Model<State: Clone + Debug + Hash + Eq + Send + Sync, Action: Clone + Debug + PartialEq>
    + Send
    + Sync
    + 'static
{
}

impl<M> Explorable for M where
    M: Model<State: Clone + Debug + Hash + Eq + Send + Sync, Action: Clone + Debug + PartialEq>
        + Send
        + Sync
        + 'static
{
}

/// Explores a scenario on all processors.
pub fn check(scenario: Scenario) -> Outcome<Action> {
    explore(Protocol(scenario))
}

/// The shortest path on which a scenario breaks this property, if there is one.
pub fn counterexample(scenario: Scenario, property: &'static str) -> Option<Vec<Action>> {
    shortest(Protocol(scenario), property)
}

/// Explores any of the models on all processors.
pub fn explore<M: Explorable>(model: M) -> Outcome<M::Action> {
    let threads = thread::available_parallelism().map_or(1, Into::into);
    outcome(&model.checker().threads(threads).spawn_bfs().join())
}

/// The shortest path on which any of the models breaks this property, if there is one.
pub fn shortest<M: Explorable>(model: M, property: &'static str) -> Option<Vec<M::Action>> {
    let found = HasDiscoveries::AnyOf([property].into());
    let checker = model.checker().finish_when(found).spawn_bfs().join();
    checker.discovery(property).map(stateright::Path::into_actions)
}

fn outcome<M: Explorable>(checker: &impl Checker<M>) -> Outcome<M::Action> {
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
    use crate::scenario::{SCENARIOS, Weakness};

    #[test]
    fn every_property_of_every_scenario_holds() {
        for scenario in SCENARIOS {
            let outcome = check(scenario);
            println!("{}: {} states", scenario.name, outcome.unique);
            assert!(outcome.unmet.is_empty(), "{}: {:?}", scenario.name, outcome.unmet);
        }
    }

    /// Each mistake, a scenario in which it matters, and the property that finds it.
    const MISTAKES: [(Weakness, &str, &str); 25] = [
        (Weakness::NoGeneration, WITH_KEYS, "no token is exchanged twice"),
        (Weakness::NoCondition, "logout", "nothing survives an acknowledged logout"),
        (Weakness::NoAbsoluteEnd, WITH_KEYS, "no session is refreshed after its end"),
        (Weakness::NoRetryKey, WITH_KEYS, "its next request, undisturbed, gets tokens"),
        (Weakness::FailureIsTheft, WITH_KEYS, "its next request, undisturbed, gets tokens"),
        (Weakness::OvertakenIsTheft, WITH_KEYS, "a lone honest client is never logged out"),
        (Weakness::NoMark, WITHOUT_KEYS, "its next request, undisturbed, gets tokens"),
        (Weakness::TheftIsIgnored, THIEF, "a thief and a client who both go on are found out"),
        (Weakness::OwnInstants, THIEF, "a session has one row on the denylist, unless something failed"),
        (Weakness::NoDenylistRow, "logout", "nothing survives an acknowledged logout"),
        (Weakness::NoDenylistRow, EVERYWHERE, "nothing survives an acknowledged logout everywhere"),
        (Weakness::SessionIsLeft, "logout", "nothing survives an acknowledged logout"),
        (Weakness::OwnSessionFirst, EVERYWHERE, "the same logout again completes it"),
        (Weakness::NoOverlap, PASSWORD, "nothing of the old password survives an acknowledged change of it"),
        (Weakness::NoCutOff, PASSWORD, "nothing of the old password survives an acknowledged change of it"),
        (Weakness::NoProof, BOUND_AT_LOGIN, "a thief without the key gets no token of a bound session"),
        (Weakness::NoProof, BOUND_AT_LOGIN, "no token that it has is worth anything without the key"),
        (Weakness::NoKeyInCondition, RESTORED, "a thief without the key gets no token of a bound session"),
        (Weakness::KeyIsNotStored, WITHOUT_KEYS, ONE_KEY),
        (Weakness::RetryOfAnyKey, BOUND_LATER, "a thief without the key gets no token of a bound session"),
        (
            Weakness::RetryOfTheTokensKey,
            BOUND_LATER,
            "the client of a bound session that lives is never refused",
        ),
        (
            Weakness::FailureIsTheft,
            BOUND_LATER,
            "no refresh ends a bound session, but for a used token that comes without the key",
        ),
        (Weakness::OtherKeyIsRefused, BOUND_LATER, "a thief who binds a session first doesn't keep it"),
        (Weakness::TheftIsIgnored, BOUND_LATER, "a thief who binds a session first doesn't keep it"),
        (Weakness::EverywhereWithoutProof, BOUND_AT_LOGIN, "nothing but the user ends another session"),
    ];
    const WITH_KEYS: &str = "a client alone, with keys";
    const WITHOUT_KEYS: &str = "a client alone, without keys";
    const THIEF: &str = "a thief, and a client with keys";
    const EVERYWHERE: &str = "logout everywhere";
    const PASSWORD: &str = "change of password";
    const BOUND_AT_LOGIN: &str = "a thief without the key, bound at login";
    const BOUND_LATER: &str = "a thief without the key, bound later";
    const RESTORED: &str = "a restored table, and a thief";
    const ONE_KEY: &str = "a generation has one successor, of one key, which both of its tokens have";

    #[test]
    fn each_mistake_is_found_by_the_property_that_it_breaks() {
        for (weakness, name, property) in MISTAKES {
            let scenario = SCENARIOS.into_iter().find(|scenario| scenario.name == name).unwrap();
            let actions = counterexample(scenario.with(weakness), property);
            let actions = actions.unwrap_or_else(|| panic!("{weakness:?} is not found"));
            println!("{weakness:?}, in {} steps: {property}: {actions:?}", actions.len());
        }
    }
}
