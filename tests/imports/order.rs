//! The order of the modules of `shared`.

use std::collections::BTreeSet;

use super::cycle;
use super::module::{Crate, Meaning};
use super::resolve;

/// The top-level modules of `shared`. Each imports only those before it.
const ORDER: [&str; 29] = [
    "clock",
    "random",
    "ids",
    "scope",
    "json",
    "claims",
    "route",
    "error",
    "environment",
    "color",
    "uri",
    "resource",
    "duration",
    "lifetimes",
    "thumbprint",
    "network",
    "hash_cost",
    "stopwatch",
    "aborted",
    "cached",
    "aws",
    "store",
    "keys",
    "dpop",
    "client",
    "tokens",
    "context",
    "log",
    "http",
];

/// The imports of `shared` that break the order, a line each, and modules that the order lacks.
pub(super) fn violations(crates: &[Crate]) -> Vec<String> {
    let shared = crates.iter().find(|krate| krate.name == "shared").unwrap();
    let position = |module: &str| ORDER.iter().position(|name| *name == module);
    let against = |(from, to, path): (&std::path::Path, &std::path::Path, &str)| {
        let (above, below) = (shared.top_level(from)?, shared.top_level(to)?);
        (position(below) > position(above)).then(|| cycle::line(from, to, path))
    };
    let imports = resolve::imports(crates);
    imports.iter().filter_map(against).chain(unplaced(shared)).collect()
}

/// The modules that only exist, or only stand in the order.
fn unplaced(shared: &Crate) -> Option<String> {
    let is_child = |meaning: &Meaning| matches!(meaning, Meaning::Child(_));
    let names = shared.modules[0].names.iter().filter(|(_, meanings)| meanings.iter().any(is_child));
    let there: BTreeSet<&str> = names.map(|(name, _)| name.as_str()).collect();
    let difference: Vec<_> = there.symmetric_difference(&ORDER.into()).copied().collect();
    (!difference.is_empty())
        .then(|| format!("  modules of `shared` and its order differ in {difference:?}\n"))
}
