//! Checks the stack's parameters that protect users from a flood of requests.

use super::{Check, api::Api};
use crate::deployment::Deployment;

const NAME: &str = "floods";
/// A `LoginRate` that a single machine easily reaches, in requests a second.
const LOW: u64 = 100;
/// How many requests a second Lambda runs for each reserved execution.
const OF_EXECUTION: u64 = 10;

/// `None`, if the deployment is no stack, or its release lacks these parameters. The rate belongs to the API;
/// the functions and their firewall belong to the main stack.
pub(super) fn check(deployment: &Deployment, api: &Api) -> Option<Check> {
    let name = api.name(NAME);
    let number = |name: &str| deployment.parameter(name)?.parse::<u64>().ok();
    let (executions, firewall) = (number("LoginConcurrency")?, number("WafRequests")?);
    let rate = api.parameter("LoginRate")?.parse::<u64>().ok()?;
    if rate < LOW {
        let detail =
            format!("{rate} requests a second, from all callers together, are enough to block all logins");
        let remedy = if api.is_http {
            "set LoginRate=500 LoginBurst=1000 in the HTTP API's stack"
        } else {
            "set LoginRate=500 LoginBurst=1000, and WafRequests=2000 against floods from one address"
        };
        return Some(Check::warning(name, detail, remedy));
    }
    if executions > 0 && executions * OF_EXECUTION < rate {
        let detail = format!(
            "LoginConcurrency={executions} allows only {} requests a second, fewer than LoginRate",
            executions * OF_EXECUTION
        );
        return Some(Check::warning(
            name,
            detail,
            format!(
                "set LoginConcurrency={} or more (the stack reserves twice as much, and the account's quota \
                 must have 100 left), or 0",
                rate.div_ceil(OF_EXECUTION)
            ),
        ));
    }
    if api.is_http {
        return Some(Check::unknown(name, "AWS WAF can't protect an HTTP API"));
    }
    if deployment.parameter("WebAclArn").is_some_and(|arn| !arn.is_empty()) {
        return Some(Check::ok(
            name,
            "your own web ACL protects the API: make sure that it counts requests by address",
        ));
    }
    if firewall == 0 {
        let detail = format!("one machine that sends {rate} requests a second blocks all logins");
        return Some(Check::warning(name, detail, "turn on the firewall: set WafRequests=2000"));
    }
    Some(Check::ok(name, "the firewall counts requests by address"))
}
