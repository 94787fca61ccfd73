//! The results.

use super::{feed::Feeds, hour::Passed, kind::Kind, latency::Runs, load::Load, scale::Scale};

/// All results.
#[derive(Debug)]
pub(crate) struct Findings {
    pub(crate) scale: Scale,
    /// One for each number of sessions.
    pub(crate) loads: Vec<Load>,
    pub(crate) latencies: Vec<(Kind, Runs)>,
    pub(crate) feeds: Feeds,
    pub(crate) hours: Vec<Passed>,
}
