//! The rows of the expectations: an attribute, the damage, and the effect on each function that reads it.

use super::damage::Kind;

/// The outcome of an operation, and the stored result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// Success: the attribute decides nothing, or may be missing.
    Serves,
    /// A refusal as for a missing item. Nothing stored changes.
    Refuses,
    /// A refusal as for a missing item, but the password attempt stays counted.
    RefusesCounted,
    /// A server error with an explanation in the log. Nothing stored changes.
    Fails,
    /// A server error as before, but the password attempt stays counted, since its user can't be read.
    FailsCounted,
    /// A server error after the rotation, which is marked undelivered. Once the item is repaired, the same request
    /// succeeds.
    FailsRotated,
    /// Success without the unreadable session, with an explanation in the log.
    LeavesOut,
    /// A refusal or a server error, depending on the form of the remaining text. Nothing stored changes.
    GivesNothing,
    /// A refusal that uses the code up. Nothing else changes.
    RefusesUsed,
    /// A refusal that ends the session that the code opened.
    RefusesEnded,
    /// A refusal that bars a session that doesn't exist from being created.
    RefusesBarred,
    /// A server error with an explanation in the log. An unissued code may be stored.
    FailsAside,
}

/// A row: an attribute, its damage, the outcome of each operation, and the reason.
pub(super) struct Row<const N: usize>(
    pub(super) &'static str,
    pub(super) &'static [Kind],
    pub(super) [Expected; N],
    pub(super) &'static str,
);

/// Stands for an attribute whose name contains its time.
pub(super) const GUESSES: &str = "guesses_";
/// Stands for such an attribute of a device's budget.
pub(super) const DEVICES_GUESSES: &str = "guessesN_";
pub(super) const IN_A_ROW: &str = "guesses_in_a_row";
pub(super) const LAST_AT: &str = "guesses_last_at";

/// Whether an attribute is about password attempts.
pub(super) fn is_of_attempts(attribute: &str) -> bool {
    attribute.starts_with("guesses")
}

/// The name of an attribute in the rows.
pub(super) fn name_in_rows(attribute: &str) -> &str {
    match attribute.split_once('_') {
        Some(("guesses", rest)) if rest.parse::<u64>().is_ok() => GUESSES,
        Some((prefix, rest)) if prefix.starts_with("guesses") && rest.parse::<u64>().is_ok() => {
            DEVICES_GUESSES
        }
        _ => attribute,
    }
}

/// The expectations of the only row for this attribute and damage.
pub(super) fn expected<const N: usize>(rows: &[Row<N>], attribute: &str, kind: Kind) -> [Expected; N] {
    let attribute = name_in_rows(attribute);
    let found: Vec<_> = rows.iter().filter(|row| row.0 == attribute && row.1.contains(&kind)).collect();
    assert_eq!(found.len(), 1, "one row for {attribute}, {kind:?}");
    assert!(!found[0].3.is_empty(), "a reason for {attribute}, {kind:?}");
    found[0].2
}
