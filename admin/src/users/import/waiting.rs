//! The lines of a copy that wait for a name: which goes first, and why the rest can't go at all.

use std::collections::{HashMap, HashSet};

use shared::ids::UserId;

use super::{plan::NAME_TAKEN, record::Record};
use crate::import::lines::Line;

/// Why a line is rejected that waits for itself.
pub(super) const CIRCLE: &str = "its username changes hands in a circle, in which no user can be the first: give one of them a \
                                 third name with `users rename`, and import again";

/// A line of a copy whose name another user has. Whether that one is gone, or has another name, is known once all lines were
/// read.
pub(super) struct Taken {
    pub(super) line: Line,
    pub(super) record: Record,
    /// Who has the name.
    pub(super) holder: UserId,
}

/// Each line after the one of the user who has its name. In a circle one has to begin; which one it is makes no difference.
pub(super) fn in_order(mut lines: Vec<Taken>) -> Vec<Taken> {
    lines.sort_by_key(|taken| taken.line.number);
    let by_user: HashMap<&UserId, usize> =
        lines.iter().enumerate().filter_map(|(i, taken)| Some((taken.record.user_id.as_ref()?, i))).collect();
    let mut is_placed = vec![false; lines.len()];
    let mut order = Vec::with_capacity(lines.len());
    for first in 0..lines.len() {
        let (mut chain, mut next) = (Vec::new(), Some(first));
        while let Some(i) = next.filter(|i| !is_placed[*i]) {
            is_placed[i] = true;
            chain.push(i);
            next = by_user.get(&lines[i].holder).copied();
        }
        order.extend(chain.into_iter().rev());
    }
    let mut lines: Vec<Option<Taken>> = lines.into_iter().map(Some).collect();
    order.into_iter().filter_map(|i| lines[i].take()).collect()
}

/// Why each of these is rejected, of which none can go: somebody keeps the name that it waits for, or it waits for itself. In
/// the order of the file.
pub(super) fn refused(lines: Vec<Taken>) -> Vec<(Line, &'static str)> {
    let lines = in_order(lines);
    let users: HashSet<UserId> = lines.iter().filter_map(|taken| taken.record.user_id.clone()).collect();
    let mut reasons: HashMap<UserId, &'static str> = HashMap::new();
    let mut refused = Vec::with_capacity(lines.len());
    for Taken { line, record, holder } in lines {
        let reason = match reasons.get(&holder) {
            Some(reason) => reason,
            // The holder's line comes before this one, unless this one comes before itself.
            None if users.contains(&holder) => CIRCLE,
            None => NAME_TAKEN,
        };
        reasons.extend(record.user_id.map(|user_id| (user_id, reason)));
        refused.push((line, reason));
    }
    refused.sort_by_key(|(line, _)| line.number);
    refused
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of users whose names these others have.
    fn lines(pairs: &[(&str, &str)]) -> Vec<Taken> {
        let taken = |(number, (user_id, holder)): (u64, &(&str, &str))| {
            let bytes = format!(r#"{{"username":"of-{holder}","user_id":"{user_id}"}}"#).into_bytes();
            let record = Record::parse(&bytes, true).unwrap().unwrap();
            Taken { line: Line { number, bytes }, record, holder: UserId::parse(holder).unwrap() }
        };
        (1..).zip(pairs).map(taken).collect()
    }

    fn numbers(pairs: &[(&str, &str)]) -> Vec<u64> {
        in_order(lines(pairs)).iter().map(|taken| taken.line.number).collect()
    }

    #[test]
    fn a_line_comes_after_the_one_that_it_waits_for() {
        assert_eq!(numbers(&[("a", "b"), ("b", "c"), ("c", "d")]), [3, 2, 1]);
        assert_eq!(numbers(&[("c", "d"), ("b", "c"), ("a", "b")]), [1, 2, 3]);
        assert_eq!(numbers(&[("b", "c"), ("a", "b"), ("c", "d"), ("x", "y")]), [3, 1, 2, 4]);
        assert_eq!(numbers(&[("a", "b"), ("b", "a"), ("c", "a")]), [2, 1, 3]);
        assert_eq!(numbers(&[]), [0; 0]);
    }

    #[test]
    fn a_line_is_refused_for_what_the_first_of_its_chain_meets() {
        let reasons = |pairs: &[(&str, &str)]| -> Vec<&str> {
            refused(lines(pairs)).iter().map(|(_, reason)| *reason).collect()
        };
        assert_eq!(reasons(&[("a", "b"), ("b", "c"), ("c", "d")]), [NAME_TAKEN; 3]);
        assert_eq!(reasons(&[("a", "b"), ("b", "a")]), [CIRCLE; 2]);
        assert_eq!(
            reasons(&[("x", "a"), ("a", "b"), ("p", "q"), ("b", "c"), ("c", "a")]),
            [CIRCLE, CIRCLE, NAME_TAKEN, CIRCLE, CIRCLE]
        );
    }
}
