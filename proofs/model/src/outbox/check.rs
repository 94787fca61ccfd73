//! Tests that the properties hold, and that they find each mistake.

#[cfg(test)]
mod tests {
    use crate::{
        check::{explore, shortest},
        outbox::{
            protocol::Outbox,
            scenario::{SCENARIOS, Weakness},
        },
    };

    #[test]
    fn every_property_of_every_scenario_holds() {
        for scenario in SCENARIOS {
            let outcome = explore(Outbox(scenario));
            println!("{}: {} states", scenario.name, outcome.unique);
            assert!(outcome.unmet.is_empty(), "{}: {:?}", scenario.name, outcome.unmet);
        }
    }

    /// Each mistake, and the property that finds it.
    const MISTAKES: [(Weakness, &str); 6] = [
        (Weakness::NoLease, TWICE),
        (Weakness::ShortLease, TWICE),
        (Weakness::MarkedBeforeSent, LOST),
        (Weakness::HeldIsDone, LOST),
        (Weakness::MarkOfAnyMail, LOST),
        (Weakness::RefusedIsMarked, LOST),
    ];
    const LOST: &str = "no mail is lost";
    const TWICE: &str = "a mail is sent again only if a delivery ended between its acceptance and its mark";

    #[test]
    fn each_mistake_is_found_by_the_property_that_it_breaks() {
        for (weakness, property) in MISTAKES {
            let actions = shortest(Outbox(SCENARIOS[0].with(weakness)), property);
            let actions = actions.unwrap_or_else(|| panic!("{weakness:?} is not found"));
            println!("{weakness:?}, in {} steps: {property}: {actions:?}", actions.len());
        }
    }
}
