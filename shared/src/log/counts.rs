//! The counts of a request.

use std::borrow::Cow;

use super::breakdown::Breakdown;

/// How often an event occurred.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) name: Cow<'static, str>,
    pub(super) by: Option<Breakdown>,
    pub(super) times: u64,
}

/// The counts of a request.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts(Vec<Count>);

impl Counts {
    pub(super) fn count(&mut self, name: Cow<'static, str>, by: Option<Breakdown>, times: u64) {
        match self.0.iter_mut().find(|count| count.name == name && count.by == by) {
            Some(count) => count.times += times,
            None => self.0.push(Count { name, by, times }),
        }
    }

    /// Groups the counts into lines, each with at most one value per dimension. One line is enough, except
    /// for a logout everywhere, which revokes sessions for two causes.
    pub(super) fn lines(self) -> Vec<Vec<Count>> {
        let mut lines: Vec<Vec<Count>> = vec![Vec::new()];
        for count in self.0 {
            let fits = |line: &&mut Vec<Count>| !line.iter().any(|other| other.contradicts(&count));
            match lines.iter_mut().find(fits) {
                Some(line) => line.push(count),
                None => lines.push(vec![count]),
            }
        }
        lines
    }
}

impl Count {
    fn contradicts(&self, other: &Self) -> bool {
        self.by.zip(other.by).is_some_and(|(one, another)| {
            one.dimension() == another.dimension() && one.value() != another.value()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::Cause;

    #[test]
    fn a_line_has_one_value_of_each_breakdown() {
        let (mut counts, name) = (Counts::default(), || Cow::Borrowed("session_revoked"));
        for cause in [Cause::LogoutEverywhere, Cause::LogoutEverywhere, Cause::Logout] {
            counts.count(name(), Some(Breakdown::Cause(cause)), 1);
        }
        counts.count("logout_succeeded".into(), None, 1);
        counts.count("logout_refused".into(), Some(Breakdown::Reason("session_over")), 1);
        let count = |times, cause| Count { name: name(), by: Some(Breakdown::Cause(cause)), times };
        let lines = counts.lines();
        assert_eq!(lines.iter().map(Vec::len).collect::<Vec<_>>(), [3, 1]);
        assert_eq!(lines[0][0], count(2, Cause::LogoutEverywhere));
        assert_eq!(lines[1][0], count(1, Cause::Logout));
    }
}
