//! How the figures came to be.

use crate::scale::{CONNECTIONS, RUNS, WARM_UP};

/// The embedded store; a test of `growth` holds it against the lock file.
const STORE: &str = "dynoxide-rs 3.2.0";

pub(crate) fn method(others: &[&str], milliseconds: u64) -> Vec<String> {
    let connections = CONNECTIONS.map(|connections| connections.to_string()).join(", ");
    let warm_up = WARM_UP.as_millis();
    vec![
        format!(
            "Chains of refreshes: every connection has a session of its own, and asks with the token that it got last. Who asks is one \
             process with one thread, and shares the machine's processors with whom it asks; {connections} connections, in turn for \
             each subject, {warm_up} ms unmeasured and then {milliseconds} ms, usually {RUNS} runs. Each answer has to be a 200 with \
             new tokens, and at the end each server has to refuse a token that was exchanged before. The others are {}.",
            others.join("; ")
        ),
        format!(
            "Ours is the emulated gateway of `cargo run` in front of the functions, in one process, and {STORE} in another, asked over \
             HTTP by the SDK as DynamoDB is; its file is SQLite's with a write-ahead log, synchronised at each commit. The others have \
             their stores in their own processes; oidc-provider's is an adapter over a Map, since the one that comes with it forgets all \
             but the last thousand. Access tokens: ours, glewlwyd's and the test server's are JWTs, signed with ES256, ES256 \
             and RS256; oidc-provider's and better-auth's are opaque, and beside them comes an ID token signed with ES256; \
             @node-oauth/oauth2-server's are opaque, and nothing is signed. glewlwyd was asked for no client in particular, which is less \
             to look up. Limits of rates are off where there are any, and nobody logs but where it says so."
        ),
        "`Latchgate, the function alone` is `Refresh::handle` with the requests of a REST API, in a process with one thread, with the \
         SDK, without gateway, store and Lambda's runtime: what it takes of processors is what Lambda would be paid for. What the emulated gateway adds is \
         the difference between the two. The store alone is the same store asked by the same SDK, for one conditional UpdateItem of \
         a session's row after the other: no function can be faster than that."
            .to_owned(),
        "Processor time is that of the process that answers, all of its threads; a store that is in it is counted in it. Ours is built \
         as a release is, in pieces instead of as a whole, and the store for speed."
            .to_owned(),
    ]
}
