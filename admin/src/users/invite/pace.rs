//! The pace of invitations: the stream that brings them to the mailer brings the mails that users wait for too.

use std::time::Duration;

use tokio::time::{self, Interval, MissedTickBehavior};

/// Waits between invitations.
pub(super) struct Pace {
    interval: Interval,
    is_due: bool,
}

impl Pace {
    /// The pace of `count` invitations a second; zero counts as one.
    pub(super) fn per_second(count: u32) -> Self {
        let mut interval = time::interval(Duration::from_secs(1) / count.max(1));
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { interval, is_due: false }
    }

    /// Notes that an address was invited.
    pub(super) fn invited(&mut self) {
        self.is_due = true;
    }

    /// Waits until another may be invited. It may be dropped and called again.
    pub(super) async fn wait(&mut self) {
        if self.is_due {
            self.interval.tick().await;
            self.is_due = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    #[tokio::test]
    async fn only_invitations_take_their_time() {
        let mut pace = Pace::per_second(100);
        let is_ready = async |pace: &mut Pace| time::timeout(Duration::ZERO, pace.wait()).await.is_ok();
        for _ in 0..1000 {
            assert!(is_ready(&mut pace).await, "no address was invited");
        }
        let start = Instant::now();
        for _ in 0..6 {
            pace.wait().await;
            pace.invited();
        }
        // The first two have no wait between them.
        assert!(start.elapsed() >= Duration::from_millis(40), "{:?}", start.elapsed());
        pace.wait().await;
        assert!(is_ready(&mut pace).await, "the wait was the last invitation's");
    }
}
