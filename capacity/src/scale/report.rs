//! The page's tables.

use super::{
    Outcome,
    denylist::Denylist,
    limits::{NEW_TABLE_READS, NEW_TABLE_WRITES, PARTITION_READS, PARTITION_WRITES, STARTS_PER_SECOND},
    partitions::Heat,
    tables::{TableLoad, pulled},
    text,
};
use crate::{
    Operation,
    memory::{Memory, MemoryError},
    page::{table, whole},
};

pub(super) fn page(outcomes: &[Outcome], memory: &Memory) -> Result<String, MemoryError> {
    let mut page = text::introduction();
    page.push_str(&first(outcomes));
    page.push_str(&text::reading(outcomes));
    for outcome in outcomes {
        page.push_str(&rate(outcome));
    }
    page.push_str(text::PARTITIONS);
    page.push_str(&denylist(outcomes, memory)?);
    page.push_str(&logins(memory)?);
    page.push_str(&text::stacks(outcomes));
    page.push_str(&text::assumptions());
    Ok(page)
}

pub(super) fn per_cent(share: f64) -> String {
    format!("{} %", whole(100.0 * share))
}

/// What binds first at each rate.
fn first(outcomes: &[Outcome]) -> String {
    let rows: Vec<Vec<String>> = outcomes
        .iter()
        .map(|outcome| {
            let order = outcome.in_order();
            let over = order.iter().filter(|limit| limit.used() >= 1.0);
            let over: Vec<String> =
                over.map(|limit| format!("{} ({})", limit.name, per_cent(limit.used()))).collect();
            let over = if over.is_empty() { "none".to_owned() } else { over.join("; ") };
            vec![whole(outcome.load.refreshes), over]
        })
        .collect();
    let lines: String = rows.iter().map(|cells| crate::page::row(cells)).collect();
    format!("\n| refreshes/s | default limits that bind, the tightest first |\n|---:|---|\n{lines}")
}

/// A rate at length.
fn rate(outcome: &Outcome) -> String {
    let limits: Vec<Vec<String>> = outcome
        .in_order()
        .into_iter()
        .map(|limit| {
            vec![
                limit.name.to_owned(),
                whole(limit.asked),
                whole(limit.allowed),
                per_cent(limit.used()),
                limit.remedy.clone(),
            ]
        })
        .collect();
    let tables: Vec<Vec<String>> = outcome.tables.iter().map(heat).collect();
    format!(
        "{heading}{limits}{tables}",
        heading = text::rate(outcome),
        limits = table(&["limit", "asked", "by default", "used", "set"], &limits),
        tables = table(
            &[
                "table",
                "writes/s",
                "reads/s",
                "hottest partition, new",
                "after splits",
                "warm",
                "`WarmThroughput`"
            ],
            &tables
        ),
    )
}

fn heat(load: &TableLoad) -> Vec<String> {
    let heat = |heat: Heat| {
        if heat.throttled >= 0.005 {
            format!("{}, {} refused", per_cent(heat.hottest), per_cent(heat.throttled))
        } else {
            per_cent(heat.hottest)
        }
    };
    let (warm, set) = match &load.warm {
        Some(warm) if warm.writes > NEW_TABLE_WRITES || warm.reads > NEW_TABLE_READS => {
            let units = format!("{} writes, {} reads", whole(warm.writes), whole(warm.reads));
            let splits = if warm.is_split { " and splits" } else { "" };
            (per_cent(warm.heat.hottest), units + splits)
        }
        Some(_) => ("–".to_owned(), "as created".to_owned()),
        None => ("–".to_owned(), "of no use: one key, in the order of time".to_owned()),
    };
    vec![
        load.name.to_owned(),
        whole(load.writes),
        whole(load.reads),
        heat(load.new),
        heat(load.split),
        warm,
        set,
    ]
}

/// The denylist at each rate, and by logouts.
fn denylist(outcomes: &[Outcome], memory: &Memory) -> Result<String, MemoryError> {
    let interval = Denylist::interval();
    let seconds = f64::from(u32::try_from(interval).unwrap_or(u32::MAX));
    let megabytes = f64::from(memory.of(Operation::AuthorizeByDenylist.function())?);
    let mut rows = Vec::new();
    for outcome in outcomes {
        let denylist = Denylist { logouts: outcome.load.logouts() };
        let environments = outcome.fleets.authorizer.environments();
        let pulls = environments / seconds;
        #[expect(clippy::cast_precision_loss, reason = "a row is short")]
        let row_bytes = Denylist::row_bytes() as f64;
        let simulated = pulled(denylist.logouts, pulls, Denylist::reaches_back(interval), row_bytes);
        let starts = outcome.fleets.authorizer.starts();
        rows.push(vec![
            whole(outcome.load.refreshes),
            whole(denylist.logouts),
            per_cent(denylist.logouts / PARTITION_WRITES),
            whole(environments),
            per_cent(pulls * denylist.pull_units(interval) / PARTITION_READS),
            per_cent(simulated.split.hottest),
            whole(denylist.start_units()),
            per_cent(starts * denylist.start_units() / NEW_TABLE_READS),
            per_cent(denylist.copy_bytes() / 1_048_576.0 / megabytes),
        ]);
    }
    let by_rate = table(
        &[
            "refreshes/s",
            "logouts/s",
            "writes of the hour's partition",
            "warm authorizers",
            "pulls of the hour's partition",
            "the same after splits",
            "read units of a start",
            "starts, of a new table's reads",
            "copy, of a function's memory",
        ],
        &rows,
    );
    Ok(format!("{}{by_rate}{}", text::denylist(), text::denylist_cure(outcomes, megabytes)))
}

/// Rates of logins, and what they take.
fn logins(memory: &Memory) -> Result<String, MemoryError> {
    let megabytes = memory.of(Operation::Login.function())?;
    let milliseconds = Operation::Login.milliseconds(megabytes);
    let rows: Vec<Vec<String>> = [10.0, 100.0, 1000.0, 10_000.0]
        .into_iter()
        .map(|rate| {
            let fleet = super::load::Fleet { rate, milliseconds };
            let environments = fleet.environments();
            vec![
                whole(rate),
                whole(fleet.at_once()),
                whole(environments),
                whole(environments * f64::from(megabytes) / 1024.0),
                whole(environments * f64::from(passwords::MEMORY_KIB) / 1_048_576.0),
                whole(environments / STARTS_PER_SECOND),
            ]
        })
        .collect();
    let table = table(
        &[
            "logins/s",
            "at the same time",
            "environments",
            "their memory (GB)",
            "of it argon2's (GB)",
            "s to start all",
        ],
        &rows,
    );
    Ok(format!(
        "{}{table}{}",
        text::logins(megabytes, milliseconds),
        text::login_concurrency(megabytes, milliseconds)
    ))
}
