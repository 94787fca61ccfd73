//! How long a server of yours may take, and what to do where it takes longer.

use std::time::Duration;

use crate::template::ApiKind;

/// How long an HTTP API waits at most.
const MAX_OF_HTTP: Duration = Duration::from_secs(30);
/// How long a REST API waits at most, for a response that streams.
const MAX_OF_REST: Duration = Duration::from_secs(900);

/// How long a server may take.
#[derive(Clone, Copy, Debug)]
pub(in crate::gateway) struct Limit {
    pub(super) kind: ApiKind,
    /// What `--upstream-timeout` says, if it is there.
    pub(super) option: Option<Duration>,
}

/// How long API Gateway waits for an integration unless it is told otherwise. An HTTP API waits no longer at all.
pub fn default_timeout(kind: ApiKind) -> Duration {
    match kind {
        ApiKind::Rest => Duration::from_secs(29),
        ApiKind::Http => MAX_OF_HTTP,
    }
}

impl Limit {
    /// The time.
    pub(super) fn time(self) -> Duration {
        self.option.unwrap_or(default_timeout(self.kind))
    }

    /// That a call went beyond it, and what to do.
    pub(super) fn exceeded(self, call: &str, how: &str) -> String {
        let seconds = self.time().as_secs();
        let rest = match (self.kind, self.option) {
            (ApiKind::Http, _) if self.time() >= MAX_OF_HTTP => format!(
                "{seconds} s, and an HTTP API waits no longer. Be faster, or use a REST API whose integration streams"
            ),
            (ApiKind::Http, _) => format!(
                "the {seconds} s of --upstream-timeout. Be faster, or set it higher: an HTTP API waits up to {} s",
                MAX_OF_HTTP.as_secs()
            ),
            (ApiKind::Rest, _) if self.time() >= MAX_OF_REST => {
                format!("{seconds} s, and API Gateway waits no longer. Be faster")
            }
            (ApiKind::Rest, Some(_)) => format!(
                "the {seconds} s of --upstream-timeout. Be faster, or set it higher, and timeoutInMillis of the integration: \
                 {} s at most, if it streams",
                MAX_OF_REST.as_secs()
            ),
            (ApiKind::Rest, None) => format!(
                "{seconds} s, which API Gateway waits unless it is told otherwise. Be faster, or set --upstream-timeout, and \
                 timeoutInMillis of the integration: {} s at most, if it streams",
                MAX_OF_REST.as_secs()
            ),
        };
        format!("{call} {how} {rest}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_advised_is_what_helps() {
        const OPTION: &str = "--upstream-timeout";
        const INTEGRATION: &str = "timeoutInMillis";
        for (kind, option, expected, others) in [
            (ApiKind::Rest, None, &["than 29 s, which", OPTION, INTEGRATION, "900 s"][..], &[][..]),
            (
                ApiKind::Rest,
                Some(3),
                &["than the 3 s of --upstream-timeout", INTEGRATION, "900 s"],
                &["API Gateway"],
            ),
            (
                ApiKind::Rest,
                Some(900),
                &["than 900 s, and API Gateway waits no longer"],
                &[OPTION, INTEGRATION],
            ),
            (
                ApiKind::Http,
                None,
                &["than 30 s, and an HTTP API waits no longer", "REST API"],
                &[OPTION, INTEGRATION],
            ),
            (ApiKind::Http, Some(3), &["than the 3 s of --upstream-timeout", "up to 30 s"], &[INTEGRATION]),
            (
                ApiKind::Http,
                Some(30),
                &["than 30 s, and an HTTP API waits no longer"],
                &[OPTION, INTEGRATION],
            ),
        ] {
            let limit = Limit { kind, option: option.map(Duration::from_secs) };
            let said = limit.exceeded("GET /x", "took longer than");
            assert!(said.starts_with("GET /x took longer than "), "{said}");
            assert!(expected.iter().all(|text| said.contains(text)), "{said}");
            assert!(others.iter().all(|text| !said.contains(text)), "{said}");
        }
    }
}
