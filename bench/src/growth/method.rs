//! The description of the method.

use super::{
    feed::PULLS,
    findings::Findings,
    hour::{REQUESTS_PER_SECOND, REVOCATIONS, SESSIONS},
    load::{End, Load},
    number::grouped,
    scale::RUNS,
};

/// A test compares this with the lock file.
const STORE: &str = "dynoxide-rs 3.2.0";

pub(crate) fn method(findings: &Findings) -> Vec<String> {
    vec![
        format!(
            "One process calls the handlers with the events of a REST API, one request at a time on one thread. Each number of \
             sessions has its own store, {STORE} in memory, in a process of its own on the same machine. The figures include how \
             much slower this store becomes as it grows; it is an embedded engine, so they don't say how DynamoDB grows. Its \
             sweep of expired rows, which reads all of them once a minute, is off. Nothing is logged. The clock stands still, so \
             the client's record, keys and denylist stay in memory, as they do for all but a few requests of a warm function."
        ),
        sessions(findings),
        denylist(findings),
        hour(findings),
    ]
}

fn sessions(findings: &Findings) -> String {
    let calls = findings.scale.calls();
    let loads: Vec<String> = findings.loads.iter().map(loaded).collect();
    format!(
        "Every user has two sessions. The rows are those that login writes, made by the same types and written by \
         BatchWriteItem: {}. Latencies are of {} sessions chosen evenly from a whole store: {RUNS} runs, each with {} refreshes \
         and as many authorizer calls in both modes, alternating between the stores from call to call. A figure is the median, \
         or the 99th percentile, of a run. In mode `denylist` the authorizer reads no session, and its denylist is empty here.",
        loads.join("; "),
        grouped(findings.scale.sample()),
        grouped(calls),
    )
}

fn loaded(load: &Load) -> String {
    let (sessions, seconds) = (grouped(load.sessions), load.took.as_secs_f64());
    let end = match load.end {
        End::Complete => "",
        End::OutOfTime => ", when the time was up",
        End::OutOfMemory => ", when a quarter of the machine's memory was left",
    };
    format!("{sessions} sessions, in {seconds:.0} s and {:.1} GiB of memory{end}", load.memory)
}

fn denylist(findings: &Findings) -> String {
    let calls = findings.scale.calls();
    format!(
        "Denylists: stores with this many revocations of the last 22 hours, and {RUNS} runs. In each run the authorizer starts \
         once for each store, then answers {} calls of a live session with what it loaded, then {PULLS} calls that each pull \
         what is new (nothing), alternating between the stores. A start also reads the published keys; the connections to the \
         store are open.",
        grouped(calls),
    )
}

fn hour(findings: &Findings) -> String {
    let (seconds, hours) = (findings.scale.seconds(), findings.hours.len());
    format!(
        "Memory: {hours} processes, one after the other, each with refresh and the authorizer in both modes, over a store in \
         another process, for {} s of simulated time with {REQUESTS_PER_SECOND} requests in each. A tenth are refreshes of \
         {SESSIONS} sessions in turn, a tenth authorizer calls in mode `session`, the others in mode `denylist` with {} live \
         revocations. Copies of keys, clients and denylist are renewed as time passes. These processes also hold the benchmark's \
         own code.",
        grouped(seconds),
        grouped(REVOCATIONS),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_one_that_is_built_with() {
        let (name, version) = STORE.split_once(' ').unwrap();
        let entry = format!("name = \"{name}\"\nversion = \"{version}\"\n");
        assert!(include_str!("../../../Cargo.lock").contains(&entry));
    }
}
