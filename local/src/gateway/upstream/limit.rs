//! The time limit of a server of yours, and the advice when it takes longer.

use std::time::Duration;

use crate::template::ApiKind;

/// The longest timeout of an HTTP API.
const MAX_OF_HTTP: Duration = Duration::from_secs(30);
/// The longest timeout of a REST API, for a response that streams.
const MAX_OF_REST: Duration = Duration::from_secs(900);

/// The time limit of a server.
#[derive(Clone, Copy, Debug)]
pub(in crate::gateway) struct Limit {
    pub(super) kind: ApiKind,
    /// The value of `--upstream-timeout`.
    pub(super) option: Option<Duration>,
}

/// API Gateway's default timeout for an integration. For an HTTP API it is also the longest.
pub fn default_timeout(kind: ApiKind) -> Duration {
    match kind {
        ApiKind::Rest => Duration::from_secs(29),
        ApiKind::Http => MAX_OF_HTTP,
    }
}

impl Limit {
    /// The time limit.
    pub(super) fn time(self) -> Duration {
        self.option.unwrap_or(default_timeout(self.kind))
    }

    /// The message that a call exceeded the limit, and what to do.
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
                "{seconds} s, the default limit of API Gateway. Be faster, or set --upstream-timeout, and \
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
    fn the_advice_names_only_settings_that_help() {
        const OPTION: &str = "--upstream-timeout";
        const INTEGRATION: &str = "timeoutInMillis";
        for (kind, option, expected, others) in [
            (
                ApiKind::Rest,
                None,
                &["than 29 s, the default limit", OPTION, INTEGRATION, "900 s"][..],
                &[][..],
            ),
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
