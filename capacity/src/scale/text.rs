//! What the page says beside its tables.

use shared::store::Revocations;

use super::{
    Outcome,
    denylist::Denylist,
    limits::{
        CONCURRENCY, GATEWAY_BURST, GATEWAY_REQUESTS, NEW_TABLE_READS, NEW_TABLE_WRITES, PARTITION_READS,
        PARTITION_WRITES, REQUESTS_PER_ENVIRONMENT, STARTS_PER_SECOND, TABLE_UNITS,
    },
    load::{CALLS, ENVIRONMENT_TTL, LOGINS, LOGOUTS},
};
use crate::page::whole;

pub(super) fn introduction() -> String {
    format!(
        "\
# Where the limits are

Latchgate has no server to outgrow: Lambda starts as many functions as there are requests, and DynamoDB has as many partitions as a
table needs. What binds are quotas, and keys that everybody asks for. This page says where, at 1,000, 10,000 and 100,000 refreshes a
second, and what to set. It is computed by `cargo xtask scale`, which simulates a second of such a load with the keys that the functions
write (`capacity/src/scale`), and held against that by a test. The limits stand in `capacity/src/scale/limits.rs`, each with the page
of AWS that states it.

For each refresh there are {CALLS} calls of protected endpoints, {LOGINS} logins and {LOGOUTS} logouts. These are assumptions, and most
figures are proportional to one of them: put in your own.

## What binds first

As deployed: the quotas of an account that never asked for more, and `RevocationCheck` `session`.
"
    )
}

pub(super) fn reading(outcomes: &[Outcome]) -> String {
    let mut text = String::new();
    if let Some(outcome) = outcomes.first() {
        let tightest = outcome.in_order().first().map_or(1.0, |limit| limit.used());
        text = format!(
            "
With default quotas a stack therefore takes about {} refreshes a second, and what binds is not the refresh, which is one write and one
read, but the calls behind the authorizer: they are {CALLS} times as many, and each is a request to the gateway and to Lambda. Where the
protected API is in another account, its calls count there; the authorizer's invocations count where the authorizer is.
",
            whole(outcome.load.refreshes / tightest / 10.0) + "0"
        );
    }
    text
}

pub(super) fn rate(outcome: &Outcome) -> String {
    let fleets = &outcome.fleets;
    let hot = outcome.load.refreshes * outcome.highest_share;
    format!(
        "
## {refreshes} refreshes a second

{sessions} sessions in use; {requests} requests a second in all. Warm: {refresh} environments of the refresh, {authorizer} of the
authorizer, {login} of the login; {at_once} executions at the same time. From nothing, the authorizer's environments take {seconds}
seconds to start. The most active user makes {hot} refreshes a second.
",
        refreshes = whole(outcome.load.refreshes),
        sessions = whole(outcome.sessions),
        requests = whole(outcome.load.requests()),
        refresh = whole(fleets.refresh.environments()),
        authorizer = whole(fleets.authorizer.environments()),
        login = whole(fleets.login.environments()),
        at_once = whole(fleets.at_once()),
        seconds = whole((fleets.authorizer.environments() / STARTS_PER_SECOND).max(1.0)),
        hot = whole(hot.max(1.0)),
    )
}

pub(super) const PARTITIONS: &str = "
## Partitions and keys

\"New\" is a table as it was created, at once; \"after splits\" is after DynamoDB has split what is hot, which takes minutes; \"warm\" is
with the `WarmThroughput` beside it, set before the load comes (a property of the table; it is paid for once). DynamoDB also grows by
itself, to twice the highest load of the last half hour.

- **Sessions, Users, Credentials** are spread by user: no partition is much hotter than another, and what is hot can be split, since a
  user's sessions have sort keys in no order of time (\"and splits\": the most active user alone asks for more than a partition takes).
  One *item* can't be: a user's item takes 3,000 refreshes a second of that user, a credential 1,000 guesses at that name (which is
  locked by then).
- **Clients** is one item for each client, read by each warm function once in ten seconds. Several `client_id`s share the load.
- **Keys** is one partition on purpose, read by each warm authorizer once in five minutes.
- **Revocations** is a partition for each hour, in the order of time: see below.
";

pub(super) fn denylist() -> String {
    format!(
        "
## The denylist

With `RevocationCheck` `denylist` the authorizer reads nothing at a call. Each warm environment pulls what is new every `DenylistInterval`
({interval} s), reaching back {back} s; and at its start it reads all rows of the last day, since a row outlives the longest access
token that there may be. A row is {row} bytes. All rows of an hour have one partition key and ascending sort keys: whatever DynamoDB
splits off holds the past, and what is written and pulled now goes to one partition ({writes} writes and {reads} reads a second).
",
        interval = Denylist::interval(),
        back = Denylist::reaches_back(Denylist::interval()),
        row = Denylist::row_bytes(),
        writes = whole(PARTITION_WRITES),
        reads = whole(PARTITION_READS),
    )
}

pub(super) fn denylist_cure(outcomes: &[Outcome], megabytes: f64) -> String {
    let start_of_one = (Denylist { logouts: 1.0 }).start_units();
    let rate_of_starts = NEW_TABLE_READS / start_of_one;
    let all_at_once = rate_of_starts / STARTS_PER_SECOND;
    let mut memory = 1.0;
    while (Denylist { logouts: memory + 1.0 }).copy_bytes() < megabytes * 1_048_576.0 / 2.0 {
        memory += 1.0;
    }
    let pulls: Vec<String> = outcomes
        .iter()
        .map(|outcome| {
            let environments = outcome.fleets.authorizer.environments();
            let at = |interval| Denylist::where_pulls_take(PARTITION_READS, environments, interval);
            format!(
                "\n   - {} warm authorizers, at {:.1} logouts a second ({:.1} with a `DenylistInterval` of 60 s)",
                whole(environments),
                at(Denylist::interval()),
                at(60)
            )
        })
        .collect();
    format!(
        "
What binds, in this order:

1. **Starts.** One start reads {start} units for each logout a second. A new table's {table} reads a second are {starts:.1} starts a second
   at one logout a second; and Lambda starts up to {at_most} a second when the load jumps, which {table} units allow for up to {few:.2}
   logouts a second. An authorizer that can't read the denylist at its start answers 500 until it can: it never lets anybody pass.
2. **Pulls.** They ask for all of the hour's partition where there are{pulls}.
   A longer `DenylistInterval` helps little, since a pull always reaches back {overlap} s more.
3. **Memory.** Half of an authorizer's {megabytes} MB holds the copy of up to {memory} logouts a second.
4. **Writes**, at {writes} logouts a second.

So `denylist` is for deployments that log out seldom, some in a minute, and have many calls; there it saves the read of each. **Today's
workaround** is the default, `RevocationCheck` `session`: its reads are spread over all partitions and grow with the calls alone. A
failing write of a denylist row doesn't go unnoticed: a logout answers 503, and a retry completes it.

Small changes that would cure it, each by itself, should somebody need the denylist at such rates:

- *Rows that live as long as tokens do.* A row is relevant for {day} s because a client may have access tokens of a day. With a parameter
  for the longest that any client may have, 1,800 s for instance, starts and memory would take a {times}th. This matters first: at
  {few:.2} logouts a second.
- *Eventually consistent pulls.* Half the units, from any of three copies; the overlap of {overlap} s already finds a row that a copy got
  late. It matters from half the rates of 2. on.
- *Shards.* `bucket` as the hour and a digit of the session's hash, and a Query for each of the ten: ten partitions to write to and to
  read from. It matters from 2. and 4. on, and costs a unit for each shard and pull where there are few rows.
",
        start = whole(start_of_one),
        table = whole(NEW_TABLE_READS),
        starts = rate_of_starts,
        at_most = whole(STARTS_PER_SECOND),
        few = all_at_once,
        pulls = pulls.join(";"),
        overlap = Denylist::reaches_back(0),
        megabytes = whole(megabytes),
        memory = whole(memory),
        writes = whole(PARTITION_WRITES),
        day = whole(Revocations::TTL.as_secs_f64()),
        times = Revocations::TTL.as_secs() / 1860,
    )
}

pub(super) fn logins(megabytes: u32, milliseconds: f64) -> String {
    format!(
        "
## Passwords

An environment handles one login at a time, so it holds one hash at a time: {mib} MiB for argon2id, and at most 128 MiB for a hash that was
brought along (`passwords/src/stored.rs`), of {mb} MB. Memory can't run out, whatever callers do; what grows is the number of
environments. A login takes {milliseconds} ms, most of it one processor's.
",
        mib = passwords::MEMORY_KIB / 1024,
        mb = whole(f64::from(megabytes)),
    )
}

pub(super) fn login_concurrency(megabytes: u32, milliseconds: f64) -> String {
    let each = (1000.0 / milliseconds).min(REQUESTS_PER_ENVIRONMENT);
    let gb = f64::from(megabytes) / 1024.0;
    format!(
        "
Reserved concurrency for the login (`LoginConcurrency`; and, less, for the change of password) bounds both what a flood of guesses costs
and how much of the account's concurrency it takes from the refresh: reserve a fifth more than the environments of your highest rate.
One reserved execution is {each} logins a second (Lambda's {REQUESTS_PER_ENVIRONMENT} for each, although the processor would do {could}) and {gb:.1} GB. Beyond
it, API Gateway answers 429 or 500 at once, and refreshes go on. Lambda wants {left} executions left unreserved.
",
        each = whole(each),
        could = whole(1000.0 / milliseconds),
        left = 100,
    )
}

pub(super) fn stacks(outcomes: &[Outcome]) -> String {
    let raised = outcomes.get(1).map_or(0.0, |outcome| outcome.load.refreshes);
    format!(
        "
## More than one stack

Quotas are for an account in a Region. {raised} refreshes a second are reached in one by raising them, as the table above says: ask for the
gateway, Lambda and DynamoDB together, weeks before, with the figures of that table. Ten times as much is as many requests as AWS would
have to agree to for this API alone; there, run a stack in each of several Regions (or accounts), each with tables and keys of its own,
and give each user a home: the issuer in the access token, or the host that the app was told at its first login, says which. Nothing is
shared between them, so each is a tenth of the load, and no more of it fails at once. Protected APIs name one authorizer for each
issuer they take.

The burst that API Gateway allows ({burst} requests at once, with the default rate of {rate}) can't be raised by itself. Lambda starts
{starts} environments a second for each function, whatever the quota of {concurrency}: raise a load that can be chosen, like a campaign,
over minutes.
",
        raised = whole(raised),
        burst = whole(GATEWAY_BURST),
        rate = whole(GATEWAY_REQUESTS),
        starts = whole(STARTS_PER_SECOND),
        concurrency = whole(CONCURRENCY),
    )
}

pub(super) fn assumptions() -> String {
    format!(
        "
## What is assumed

- Units are those that `tests/costs.rs` counts; durations are those of [costs.md](costs.md).
- Warm environments: Little's law (rate times duration) and four standard deviations, or one for each {REQUESTS_PER_ENVIRONMENT} requests
  a second if that is more, as Lambda promises no more of each. In truth there are often fewer; the figures of what is pulled into each
  are upper bounds. An environment lives for {hours} hours.
- A session in use is refreshed every 1,800 s. Users are active by Zipf's law with an exponent of 0.8.
- DynamoDB hashes partition keys evenly; a new table has {partitions} partitions ({writes} writes and {reads} reads a second); a
  table's quota is {units} units of each kind. All functions use one client. Above 100,000 requests of a kind each stands for several.
- CloudWatch Logs takes what Lambda sends in batches for each environment; its quota on requests is the account's and adjustable. What it
  costs is in [costs.md](costs.md), and at these rates it is a large part: see `SystemLogLevel` there.
- Not simulated: the endpoints behind the authorizer, whose concurrency counts in the same quota.
",
        hours = ENVIRONMENT_TTL / 3600.0,
        partitions = whole(NEW_TABLE_WRITES / PARTITION_WRITES),
        writes = whole(NEW_TABLE_WRITES),
        reads = whole(NEW_TABLE_READS),
        units = whole(TABLE_UNITS),
    )
}
