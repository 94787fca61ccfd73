//! What a million of each operation costs, from what was counted.

mod prices;
mod text;

use self::prices::{
    GB_SECOND_ARM, GB_SECOND_X86, HTTP_REQUESTS, INVOCATIONS, LOGGED_GB, READ_UNITS, REST_REQUESTS, SENT_GB,
    WRITE_UNITS,
};
use crate::{
    Operation,
    memory::{Memory, MemoryError},
    page::table,
    watched::metrics_of_alarms,
};

/// Bytes that a function logs of a request: its line, and its metrics. `tests/costs.rs` counts between seven tenths of them
/// and all. Lambda's own lines are turned off (template.yaml, `SystemLogLevel`).
pub const LOGGED_BYTES: u16 = 900;
/// Custom metrics to which something is written in an ordinary hour: what a login is, a wrong password, a refresh and its retry, a
/// logout, a call that is let through and one that is refused, a look at one's devices, and at the keys. `tests/metrics.rs` counts them.
pub const METRICS: u16 = 20;
/// CloudWatch Logs counts 26 bytes more for each line ("PutLogEvents", CloudWatch Logs API Reference).
const OVERHEAD_BYTES: f64 = 2.0 * 26.0;
/// Bytes of a token response, its headers included: an assumption.
const RESPONSE_BYTES: f64 = 2000.0;

/// Of the prices, which are for a million of something; and bytes times a million are this many GB.
const GB_OF_A_MILLION: f64 = 1_000_000.0 / 1_000_000_000.0;

/// What a million of an operation costs, in USD.
#[derive(Clone, Copy, Debug)]
struct Bill {
    milliseconds: f64,
    units: f64,
    invocations: f64,
    arm: f64,
    x86: f64,
    logs: f64,
    is_request: bool,
}

impl Bill {
    fn of(operation: Operation, memory_mb: u32) -> Self {
        let (counted, milliseconds) = (operation.counted(), operation.milliseconds(memory_mb));
        let gb_seconds = f64::from(memory_mb) / 1024.0 * milliseconds / 1000.0 * 1_000_000.0;
        Self {
            milliseconds,
            units: f64::from(counted.writes) * WRITE_UNITS + f64::from(counted.reads) * READ_UNITS,
            invocations: INVOCATIONS,
            arm: gb_seconds * GB_SECOND_ARM,
            x86: gb_seconds * GB_SECOND_X86,
            logs: (f64::from(LOGGED_BYTES) + OVERHEAD_BYTES) * GB_OF_A_MILLION * LOGGED_GB,
            is_request: operation.is_request(),
        }
    }

    /// All of it but the gateway's requests, on arm64.
    fn behind(&self) -> f64 {
        self.units + self.invocations + self.arm + self.logs
    }

    /// All of it, on arm64, where a million requests to the gateway cost this much.
    fn total(&self, requests: f64) -> f64 {
        if self.is_request { self.behind() + requests } else { self.behind() }
    }
}

/// The page.
pub(crate) fn page() -> Result<String, MemoryError> {
    let memory = Memory::of_template()?;
    let mut bills = Vec::new();
    for operation in Operation::ALL {
        bills.push((operation, Bill::of(operation, memory.of(operation.function())?)));
    }
    let of = |wanted| bills.iter().find(|(operation, _)| *operation == wanted).map(|(_, bill)| *bill);
    let mut text = text::introduction();
    text.push_str(&units(&bills, &memory)?);
    text.push_str(&text::money());
    text.push_str(&money(&bills));
    if let (Some(refresh), Some(usual)) = (of(Operation::Refresh), of(Operation::TransactionalRefresh)) {
        text.push_str(&text::comparison(&refresh, &usual));
    }
    text.push_str(&text::assumptions());
    text.push_str(&text::by_the_month(metrics_of_alarms()?));
    Ok(text)
}

fn units(bills: &[(Operation, Bill)], memory: &Memory) -> Result<String, MemoryError> {
    let mut rows = Vec::new();
    for (operation, bill) in bills {
        let counted = operation.counted();
        let numbers = [counted.round_trips, counted.calls, counted.writes, counted.reads];
        let mut row = vec![operation.name().to_owned()];
        row.extend(numbers.iter().map(u32::to_string));
        row.extend([memory.of(operation.function())?.to_string(), format!("{:.0}", bill.milliseconds)]);
        rows.push(row);
    }
    Ok(table(&["operation", "round trips", "calls", "write units", "read units", "memory (MB)", "ms"], &rows))
}

fn money(bills: &[(Operation, Bill)]) -> String {
    // A half is rounded up, and not to what a binary fraction makes of it.
    let usd = |amount: f64| format!("{:.2}", amount + 1e-9);
    let rows: Vec<Vec<String>> = bills
        .iter()
        .map(|(operation, bill)| {
            let totals = [REST_REQUESTS, HTTP_REQUESTS].map(|requests| bill.total(requests));
            let parts = [bill.units, bill.invocations, bill.arm, bill.x86, bill.logs];
            let cells = parts.into_iter().chain(totals).map(usd);
            std::iter::once(operation.name().to_owned()).chain(cells).collect()
        })
        .collect();
    let head = [
        "a million of",
        "DynamoDB",
        "invocations",
        "time, arm64",
        "time, x86_64",
        "logs",
        "**in all, REST**",
        "**in all, HTTP**",
    ];
    table(&head, &rows)
}

/// A million responses to the Internet.
fn transfer() -> f64 {
    RESPONSE_BYTES * GB_OF_A_MILLION * SENT_GB
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bill_is_the_sum_of_its_parts() {
        let bill = Bill::of(Operation::Refresh, 1024);
        // One write and one read; a GB for as many milliseconds is as many thousand GB-seconds for a million.
        assert!((bill.units - 0.75).abs() < 1e-9);
        assert!((bill.arm - bill.milliseconds * 1000.0 * 0.000_013_333_4).abs() < 1e-9);
        assert!((bill.total(3.5) - bill.total(1.0) - 2.5).abs() < 1e-9);
    }

    #[test]
    fn what_the_authorizer_is_asked_about_is_paid_for_elsewhere() {
        let bill = Bill::of(Operation::AuthorizeBySession, 256);
        assert!((bill.total(3.5) - bill.total(1.0)).abs() < 1e-9);
    }
}
