//! The rows of a table of expectations: which attribute, spoiled how, does what to each function that reads it.

use super::damage::Kind;

/// What an operation comes to, and what is stored then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// Success: nothing is decided by the attribute, or it may be absent.
    Serves,
    /// A refusal, as if there were nothing; everything is stored as it was.
    Refuses,
    /// The same, and the attempt on the password stays counted.
    RefusesCounted,
    /// A failure of ours, which the log explains; everything is stored as it was.
    Fails,
    /// The same, and the attempt on the password stays counted, since it can't be read whose it was.
    FailsCounted,
    /// A failure of ours after the rotation, which is marked undelivered: once the item is mended the same request again
    /// is answered.
    FailsRotated,
    /// Success, without the session that can't be read, which the log explains.
    LeavesOut,
}

/// A row: an attribute, what is done to it, what each operation comes to, and why that is right.
pub(super) struct Row<const N: usize>(
    pub(super) &'static str,
    pub(super) &'static [Kind],
    pub(super) [Expected; N],
    pub(super) &'static str,
);

/// In the place of an attribute that is named after its time.
pub(super) const GUESSES: &str = "guesses_";
/// The same, of a device.
pub(super) const DEVICES_GUESSES: &str = "guessesN_";
pub(super) const IN_A_ROW: &str = "guesses_in_a_row";
pub(super) const LAST_AT: &str = "guesses_last_at";

/// Whether an attribute has to do with attempts on a password.
pub(super) fn is_of_attempts(attribute: &str) -> bool {
    attribute.starts_with("guesses")
}

/// What a row calls an attribute.
pub(super) fn name_in_rows(attribute: &str) -> &str {
    match attribute.split_once('_') {
        Some(("guesses", rest)) if rest.parse::<u64>().is_ok() => GUESSES,
        Some((prefix, rest)) if prefix.starts_with("guesses") && rest.parse::<u64>().is_ok() => {
            DEVICES_GUESSES
        }
        _ => attribute,
    }
}

/// What the one row that is about this attribute and this damage says.
pub(super) fn expected<const N: usize>(rows: &[Row<N>], attribute: &str, kind: Kind) -> [Expected; N] {
    let attribute = name_in_rows(attribute);
    let found: Vec<_> = rows.iter().filter(|row| row.0 == attribute && row.1.contains(&kind)).collect();
    assert_eq!(found.len(), 1, "one row for {attribute}, {kind:?}");
    assert!(!found[0].3.is_empty(), "a reason for {attribute}, {kind:?}");
    found[0].2
}
