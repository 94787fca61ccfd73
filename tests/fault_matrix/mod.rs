//! Faults at every call: each of the functions' calls to DynamoDB and Secrets Manager fails in every possible way, with
//! production's retries and timeouts.
//!
//! `cargo test` fails each call permanently in one way, and one call of each flow briefly, as the seed chooses.
//! `cargo xtask long-tests` tries all calls in all ways.

mod answer;
mod case;
mod complete;
mod done;
mod flow;
mod known;
mod limit;
mod mails;
mod oauth;
mod rotation;
mod rows;
mod run;
mod stored;
mod time;

use self::{
    case::Case,
    flow::Flow,
    rows::{Outcome, Row},
    run::{each_flow, of_each_flow, of_each_row, run},
};

use crate::harness::{Spoiled, WireFault};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_fails_is_a_failure_of_ours_and_the_same_request_again_completes() {
    let cases = |row: Row, number| {
        let case = |fault| Case {
            spoiled: Spoiled::From(row.call, number),
            fault,
            function: row.function,
            outcome: row.outcome,
        };
        WireFault::ALL.map(case).into()
    };
    let cases = of_each_row(cases);
    run(cases, |at, case| async move { case.fails(&at.stage, &at.fork, &at.work).await }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_whose_first_answer_is_lost_is_retried_unnoticed() {
    first_attempts_fail([WireFault::CutAfter, WireFault::HangAfter], |_| true).await;
}

/// As when a table is briefly overloaded.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_briefly_refused_call_is_retried_unnoticed() {
    first_attempts_fail([WireFault::Throttled, WireFault::OverCapacity], |_| true).await;
}

/// As when two requests write a row at once, one of them in a transaction.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_meets_a_transaction_is_retried_unnoticed() {
    let is_write = |call: &str| {
        !["BatchGetItem", "GetItem", "GetSecretValue", "Query", "Scan"]
            .iter()
            .any(|read| call.starts_with(read))
    };
    first_attempts_fail([WireFault::Conflict], is_write).await;
}

async fn first_attempts_fail<const N: usize>(faults: [WireFault; N], does_fail: impl Fn(&str) -> bool) {
    let cases = |row: Row, number| {
        if !does_fail(row.call) {
            return Vec::new();
        }
        let case = |fault| Case {
            spoiled: Spoiled::Once(row.call, number),
            fault,
            function: row.function,
            outcome: Outcome::Fails,
        };
        faults.map(case).into()
    };
    let cases = of_each_flow(cases);
    run(cases, |at, case| async move { case.fails_once(&at.stage, &at.fork, &at.work).await }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_fault_in_every_call_everything_is_a_failure_of_ours() {
    let cases = |flow| WireFault::ALL.map(|fault| total(flow, fault)).into();
    each_flow(cases, |at, case| async move { case.fails(&at.stage, &at.fork, &at.work).await }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_connections_refused_everything_is_a_failure_of_ours() {
    let cases = |flow| vec![total(flow, WireFault::CutBefore)];
    each_flow(cases, |at, case| async move { case.is_refused(&at.stage, &at.fork, &at.work).await }).await;
}

/// A fault in all calls of a flow.
fn total(flow: Flow, fault: WireFault) -> Case {
    let function = if flow.is_protected() { "authorizer" } else { "any other" };
    Case { spoiled: Spoiled::All, fault, function, outcome: Outcome::Fails }
}
