//! How the figures came to be.

use crate::{
    sample::TOKENS,
    scale::MILLISECONDS,
    subjects::{Kind, Subject},
};

pub(crate) fn method(subjects: &[Subject]) -> Vec<String> {
    let others: Vec<_> = subjects.iter().skip(1).filter(|subject| subject.kind == Kind::Library).collect();
    let others: Vec<&str> = others.iter().map(|subject| subject.name.as_str()).collect();
    vec![
        format!(
            "{TOKENS} access tokens of one session, as `POST /refresh` gives them, and the keys of `/.well-known/jwks.json`. All verify \
             the same, in turn: signature, `exp`, `iss` and `aud`; ours and fast-jwt `typ` as well, and ours that each claim \
             is there, once, and of the kind that it is meant to be, and it reads the whole of them. The others are {}. Keys are taken \
             once, before; where there is a cache of verified tokens, it is off, as it is by default; where there is a synchronous \
             function, it is that which is called. `jose` has none, and the time of Node's other threads counts as its own.",
            others.join("; ")
        ),
        format!(
            "Every run is a process of its own, which verifies for {MILLISECONDS} ms unmeasured and then for as long. The figures are \
             processor time, of all threads; the time on the wall stands beside it. Ours is built as a release is, in pieces instead of as \
             a whole. The signature alone is what aws-lc-rs takes for it, with the key as it is kept: no verifier that is built on \
             this library can take less."
        ),
        "A whole request is `Authorizer::handle` in its own process, with the event of a token authorizer: the token verified, the \
         denylist asked (`RevocationCheck: denylist`; the store is dynoxide-rs in memory in a process of its own, and is read when the \
         copy is old, not in a request), the policy, the request's line and its metrics written, and the answer made JSON. Beside it is a \
         handler in Node that verifies with aws-jwt-verify and answers with a policy, and neither logs nor asks whether the session is over."
            .to_owned(),
    ]
}
