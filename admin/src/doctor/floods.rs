//! What keeps a flood of requests from keeping people out, as far as the stack's parameters tell.

use super::Check;
use crate::deployment::Deployment;

const NAME: &str = "floods";
/// Requests a second of `LoginRate` that a single machine sends with ease.
const LOW: u64 = 100;
/// Requests a second that Lambda runs for each execution that is reserved.
const OF_EXECUTION: u64 = 10;

/// `None`, if the deployment is no stack, or one from before these parameters.
pub(super) fn check(deployment: &Deployment) -> Option<Check> {
    let number = |name: &str| deployment.parameter(name)?.parse::<u64>().ok();
    let (rate, executions, firewall) =
        (number("LoginRate")?, number("LoginConcurrency")?, number("WafRequests")?);
    if rate < LOW {
        let detail =
            format!("{rate} requests a second, from all callers together, keep everybody from logging in");
        return Some(Check::warning(
            NAME,
            detail,
            "set LoginRate=500 LoginBurst=1000, and WafRequests=2000 against one address",
        ));
    }
    if executions > 0 && executions * OF_EXECUTION < rate {
        let detail = format!(
            "LoginConcurrency={executions} is spent by {} requests a second, before LoginRate is",
            executions * OF_EXECUTION
        );
        return Some(Check::warning(
            NAME,
            detail,
            format!("set LoginConcurrency={} or more, or 0", rate.div_ceil(OF_EXECUTION)),
        ));
    }
    if deployment.parameter("RestApi") == Some("closed") {
        return Some(Check::unknown(
            NAME,
            "an HTTP API in the place of the REST API has no firewall of its own",
        ));
    }
    if firewall == 0 {
        let detail =
            format!("one machine that sends {rate} requests a second keeps everybody from logging in");
        return Some(Check::warning(NAME, detail, "turn on the firewall: set WafRequests=2000"));
    }
    Some(Check::ok(NAME, "the firewall counts requests by address"))
}
