//! The reasons why goals aren't met, as the tables of their part show.

/// The reason for a part's goal with this claim. `None` if the goal is met.
pub(super) fn reason(part: &str, claim: &str) -> Option<&'static str> {
    let (.., reason) = REASONS.iter().find(|(of, begin, _)| *of == part && claim.starts_with(begin))?;
    Some(reason)
}

/// The part, the beginning of the claim, and the reason.
const REASONS: [(&str, &str, &str); 16] = [
    (
        "instructions",
        "none takes more than 1.05 times what was kept of it before",
        "Since then the decision about a failed rotation compares resources too (RFC 8707): 70 instructions more, of a million.",
    ),
    (
        "login",
        "a login takes at most 1.05 times its hash, on the wall",
        "Besides the hash a login calls the store, signs a token and logs: more than a twentieth of a hash.",
    ),
    (
        "login",
        "a login takes at most 1.05 times its hash, of processors",
        "The same work, in processor time.",
    ),
    (
        "refresh",
        "handler and SDK take at most 150 us of processors a refresh, without log line and metrics",
        "It depends on the machine: on one where oidc-provider took half of its time here, this took 138 us.",
    ),
    (
        "refresh",
        "handler and SDK take at most 150 us of processors a refresh, with them",
        "On that machine it took 154 us. Writing the line and the metrics takes an eighth to a fifth more.",
    ),
    (
        "refresh",
        "they take no more of processors than the leanest of the others",
        "The leanest signs nothing and has its tokens in a Map. A refresh here makes two calls over HTTP and signs a token.",
    ),
    (
        "startup",
        "refresh starts and answers in a fifth of the default SDK's",
        "Refresh opens its TLS connection at the start, and then reads one row and writes one. The other function reads one.",
    ),
    (
        "startup",
        "in a twenty-fifth of Node's",
        "That would be about twice the time of the hello, which has no SDK and opens no connection.",
    ),
    (
        "startup",
        "in a forty-fifth of Python's",
        "That would be one and a half times the time of the hello, which has no SDK and opens no connection.",
    ),
    (
        "startup",
        "the largest bootstrap has 4 MB",
        "The SDK, TLS and the crypto library. Built for size it would be a fifth smaller, and a refresh would take 1.7 times the \
         processor.",
    ),
    (
        "startup",
        "refresh has 8 MiB in memory",
        "The program, the SDK's client and an open TLS connection. Built for size it would keep 2 MiB less, and be slower.",
    ),
    ("startup", "the authorizer has 8 MiB in memory", "As refresh."),
    ("startup", "login has 28 MiB in memory", "One hash has 19 MiB; the rest is as for refresh."),
    (
        "verification",
        "the fastest of the others takes at least 1.5 times as long, ES256",
        "The crypto library's signature check alone takes longer than the aim allows.",
    ),
    (
        "verification",
        "the fastest of the others takes at least 1.5 times as long, RS256",
        "The signature check leaves too little for reading and checking every claim.",
    ),
    (
        "verification",
        "the fastest of the others takes at least 2.8 times as long, EdDSA",
        "The crypto library's signature check alone takes as long as the aim allows.",
    ),
];

#[cfg(test)]
mod tests {
    use super::{super::figures::Report, *};

    #[test]
    fn exactly_the_missed_goals_have_a_reason() {
        let mut reasons = 0;
        for report in Report::kept().unwrap() {
            for goal in &report.goals {
                let reason = reason(&report.part, &goal.claim);
                assert_ne!(goal.is_met(), reason.is_some(), "{}: {}", report.part, goal.claim);
                reasons += usize::from(reason.is_some());
            }
        }
        assert_eq!(reasons, REASONS.len(), "each is of one aim");
    }
}
