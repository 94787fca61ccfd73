//! Runs cases concurrently: they mostly wait for hanging calls.

use std::{collections::BTreeSet, sync::Arc};

use tokio::{
    sync::Semaphore,
    task::{JoinError, JoinSet},
};

use super::{
    case::{Case, Stage},
    flow::Flow,
    rows::{Row, rows},
};
use crate::harness::{Api, SCALE};

/// The number of busy cases. The others wait for hanging calls.
const WORKERS: usize = 4;

/// The place where the cases of a row run, one after the other.
pub(super) struct Place {
    pub(super) stage: Arc<Stage>,
    pub(super) fork: Api,
    pub(super) work: Arc<Semaphore>,
}

/// The cases of a flow's rows, grouped by row.
type Chains = Vec<(Flow, Vec<Vec<Case>>)>;

/// Cases of all rows: one per row, or all.
pub(super) fn of_each_row(cases: impl Fn(Row, usize) -> Vec<Case>) -> Chains {
    let (mut chains, mut seen, mut rows_seen) = (Vec::new(), BTreeSet::new(), 0..);
    for flow in Flow::all() {
        let rows = rows(flow);
        let mut chains_of_flow = Vec::new();
        for (at, row) in rows.iter().enumerate() {
            let number = rows[..=at].iter().filter(|other| other.call == row.call).count();
            let is_like_others = rows[..=at].iter().all(|row| row.is_first_of_all());
            if !is_like_others || seen.insert((row.function, row.call)) {
                chains_of_flow.push(SCALE.cells(rows_seen.next().unwrap(), cases(*row, number)));
            }
        }
        chains.push((flow, chains_of_flow));
    }
    chains
}

/// Cases of one row per flow, or of all rows.
pub(super) fn of_each_flow(cases: impl Fn(Row, usize) -> Vec<Case>) -> Chains {
    let flows = of_each_row(cases).into_iter().enumerate();
    flows.map(|(number, (flow, rows))| (flow, SCALE.cells(number, rows))).collect()
}

/// Runs cases that fail a whole flow: one per flow, or all.
pub(super) async fn each_flow<F>(
    cases: impl Fn(Flow) -> Vec<Case>,
    strike: impl Fn(Arc<Place>, Case) -> F + Copy + Send + 'static,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let chains = Flow::all().enumerate();
    let chains = chains.map(|(row, flow)| (flow, vec![SCALE.cells(row, cases(flow))]));
    run(chains.collect(), strike).await;
}

/// Runs an action for each flow, a few at a time. Panics with a list of the failed flows.
pub(super) async fn side_by_side<F>(act: impl Fn(Flow) -> F + Copy + Send + 'static)
where
    F: Future<Output = ()> + Send + 'static,
{
    let work = Arc::new(Semaphore::new(WORKERS));
    let mut running = JoinSet::new();
    for flow in Flow::all() {
        let work = work.clone();
        running.spawn(async move {
            let _permit = work.acquire().await.unwrap();
            tokio::spawn(act(flow)).await.err().map(|error| told(&format!("{flow:?}"), error))
        });
    }
    let wrong: Vec<_> = running.join_all().await.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{} went wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// Runs cases, those of a row one after the other. Panics with a list of the failed ones.
pub(super) async fn run<F>(chains: Chains, strike: impl Fn(Arc<Place>, Case) -> F + Copy + Send + 'static)
where
    F: Future<Output = ()> + Send + 'static,
{
    let work = Arc::new(Semaphore::new(WORKERS));
    let mut running = JoinSet::new();
    for (flow, chains) in chains {
        let work = work.clone();
        running.spawn(async move {
            let permit = work.acquire().await.unwrap();
            let stage = Arc::new(Stage::set(flow).await);
            drop(permit);
            let mut of_flow = JoinSet::new();
            for chain in chains {
                let (stage, work) = (stage.clone(), work.clone());
                of_flow.spawn(async move {
                    let permit = work.acquire().await.unwrap();
                    let fork = stage.fork().await;
                    drop(permit);
                    let place = Arc::new(Place { stage, fork, work });
                    let mut wrong = Vec::new();
                    for case in chain {
                        let name = format!("{flow:?}, {:?} {:?}, {}", case.spoiled, case.fault, case.outcome);
                        let struck = tokio::spawn(strike(place.clone(), case)).await;
                        wrong.extend(struck.err().map(|error| told(&name, error)));
                    }
                    wrong
                });
            }
            of_flow.join_all().await.concat()
        });
    }
    let wrong = running.join_all().await.concat();
    assert!(wrong.is_empty(), "{} went wrong:\n{}", wrong.len(), wrong.join("\n"));
}

fn told(name: &str, error: JoinError) -> String {
    let panic = error.into_panic();
    let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    format!("{name}: {}", text.unwrap_or_default())
}
