//! Loads rows into the store, in many concurrent batches.

use std::{collections::HashMap, time::Duration};

use crate::{program::Failure, watch};
use aws_sdk_dynamodb::{Client, types::WriteRequest};
use tokio::task::JoinSet;

use super::{
    machine,
    rows::{Rows, put},
    sample::Sample,
    scale::Step,
};

/// Users whose rows share a batch with their sessions' rows: 24 rows, of at most 25.
const USERS_IN_BATCH: usize = 8;
/// Concurrent batches.
const AT_ONCE: usize = 16;
/// Loading stops when less than this share of the machine's memory is left.
const SPARE_SHARE: f64 = 0.25;
/// The number of batches between checks of the memory.
const BATCHES_A_LOOK: usize = 64;

/// The result of loading.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) sessions: usize,
    pub(crate) took: Duration,
    /// The memory that the machine lost, in GiB.
    pub(crate) memory: f64,
    pub(crate) end: End,
}

/// The reason why loading ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// All requested rows are stored.
    Complete,
    OutOfTime,
    OutOfMemory,
}

/// The batches in progress.
#[derive(Debug)]
pub(crate) struct Batches {
    client: Client,
    under_way: JoinSet<Result<(), Failure>>,
}

impl Batches {
    pub(crate) fn new(client: &Client) -> Self {
        Self { client: client.clone(), under_way: JoinSet::new() }
    }

    /// Sends a batch once few enough are in progress.
    pub(crate) async fn send(&mut self, rows: HashMap<String, Vec<WriteRequest>>) -> Result<(), Failure> {
        if self.under_way.len() == AT_ONCE {
            self.under_way.join_next().await.ok_or("no batch")???;
        }
        let batch = self.client.batch_write_item().set_request_items(Some(rows));
        self.under_way.spawn(async move {
            let written = batch.send().await?;
            let left = written.unprocessed_items.is_some_and(|left| !left.is_empty());
            if left { Err("the store left rows of a batch".into()) } else { Ok(()) }
        });
        Ok(())
    }

    /// Waits for all batches.
    pub(crate) async fn finish(mut self) -> Result<(), Failure> {
        while let Some(batch) = self.under_way.join_next().await {
            batch??;
        }
        Ok(())
    }
}

/// Stores users and their sessions, and keeps the tokens of some.
pub(crate) async fn load(
    mut batches: Batches,
    (users, sessions): (&str, &str),
    rows: &Rows,
    step: Step,
    sample: &mut Sample,
) -> Result<Load, Failure> {
    let (started, before) = (watch::now(), machine::memory()?);
    let (mut stored, mut sent, mut memory) = (0, 0, before);
    let end = loop {
        if step.sessions.is_some_and(|wanted| stored >= wanted) {
            break End::Complete;
        }
        if started.elapsed() >= step.within {
            break End::OutOfTime;
        }
        if sent % BATCHES_A_LOOK == 0 {
            memory = machine::memory()?;
        }
        if memory.available < memory.total * SPARE_SHARE {
            break End::OutOfMemory;
        }
        let (of_users, of_sessions) = batch(rows, sample)?;
        stored += of_sessions.len();
        sent += 1;
        batches.send([(users.to_owned(), of_users), (sessions.to_owned(), of_sessions)].into()).await?;
    };
    batches.finish().await?;
    let memory = (before.available - machine::memory()?.available).max(0.0);
    Ok(Load { sessions: stored, took: started.elapsed(), memory, end })
}

/// The rows of users and their sessions. Offers the sessions' tokens to the sample.
fn batch(rows: &Rows, sample: &mut Sample) -> Result<(Vec<WriteRequest>, Vec<WriteRequest>), Failure> {
    let (mut of_users, mut of_sessions) = (Vec::new(), Vec::new());
    for _ in 0..USERS_IN_BATCH {
        let user = rows.next()?;
        of_users.push(put(user.user)?);
        for (token, session) in user.sessions {
            of_sessions.push(put(session)?);
            sample.offer(token, &rows.random);
        }
    }
    Ok((of_users, of_sessions))
}
