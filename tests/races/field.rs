//! The participants of a round and their turns.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::{sync::Barrier, task};

use crate::harness::Calls;

/// The turn of a participant.
#[derive(Clone, Copy)]
pub(super) struct Turn {
    /// It starts after this many calls of the others to the store. This interleaves steps regardless of the machine's
    /// speed.
    pub(super) calls: usize,
    /// It then yields this often.
    pub(super) yields: usize,
}

/// A running round.
pub(super) struct Field {
    barrier: Barrier,
    calls: Calls,
    /// The number of running participants. While it is zero, none waits for calls.
    running: AtomicUsize,
}

impl Field {
    pub(super) fn new(calls: &Calls, turns: &[Turn]) -> Self {
        // One more for the clock.
        let barrier = Barrier::new(turns.len() + 1);
        let at_once = turns.iter().filter(|turn| turn.calls == 0).count();
        Self { barrier, calls: calls.clone(), running: AtomicUsize::new(at_once) }
    }

    /// Runs this at its turn.
    pub(super) async fn run<T>(&self, turn: Turn, one: impl Future<Output = T>) -> T {
        self.wait(turn).await;
        if turn.calls > 0 {
            self.running.fetch_add(1, Ordering::SeqCst);
        }
        let result = one.await;
        self.running.fetch_sub(1, Ordering::SeqCst);
        result
    }

    pub(super) async fn wait(&self, turn: Turn) {
        self.barrier.wait().await;
        while self.calls.count() < turn.calls && self.running.load(Ordering::SeqCst) > 0 {
            task::yield_now().await;
        }
        for _ in 0..turn.yields {
            task::yield_now().await;
        }
    }
}
