//! A request with a fault at each of its calls in turn, before and after, and the same request again.

use crate::harness::{Api, Fault, Page, Reply, Stored};

/// More calls than any request makes.
const MOST: usize = 60;

/// A request whose every call fails once.
pub(super) struct EveryCall<'a> {
    pub(super) api: &'a Api,
    /// What the tables hold when the request begins.
    pub(super) before: &'a Stored,
    /// The status of its answer if nothing fails.
    pub(super) success: u16,
    /// The other statuses that the same request may get after a fault, when its work was done already.
    pub(super) done: &'a [u16],
}

/// What the sender sees of an answer.
#[derive(Debug)]
pub(super) struct Seen {
    status: u16,
    body: String,
}

impl From<Reply> for Seen {
    fn from(reply: Reply) -> Self {
        Self { status: reply.status, body: reply.body.to_string() }
    }
}

impl From<Page> for Seen {
    fn from(page: Page) -> Self {
        Self { status: page.status, body: page.html.chars().take(200).collect() }
    }
}

/// The faults of the call with this number.
fn faults(number: usize) -> [Fault; 2] {
    [Fault::Nth(number), Fault::NthAfter(number)]
}

impl EveryCall<'_> {
    /// Sends the request with each fault, asserts that it is a failure of ours or makes no difference, and sends it
    /// again. `check` looks at the tables after both. Returns the number of calls.
    pub(super) async fn fails<A: Into<Seen>>(
        &self,
        send: impl AsyncFn() -> A,
        check: impl AsyncFn(&str),
    ) -> usize {
        for number in 0..MOST {
            for fault in faults(number) {
                let what = format!("{fault:?}");
                self.api.restore(self.before).await;
                self.api.calls.take();
                self.api.calls.fail(fault);
                let first: Seen = send().await.into();
                let calls = self.api.calls.take();
                self.api.calls.heal();
                if calls.len() <= number {
                    assert_eq!(first.status, self.success, "{what}: {first:?}");
                    return number;
                }
                let what = format!("{what}, {}: {} {}", calls[number].name, first.status, first.body);
                let is_failure = [500, 503].contains(&first.status);
                assert!(is_failure || first.status == self.success, "{what}");
                let again: Seen = send().await.into();
                let is_done = again.status == self.success || self.done.contains(&again.status);
                assert!(is_done, "{what}, then {} {}", again.status, again.body);
                check(&what).await;
            }
        }
        panic!("more calls than {MOST}")
    }
}
