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
        "no operation takes more than 1.05 times the instructions of the last recorded run",
        "Since that run, the decision about a failed rotation also compares resources (RFC 8707): 70 more instructions.",
    ),
    (
        "login",
        "a login takes at most 1.05 times its hash, in wall-clock time",
        "Besides the hash, a login calls the store, signs a token and logs. That takes more than a twentieth of a hash.",
    ),
    (
        "login",
        "a login takes at most 1.05 times its hash, in processor time",
        "The same work, in processor time.",
    ),
    (
        "refresh",
        "handler and SDK take at most 150 us of processor time for a refresh, without log line and metrics",
        "It depends on the machine. On one on which oidc-provider took half of the time that it takes here, this took 138 us.",
    ),
    (
        "refresh",
        "handler and SDK take at most 150 us of processor time for a refresh, with both",
        "On that machine it took 154 us. Writing the line and the metrics takes an eighth to a fifth more.",
    ),
    (
        "refresh",
        "they take no more processor time than the leanest of the others",
        "The leanest signs nothing and has its tokens in a Map. A refresh here makes two calls over HTTP and signs a token.",
    ),
    (
        "startup",
        "refresh starts and answers in at most a fifth of the default SDK's time",
        "Refresh opens its TLS connection at the start, and then reads one row and writes one. The other function reads one.",
    ),
    (
        "startup",
        "refresh starts and answers in at most a twenty-fifth of Node's time",
        "That would be about twice the time of the hello, which has no SDK and opens no connection.",
    ),
    (
        "startup",
        "refresh starts and answers in at most a forty-fifth of Python's time",
        "That would be one and a half times the time of the hello, which has no SDK and opens no connection.",
    ),
    (
        "startup",
        "the largest bootstrap has at most 4 MB",
        "The SDK, TLS and the crypto library. Built for size it would be a fifth smaller, and a refresh would take 1.7 times the \
         processor.",
    ),
    (
        "startup",
        "refresh takes at most 8 MiB of memory",
        "The program, the SDK's client and an open TLS connection. Built for size it would keep 2 MiB less, and be slower.",
    ),
    ("startup", "the authorizer takes at most 8 MiB of memory", "The same as for refresh."),
    ("startup", "login takes at most 28 MiB of memory", "One hash has 19 MiB; the rest is as for refresh."),
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
