//! The amounts, and the description of the method.

use std::time::Duration;

/// Runs, unless the command line says otherwise.
pub(crate) const RUNS: usize = 3;
/// The measured time of a run.
pub(crate) const MILLISECONDS: u64 = 2000;
/// The time before that.
pub(crate) const WARM_UP: Duration = Duration::from_millis(500);
/// Numbers of connections. Each has a chain: one session with one request at a time.
pub(crate) const CONNECTIONS: [usize; 3] = [1, 16, 64];

/// The embedded store. A test of `growth` compares it with the lock file.
const STORE: &str = "dynoxide-rs 3.2.0";

pub(crate) fn method(others: &[&str], milliseconds: u64) -> Vec<String> {
    let connections = CONNECTIONS.map(|connections| connections.to_string()).join(", ");
    let warm_up = WARM_UP.as_millis();
    vec![
        format!(
            "Every connection has its own session and refreshes with the token that it got last. The client is one process with \
             one thread and shares the machine's processors with the server. Each subject is measured with {connections} \
             connections in turn: {warm_up} ms unmeasured, then {milliseconds} ms, usually in {RUNS} runs. Every answer must be a \
             200 with new tokens, and at the end each server must refuse a token that was used before. The others are {}.",
            others.join("; ")
        ),
        format!(
            "Latchgate is the program that `cargo run` starts: emulated gateway, functions, log and {STORE} in one process, where \
             the SDK calls that store without a socket. Its log, a line for each request, goes to a file. In a file, the store is \
             SQLite with a write-ahead log, synchronised at each commit. The others have their stores in their own processes; \
             oidc-provider's is an adapter over a Map, because its own keeps only the last thousand. Latchgate, glewlwyd and the \
             test server sign JWTs as access tokens (ES256, ES256 and RS256). Those of oidc-provider and better-auth are opaque, \
             but come with an ID token signed with ES256. @node-oauth/oauth2-server signs nothing. glewlwyd was asked for no \
             particular client, which saves it a lookup. Rate limits are off, and none of the others logs."
        ),
        "\"The function alone\" is `Refresh::handle` with the requests of a REST API and the SDK, in a process with one thread, \
         without gateway, store and Lambda's runtime: its processor time is what you would pay Lambda for. It asks the same \
         store, in a process of its own, over HTTP, as it asks DynamoDB. \"The store alone\" is that store, asked by the same \
         SDK for one conditional UpdateItem of a session after the other: no function can be faster."
            .to_owned(),
        "Processor time is that of all threads of the answering process. It includes the store if that is in the same process. \
         Latchgate's store is built for speed."
            .to_owned(),
    ]
}
