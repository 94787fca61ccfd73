//! Tests that the properties hold, and that they find each mistake.

#[cfg(test)]
mod tests {
    use crate::{
        accounts::{
            protocol::Protocol,
            scenario::{SCENARIOS, UNDO_TTL, Weakness},
            store::at,
        },
        check::{explore, shortest},
    };

    #[test]
    fn every_property_of_every_scenario_holds() {
        for scenario in SCENARIOS {
            let outcome = explore(Protocol(scenario));
            println!("{}: {} states", scenario.name, outcome.unique);
            assert!(outcome.unmet.is_empty(), "{}: {:?}", scenario.name, outcome.unmet);
        }
    }

    #[test]
    fn an_undo_is_good_for_as_long_as_in_the_code() {
        assert_eq!(at(UNDO_TTL), at(0) + mails::Purpose::Undo.ttl());
    }

    /// Each mistake, a scenario in which it matters, and the property that finds it.
    const MISTAKES: [(Weakness, &str, &str); 20] = [
        (Weakness::NoMailCondition, SIGN_UP, USED_AGAIN),
        (Weakness::NoMailCondition, AT_ONCE, USED_AGAIN),
        (
            Weakness::UsedUpBefore,
            SIGN_UP,
            "the latest link opens the account while the address has none, whatever failed before",
        ),
        (Weakness::NoNameCondition, SIGN_UP, ONE_ACCOUNT),
        (Weakness::RequestIsEnough, SIGN_UP, "no account is opened without the mail to its address"),
        (Weakness::UndoneAt, OFTEN, BROUGHT_BACK),
        (Weakness::UndoLeavesPassword, OFTEN, BROUGHT_BACK),
        (Weakness::UndoLeavesSessions, OFTEN, BROUGHT_BACK),
        (Weakness::UndoMailAfter, AT_ONCE, BROUGHT_BACK),
        (Weakness::RequestOutlivesCutOff, OFTEN, SURVIVES),
        (Weakness::NoRecordCondition, AT_ONCE, SURVIVES),
        (Weakness::NoUserCondition, DELETION, COMPLETES),
        (Weakness::DeletionOutlivesCutOff, AT_ONCE, SURVIVES),
        (Weakness::DeletionOutlivesCutOff, DELETION, COMPLETES),
        (Weakness::OwnSessionFirst, DELETION, COMPLETES),
        (Weakness::UserBeforeCredential, DELETION, COMPLETES),
        (Weakness::UserBeforeCredential, DELETION, ONE_ACCOUNT),
        (Weakness::FirstReplaces, FIRST_PASSWORD, REPLACES_NONE),
        (Weakness::UsedUpBefore, FIRST_PASSWORD, SETS_ONE),
        (Weakness::NoCredentialCondition, FIRST_PASSWORD, REPLACES_NONE),
    ];
    const SIGN_UP: &str = "an account for one address";
    const OFTEN: &str = "a thief who changes the address often";
    const AT_ONCE: &str = "a thief and the owner at once";
    const DELETION: &str = "deletion";
    const FIRST_PASSWORD: &str = "a user without a password";
    const USED_AGAIN: &str = "a link that was used or replaced never works";
    const ONE_ACCOUNT: &str = "an address has one account, and an account one address";
    const BROUGHT_BACK: &str =
        "the owner's undo, within its time, brings the account back unless it is deleted";
    const SURVIVES: &str = "nothing of the thief survives an acknowledged undo or new password";
    const COMPLETES: &str = "the same deletion again completes it";
    const SETS_ONE: &str =
        "the latest link to a first password sets one while there is none, whatever failed before";
    const REPLACES_NONE: &str = "a link to a first password replaces none";

    #[test]
    fn each_mistake_is_found_by_the_property_that_it_breaks() {
        for (weakness, name, property) in MISTAKES {
            let scenario = SCENARIOS.into_iter().find(|scenario| scenario.name == name).unwrap();
            let actions = shortest(Protocol(scenario.with(weakness)), property);
            let actions = actions.unwrap_or_else(|| panic!("{weakness:?} is not found"));
            println!("{weakness:?}, in {} steps: {property}: {actions:?}", actions.len());
        }
    }
}
