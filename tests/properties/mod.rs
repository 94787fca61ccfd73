//! Properties: what holds of any input at all, tried with a few dozen that are made up from a seed.
//!
//! The same in every run: `LATCHGATE_TEST_SEED` has others made up, and `LATCHGATE_TEST_CASES` more of them.

mod bodies;
mod events;
mod formats;
mod headers;
mod mutation;
mod spellings;
mod tokens;

use proptest::{
    strategy::Strategy,
    test_runner::{Config, RngSeed, TestRunner},
};
use tokio::runtime::{Builder, Runtime};

use crate::harness::{Api, Lambdas, PASSWORD, Reply, SCALE, Stored, Tokens};

/// Tries a property, which panics where it does not hold, and then says of how little it does not.
#[track_caller]
fn holds<S: Strategy>(inputs: S, property: impl Fn(S::Value)) {
    let config = Config {
        cases: SCALE.cases,
        rng_seed: RngSeed::Fixed(SCALE.seed),
        failure_persistence: None,
        ..Config::default()
    };
    let tried = TestRunner::new(config).run(&inputs, |input| {
        property(input);
        Ok(())
    });
    if let Err(error) = tried {
        panic!("{error}");
    }
}

/// The functions, somebody who is signed in, and what is stored then.
struct Bench {
    runtime: Runtime,
    api: Api,
    lambdas: Lambdas,
    tokens: Tokens,
    stored: Stored,
}

impl Bench {
    fn set() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let (api, lambdas, tokens, stored) = runtime.block_on(Box::pin(async {
            let api = Api::start().await;
            let tokens = api.login().await;
            let (lambdas, stored) = (Lambdas::start(&api).await, api.stored().await);
            (api, lambdas, tokens, stored)
        }));
        Self { runtime, api, lambdas, tokens, stored }
    }

    fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(Box::pin(future))
    }

    /// What the function behind this path answers; `None`, if it is never asked.
    fn answer(&self, path: &str, event: &serde_json::Value) -> Option<Reply> {
        self.wait(self.lambdas.answer(path, event))
    }

    /// A refusal of the caller's fault, in the OAuth shape, that repeats no secret; and nothing has changed but how often
    /// a password was tried, which is put back.
    fn assert_refused(&self, reply: &Reply) {
        assert!((400..500).contains(&reply.status), "{reply:?}");
        let error = reply.body["error"].as_str().unwrap_or_default();
        reply.assert_error(reply.status, error);
        let text = format!("{reply:?}");
        for secret in [PASSWORD, &self.tokens.access, &self.tokens.refresh] {
            assert!(!text.contains(secret), "{text}");
        }
        let mut after = self.wait(self.api.stored());
        after.insert("CredentialsTable".to_owned(), self.stored["CredentialsTable"].clone());
        assert_eq!(after, self.stored);
        self.put_back();
    }

    fn put_back(&self) {
        self.wait(self.api.restore(&self.stored));
    }
}
