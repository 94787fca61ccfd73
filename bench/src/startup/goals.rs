//! The goals of start-up.

use crate::report::{Bound, Goal};

use super::{
    findings::{Findings, Size},
    share::Share,
    trial::Watched,
};

/// The indices of the subjects.
const REFRESH: usize = 0;
const AUTHORIZER: usize = 1;
const LOGIN: usize = 2;
const OURS: usize = 3;
const HELLO: usize = 3;
const DEFAULT_SDK: usize = 4;
const NODE: usize = 5;
const PYTHON: usize = 6;

pub(crate) fn goals(findings: &Findings, sizes: &[Size]) -> Vec<Goal> {
    let whole = |place, part| findings.median(Share::Whole, place, part);
    let start = |place| whole(place, |w: &Watched| w.start) / whole(HELLO, |w| w.start);
    let both = |place| whole(place, |w: &Watched| w.start + w.first);
    let beside = |place| both(place) / both(REFRESH);
    let first = |place| findings.median(Share::Of(128), place, |w: &Watched| w.first);
    let memory = |place| whole(place, |w: &Watched| w.memory);
    let largest = sizes.iter().take(OURS).map(|size| size.bootstrap).fold(0.0, f64::max);
    vec![
        at_most("refresh starts in at most 3.5 times the hello's time", start(REFRESH), 3.5),
        at_most("the authorizer starts in at most 3.5 times the hello's time", start(AUTHORIZER), 3.5),
        at_least(
            "refresh starts and answers in at most a fifth of the default SDK's time",
            beside(DEFAULT_SDK),
            5.0,
        ),
        at_least("refresh starts and answers in at most a twenty-fifth of Node's time", beside(NODE), 25.0),
        at_least(
            "refresh starts and answers in at most a forty-fifth of Python's time",
            beside(PYTHON),
            45.0,
        ),
        at_most(
            "refresh's first invocation takes at most 2 ms, with the share of 128 MB",
            first(REFRESH),
            2.0,
        ),
        at_most(
            "the authorizer's first invocation takes at most 2 ms, with the share of 128 MB",
            first(AUTHORIZER),
            2.0,
        ),
        at_most("the largest bootstrap has at most 4 MB", largest, 4.0),
        at_most("refresh takes at most 8 MiB of memory", memory(REFRESH), 8.0),
        at_most("the authorizer takes at most 8 MiB of memory", memory(AUTHORIZER), 8.0),
        at_most("login takes at most 28 MiB of memory", memory(LOGIN), 28.0),
    ]
}

fn at_most(claim: &str, found: f64, bound: f64) -> Goal {
    Goal { claim: claim.to_owned(), found, bound: Bound::AtMost(bound) }
}

fn at_least(claim: &str, found: f64, bound: f64) -> Goal {
    Goal { claim: claim.to_owned(), found, bound: Bound::AtLeast(bound) }
}
