//! Those who take part in a round, and when each of them comes.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::{sync::Barrier, task};

use crate::harness::Calls;

/// When one comes.
#[derive(Clone, Copy)]
pub(super) struct Turn {
    /// Once the others have made so many calls to the store: the steps that interleave, however fast the machine is.
    pub(super) calls: usize,
    /// And has let others go first so often.
    pub(super) yields: usize,
}

/// A round that is being run.
pub(super) struct Field {
    barrier: Barrier,
    calls: Calls,
    /// How many have begun and not ended: while there are none, nobody waits for calls.
    running: AtomicUsize,
}

impl Field {
    pub(super) fn new(calls: &Calls, turns: &[Turn]) -> Self {
        // One more: the clock.
        let barrier = Barrier::new(turns.len() + 1);
        let at_once = turns.iter().filter(|turn| turn.calls == 0).count();
        Self { barrier, calls: calls.clone(), running: AtomicUsize::new(at_once) }
    }

    /// Does this when it is time.
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
