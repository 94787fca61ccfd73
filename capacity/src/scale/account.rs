//! The limits of an account in a Region, and how much of each is used.

use super::{
    limits::{
        CONCURRENCY, GATEWAY_REQUESTS, PARTITION_READS, REQUESTS_PER_ENVIRONMENT, SECRET_READS, TABLE_UNITS,
    },
    load::{Fleets, Load},
    tables::TableLoad,
};
use crate::page::whole;

/// A limit, and what a load asks of it.
#[derive(Clone, Debug)]
pub(crate) struct Limit {
    pub(crate) name: &'static str,
    pub(crate) asked: f64,
    pub(crate) allowed: f64,
    /// What is to be done before it binds.
    pub(crate) remedy: String,
}

/// Raised quotas leave this much of themselves.
const MARGIN: f64 = 1.5;
/// How many times the default a quota may be counted on to be raised to: beyond it, a load belongs into several stacks.
const RAISED: f64 = 20.0;

impl Limit {
    /// Of what is allowed, how much is asked: 1.0 is all of it.
    pub(crate) fn used(&self) -> f64 {
        self.asked / self.allowed
    }

    /// One that is raised on request.
    fn quota(name: &'static str, asked: f64, allowed: f64, quota: &str, step: f64) -> Self {
        let wanted = (asked * MARGIN / step).ceil() * step;
        Self { name, asked, allowed, remedy: raised(asked / allowed, quota, wanted) }
    }
}

/// All of them, with `RevocationCheck` `session`.
pub(crate) fn limits(load: Load, fleets: &Fleets, tables: &[TableLoad]) -> Vec<Limit> {
    let of = |name: &str| tables.iter().find(|table| table.name == name);
    let reads = |name| of(name).map_or(0.0, |table| table.reads);
    let writes = |name| of(name).map_or(0.0, |table| table.writes);
    let busiest = fleets.all().into_iter().map(|fleet| fleet.rate).fold(0.0, f64::max);
    let concurrency = (busiest / REQUESTS_PER_ENVIRONMENT).max(fleets.at_once());
    let concurrency = (concurrency * MARGIN / 100.0).ceil() * 100.0;
    let quota = "Concurrent executions";
    let (table_reads, table_writes) =
        ("Table-level read throughput limit", "Table-level write throughput limit");
    vec![
        Limit::quota("API Gateway: requests/s", load.requests(), GATEWAY_REQUESTS, "Throttle rate", 1000.0),
        Limit {
            name: "Lambda: invocations/s of the authorizer, ten for each of the concurrency quota",
            asked: busiest,
            allowed: CONCURRENCY * REQUESTS_PER_ENVIRONMENT,
            remedy: raised(busiest / (CONCURRENCY * REQUESTS_PER_ENVIRONMENT), quota, concurrency),
        },
        Limit::quota("Lambda: executions at the same time", fleets.at_once(), CONCURRENCY, quota, 100.0),
        Limit::quota("Sessions: read units/s", reads("Sessions"), TABLE_UNITS, table_reads, 10_000.0),
        Limit::quota("Sessions: write units/s", writes("Sessions"), TABLE_UNITS, table_writes, 10_000.0),
        Limit::quota("Users: read units/s", reads("Users"), TABLE_UNITS, table_reads, 10_000.0),
        Limit {
            name: "Clients: reads/s of one client's record",
            asked: fleets.client_reads(),
            allowed: PARTITION_READS,
            remedy: spread(
                fleets.client_reads() / PARTITION_READS,
                "one client_id for each platform or product",
            ),
        },
        Limit {
            name: "Keys: Queries/s of the one partition",
            asked: fleets.key_reads(),
            allowed: PARTITION_READS,
            remedy: spread(fleets.key_reads() / PARTITION_READS, "several stacks"),
        },
        Limit {
            name: "Secrets Manager: requests/s",
            asked: fleets.secret_reads(),
            allowed: SECRET_READS,
            remedy: spread(fleets.secret_reads() / SECRET_READS, "several Regions"),
        },
    ]
}

/// What helps against a limit that is raised on request.
fn raised(used: f64, quota: &str, wanted: f64) -> String {
    if used * MARGIN <= 1.0 {
        "–".to_owned()
    } else if used > RAISED {
        "several stacks: see below".to_owned()
    } else {
        format!("quota \"{quota}\" to {}", whole(wanted))
    }
}

/// What helps against a limit that nobody raises.
fn spread(used: f64, remedy: &str) -> String {
    if used * MARGIN <= 1.0 { "–".to_owned() } else { remedy.to_owned() }
}
