//! How the figures came to be.

use passwords::MEMORY_KIB;

use crate::{
    bare::PASSES,
    role::FIRST_LOGINS,
    scale::{CROWD, ROUNDS},
};

/// What the bare hash is computed by; a test holds both against the lock file.
pub(crate) const ARGON2: &str = "argon2 0.6.0";
const STORE: &str = "dynoxide-rs 3.2.0";

pub(crate) fn method(runs: usize, processors: usize) -> Vec<String> {
    let (mib, last) = (MEMORY_KIB / 1024, FIRST_LOGINS);
    vec![
        format!(
            "The handler of `POST /login` was called in its process with the event of a REST API, over {STORE} in memory in a \
             process of its own on the same machine. Every run is a new process, which starts as the function starts in \
             Lambda: the same `start` and `warm_up`, with the variables of template.yaml and no others, and the same log, with metrics. \
             What Lambda's runtime does before and after the handler is not in these times, nor is TLS on the way to the \
             store; a request to DynamoDB takes longer than one to this store."
        ),
        format!(
            "A login and its hash: {runs} runs, in each {ROUNDS} logins and as many bare hashes of both kinds in turn, after \
             five of each that don't count; a figure is the median of a run. The hash is argon2id with {mib} MiB, {PASSES} \
             passes and one lane. It is computed by the same crate on the thread on which logins hash, and timed there. \
             A login hashes in memory that is kept, so that is the hash that the goals are about; the other shows what that \
             gains. Processor time is that of all threads of the process, without the store's."
        ),
        format!(
            "The first logins of a process: {runs} processes with {last} logins, and as many with {last} bare hashes, one after \
             the other, the first right after the start. A later one is the median of the third to the {last}th of the same \
             process. A login finds a connection to the store and memory that was touched at the start; a bare hash, as the crate does \
             it by itself, takes memory anew, and so does the second, since the allocator keeps it only from then on."
        ),
        format!(
            "Memory: {runs} processes for each number of logins, each of another user. In Lambda a process has one request at a \
             time, as where logins come in turn; the local server has many at once, and there these processes have its threads. \
             `credentials` lets as many hashes run at once as there are processors, here {processors}, so that {processors} \
             times {mib} MiB is what hashing is meant to take, whatever the number of logins: {CROWD} of them may take 1.25 times \
             the whole of a process that gets {processors}, for their connections and requests."
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
