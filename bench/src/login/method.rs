//! The amounts, and the description of the method.

use passwords::MEMORY_KIB;

use super::{bare::PASSES, role::FIRST_LOGINS};

/// Runs, unless the command line says otherwise.
pub(crate) const RUNS: usize = 11;
/// Logins of each kind in a run.
pub(crate) const ROUNDS: usize = 40;
/// The logins or hashes of one process when memory is measured, consecutive or concurrent.
pub(crate) const CROWD: usize = 50;

/// The crate of the bare hash. A test compares this and the store with the lock file.
pub(crate) const ARGON2: &str = "argon2 0.6.0";
const STORE: &str = "dynoxide-rs 3.2.0";

pub(crate) fn method(runs: usize, processors: usize) -> Vec<String> {
    let (mib, last) = (MEMORY_KIB / 1024, FIRST_LOGINS);
    vec![
        format!(
            "The handler of `POST /login` gets the event of a REST API in its own process; {STORE} in memory is another process. \
             Every run is a new process that starts as the function does in Lambda: the same `start` and `warm_up`, only the \
             variables of template.yaml, the same log and metrics. The times leave out Lambda's runtime and TLS to the store, \
             and a request to DynamoDB takes longer than one to this store."
        ),
        format!(
            "A login and its hash: {runs} runs, each with {ROUNDS} logins and as many bare hashes of both kinds in turn, after \
             five of each that don't count. A figure is the median of a run. The hash is argon2id with {mib} MiB, {PASSES} \
             passes and one lane, computed by the same crate on the thread on which logins hash. A login reuses its memory, so \
             the aims are about that hash; the other shows the gain. Processor time is that of all threads without the store's."
        ),
        format!(
            "The first logins of a process: {runs} processes with {last} logins, and as many with {last} bare hashes, one after \
             the other, right from the start. A later one is the median of the third to the {last}th. A login finds an open \
             connection to the store and memory that the start has touched. The first and the second bare hash take new memory; \
             only then does the allocator keep it."
        ),
        format!(
            "Memory: {runs} processes for each number of logins, each of another user. In Lambda a process has one request at a \
             time, as for the logins in turn; the local server has many at once. As many hashes run at once as there are \
             processors, here {processors}, so hashing should take {processors} times {mib} MiB whatever the number of logins. \
             {CROWD} logins may take 1.25 times the memory of {processors}, for their connections and requests."
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_versions_are_those_that_are_built_with() {
        let lock = include_str!("../../../Cargo.lock");
        for (name, version) in [ARGON2, STORE].map(|subject| subject.split_once(' ').unwrap()) {
            let entry = format!("name = \"{name}\"\nversion = \"{version}\"\n");
            assert!(lock.contains(&entry), "{name}");
        }
    }
}
