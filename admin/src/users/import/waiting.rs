//! The order of a copy's lines whose names other users still have.

use std::collections::{HashMap, HashSet};

use shared::ids::UserId;

use super::record::Record;
use crate::import::lines::Line;

/// A line of a copy whose name another user has. The rest of the file shows whether that user is renamed or
/// deleted.
pub(super) struct Taken {
    pub(super) line: Line,
    pub(super) record: Record,
    /// The user with the name.
    pub(super) holder: UserId,
}

/// Sorts each line after the line of the user with its name. In a circle, any line may come first.
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

/// Splits the waiting lines into those that wait, directly or indirectly, for the name of a user in `gone`,
/// and the rest.
pub(super) fn behind(waiting: Vec<Taken>, gone: &[Taken]) -> (Vec<Taken>, Vec<Taken>) {
    let mut freeing: HashSet<UserId> = users(gone).cloned().collect();
    loop {
        let before = freeing.len();
        let next = waiting.iter().filter(|taken| freeing.contains(&taken.holder));
        let next: Vec<UserId> = next.filter_map(|taken| taken.record.user_id.clone()).collect();
        freeing.extend(next);
        if freeing.len() == before {
            return waiting.into_iter().partition(|taken| freeing.contains(&taken.holder));
        }
    }
}

/// Finds the circles of lines that wait for each other's names. Each circle is a list of indices.
pub(super) fn circles(waiting: &[Taken]) -> Vec<Vec<usize>> {
    let place = |(i, taken): (usize, &'_ Taken)| Some((taken.record.user_id.clone()?, i));
    let by_user: HashMap<UserId, usize> = waiting.iter().enumerate().filter_map(place).collect();
    let (mut is_seen, mut circles) = (vec![false; waiting.len()], Vec::new());
    for first in 0..waiting.len() {
        let (mut chain, mut next) = (Vec::new(), Some(first));
        while let Some(i) = next.filter(|i| !is_seen[*i]) {
            is_seen[i] = true;
            chain.push(i);
            next = by_user.get(&waiting[i].holder).copied();
        }
        // A chain that leads into an earlier chain is no circle.
        if let Some(start) = next.and_then(|next| chain.iter().position(|i| *i == next)) {
            circles.push(chain.split_off(start));
        }
    }
    circles
}

fn users(lines: &[Taken]) -> impl Iterator<Item = &UserId> {
    lines.iter().filter_map(|taken| taken.record.user_id.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of the first users, whose names the second users have.
    fn lines(pairs: &[(&str, &str)]) -> Vec<Taken> {
        let taken = |(number, (user_id, holder)): (u64, &(&str, &str))| {
            let bytes = format!(r#"{{"username":"of-{holder}","user_id":"{user_id}"}}"#).into_bytes();
            let record = Record::parse(&bytes, false).unwrap().unwrap();
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
    fn a_circle_includes_its_lines_and_none_that_wait_for_it() {
        let found = |pairs: &[(&str, &str)]| circles(&lines(pairs));
        assert_eq!(found(&[("a", "b"), ("b", "c"), ("c", "d")]), [[0; 0]; 0]);
        assert_eq!(found(&[("a", "b"), ("b", "a")]), [[0, 1]]);
        assert_eq!(found(&[("x", "a"), ("a", "b"), ("p", "q"), ("b", "c"), ("c", "a")]), [[1, 3, 4]]);
        assert_eq!(found(&[("a", "b"), ("b", "a"), ("y", "x"), ("x", "y")]), [[0, 1], [2, 3]]);
    }

    #[test]
    fn lines_that_wait_for_a_deleted_user_come_later() {
        let numbers = |lines: Vec<Taken>| lines.iter().map(|taken| taken.line.number).collect::<Vec<_>>();
        let gone = lines(&[("g", "old")]);
        let waiting = lines(&[("a", "b"), ("b", "g"), ("c", "d"), ("d", "c")]);
        let (later, now) = behind(waiting, &gone);
        assert_eq!((numbers(later), numbers(now)), (vec![1, 2], vec![3, 4]));
        let (later, now) = behind(lines(&[("a", "b")]), &[]);
        assert_eq!((numbers(later), numbers(now)), (vec![], vec![1]));
    }
}
