//! The work after the decision of a sign-in. It never changes the decision, and delays the answer only for a
//! limited time.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use shared::{
    error::chain,
    log::{Event, RequestLog},
};
use tokio::time;

use crate::{Counter, SignIn, SignInError, SignedIn, Username, Verdict};

/// The longest delay of the answer.
const FOLLOW_UP: Duration = Duration::from_secs(2);

impl SignIn {
    /// Forgives the attempt, and replaces a hash with weaker parameters than today's. Callers do this while
    /// they store the session.
    pub async fn follow_up(&self, signed_in: &SignedIn<'_>, log: &RequestLog) {
        tokio::join!(
            self.forgive(&signed_in.username, &signed_in.counter),
            in_time(self.strengthen(signed_in, log))
        );
    }

    /// Forgives the attempt. A failure costs one attempt of the budget, and is logged.
    pub(crate) async fn forgive(&self, username: &Username, counter: &Counter) {
        let forgiven = async {
            if let Err(error) = self.credentials.forgive(username, counter).await {
                tracing::warn!(reason = chain(&error), "an attempt could not be forgiven");
            }
        };
        in_time(forgiven).await;
    }

    /// Removes old counters. A failure leaves a few bytes for the next sign-in.
    pub(crate) async fn tidy(&self, username: &Username, counter: &Counter) {
        if let Err(error) = self.credentials.tidy(username, counter).await {
            tracing::warn!(reason = chain(&error), "stale counters could not be removed");
        }
    }

    /// Replaces a weak hash. A failure leaves it for the next sign-in.
    async fn strengthen(&self, signed_in: &SignedIn<'_>, log: &RequestLog) {
        if signed_in.verdict != Verdict::RightButWeak {
            return;
        }
        let replaced = async {
            let hash = AttributeValue::S(self.passwords.hash(signed_in.password).await?);
            self.credentials.replace_hash(&signed_in.username, &signed_in.credential, hash).await?;
            Ok::<_, SignInError>(())
        };
        match replaced.await {
            Ok(()) => log.happened(Event::PasswordRehashed),
            Err(error) => {
                tracing::warn!(reason = chain(&error), "a weak password hash could not be replaced");
            }
        }
    }
}

async fn in_time(follow_up: impl Future<Output = ()>) {
    if time::timeout(FOLLOW_UP, follow_up).await.is_err() {
        tracing::warn!("the work after a login was not finished");
    }
}
