//! How the figures came to be.

use crate::{
    feed::PULLS,
    findings::Findings,
    hour::{REQUESTS_PER_SECOND, REVOCATIONS, SESSIONS},
    load::{End, Load},
    number::grouped,
    scale::RUNS,
};

/// A test holds it against the lock file.
const STORE: &str = "dynoxide-rs 3.2.0";

pub(crate) fn method(findings: &Findings) -> Vec<String> {
    vec![
        format!(
            "The handlers were called in one process, one request at a time on one thread, with the events of a REST API, over \
             {STORE} in memory, each number of sessions in a store of its own, which is a process of its own on the same \
             machine. How much slower that store gets with what is in it is in these figures; it is an embedded engine, and how \
             DynamoDB grows they don't say. Its sweep of expired rows, which reads all of them once a minute, was off. Nothing was \
             logged. The clock stood still, so that the client's record, keys and denylist were in memory, as they are in all \
             but a few of a warm function's requests."
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
        "Every user has two sessions, so there are half as many users. Their rows are those that login writes, made by the same \
         types and written by BatchWriteItem. Stored were: {}. Latencies are of {} sessions chosen evenly from all of a \
         store: {RUNS} runs, in each {} refreshes and as many authorizer calls in both modes, the stores in turn from call to \
         call. A figure is the median, or the 99th percentile, of a run. In mode `denylist` the authorizer reads no session, and \
         its denylist is empty here.",
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
        "Denylists: stores with so many revocations of the last 22 hours; {RUNS} runs, in each a start of the authorizer in each \
         store, then {} calls with what it loaded, of a session that goes on, then {PULLS} calls of which each comes when it is \
         time to pull what is new (there is nothing new), the stores in turn. A start reads the published keys as well; the \
         connections to the store were open.",
        grouped(calls),
    )
}

fn hour(findings: &Findings) -> String {
    let (seconds, hours) = (findings.scale.seconds(), findings.hours.len());
    format!(
        "Memory: {hours} processes, one after the other, each with refresh and the authorizer in both modes, over a store in \
         another, through {} s of simulated time with {REQUESTS_PER_SECOND} requests in each: a tenth are refreshes of \
         {SESSIONS} sessions in turn, a tenth authorizer calls in mode `session`, the others in mode `denylist` with {} live \
         revocations. Copies of keys, clients and denylist are renewed as time passes. These processes have the benchmark's own \
         code in memory as well.",
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
