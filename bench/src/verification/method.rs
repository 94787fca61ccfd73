//! The amounts, and the description of the method.

use super::{
    sample::TOKENS,
    subjects::{Kind, Subject},
};

/// Runs, unless the command line says otherwise.
pub(crate) const RUNS: usize = 7;
/// The measured time of a run. The warm-up before it has the same length.
pub(crate) const MILLISECONDS: u64 = 800;

pub(crate) fn method(subjects: &[Subject]) -> Vec<String> {
    let others: Vec<_> = subjects.iter().skip(1).filter(|subject| subject.kind == Kind::Library).collect();
    let others: Vec<&str> = others.iter().map(|subject| subject.name.as_str()).collect();
    vec![
        format!(
            "{TOKENS} access tokens of one session, as `POST /refresh` returns them, with the keys of `/.well-known/jwks.json`. \
             Every verifier checks the signature, `exp`, `iss` and `aud`; Latchgate and fast-jwt also check `typ`, and Latchgate \
             that each claim occurs once and has its type. The others are {}. Keys are loaded once, before the measurement. \
             Caches of verified tokens are off, as they are by default. Synchronous functions are used where there are any; for \
             `jose`, which has none, the time of Node's other threads counts.",
            others.join("; ")
        ),
        format!(
            "Every run is a new process, which verifies for {MILLISECONDS} ms unmeasured and then for as long. Figures are \
             processor time of all threads unless they say \"wall-clock time\". \"The signature alone\" is what aws-lc-rs needs for \
             it: no verifier that is built on this library can be faster."
        ),
        "A whole request is `Authorizer::handle` with the event of a REST API's REQUEST authorizer: it verifies the token, looks \
         at its copy of the denylist (`RevocationCheck: denylist`), decides, writes the request's log line and metrics, and \
         serialises the policy. The Node handler beside it verifies with aws-jwt-verify and answers with a policy; it neither \
         logs nor checks whether the session is over."
            .to_owned(),
    ]
}
