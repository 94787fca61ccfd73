//! What the page says beside its tables.

use super::{Bill, LOGGED_BYTES, METRICS, RESPONSE_BYTES, prices, transfer};
use crate::{
    duration::{CALL_MS, HASH_MS, REQUEST_MS, ROUND_TRIP_MS, SIGN_MS, VERIFY_MS, WHOLE_PROCESSOR_MB},
    page::whole,
};

pub(super) fn introduction() -> String {
    format!(
        "\
# What it costs

Computed by `cargo xtask costs` from the units that `tests/costs.rs` counts on a real engine, the memory in `template.yaml`, and AWS's
list prices in us-east-1 of {as_of}, without free tiers, taxes and discounts for quantity. A test holds this page against all of it.

## Units

Capacity units of DynamoDB, counted. A client whose record isn't warm adds a read unit, once in ten seconds to each warm function.
The time is an assumption; see below.
",
        as_of = prices::AS_OF
    )
}

pub(super) fn money() -> String {
    format!(
        "
## Money

USD for a million, on arm64 unless the column says otherwise. The authorizer's rows are what it adds to a million calls of your own
endpoints, whose requests are paid for with or without it; with `denylist` there is besides what each warm function pulls, whatever it is
asked: see [scale.md](scale.md). A junk token costs an invocation and its log lines, and nothing in DynamoDB.
What is logged is counted as well: a request's line and its metrics, {logged} bytes where names are not much longer than the demo's.
",
        logged = whole(f64::from(LOGGED_BYTES))
    )
}

pub(super) fn comparison(refresh: &Bill, usual: &Bill) -> String {
    let share = |ours: f64, theirs: f64| whole(100.0 * ours / theirs);
    format!(
        "
The last row is the same refresh as it is usually done: the token's item and the user are read, then, in one transaction, the old
token's item is marked as used and the new token's is put. A write in a transaction costs two units. Of its price, a refresh here is
{units} per cent in DynamoDB, {behind} per cent behind the gateway, and {total} per cent in all with an HTTP API; and it is one round
trip instead of two, and can't fail by a conflict between transactions. A retry is served without any write that takes effect.
",
        units = share(refresh.units, usual.units),
        behind = share(refresh.behind(), usual.behind()),
        total = share(refresh.total(prices::HTTP_REQUESTS), usual.total(prices::HTTP_REQUESTS)),
    )
}

pub(super) fn assumptions() -> String {
    format!(
        "
## What is assumed

- A round trip to DynamoDB takes {ROUND_TRIP_MS} ms (AWS says \"single-digit millisecond\").
- Processor time, measured in milliseconds on a whole processor: {REQUEST_MS} for a request with nothing in it, {CALL_MS} for a call
  through the SDK, {HASH_MS} for a password hash, {SIGN_MS} for a signature and {VERIFY_MS} for a verification by ES256. A function
  has as much of a processor as its memory is of {processor} MB. Cold starts are left out.
- Left out: API Gateway's access log (some 400 bytes a request, if `AccessLogs` isn't `off`), data to the Internet (a million token
  responses of {response} bytes: {transfer:.2} USD), X-Ray, WAF, a custom domain's certificate (free), and the endpoints behind the
  authorizer.
",
        processor = whole(f64::from(WHOLE_PROCESSOR_MB)),
        response = whole(RESPONSE_BYTES),
        transfer = transfer(),
    )
}

pub(super) fn by_the_month(metrics_of_alarms: u16) -> String {
    let pulls = 30.0 * 86_400.0 / 300.0;
    format!(
        "
## By the month

| what | USD |
|---|---:|
| the keyset's secret | {secret:.2} |
| a function that is warm all month asks for the keyset {pulls} times | {asked:.3} |
| a million sessions of 500 bytes, with the 100 that DynamoDB adds to each, and point-in-time recovery | {stored:.2} |
| {METRICS} custom metrics, where every hour has some of each: logins and wrong passwords, refreshes and retries, logouts, calls that are let through and that are refused, looks at one's devices and at the keys | {metrics:.2} |
| the alarms, which look at {metrics_of_alarms} metrics | {alarms:.2} |
| the dashboard, beyond the three that an account has for nothing | {dashboard:.2} |

A custom metric is paid for in the hours in which something is written to it, whatever the load; of ten an account pays nothing.
",
        secret = prices::SECRET,
        pulls = whole(pulls),
        asked = pulls / 1_000_000.0 * prices::SECRET_REQUESTS,
        stored = 0.6 * (prices::STORED_GB + prices::RECOVERABLE_GB),
        metrics = f64::from(METRICS) * prices::METRIC,
        alarms = f64::from(metrics_of_alarms) * prices::ALARM_METRIC,
        dashboard = prices::DASHBOARD,
    )
}
