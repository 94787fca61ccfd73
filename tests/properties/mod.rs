//! Properties that hold for any input, tried with a few dozen inputs generated from a seed.
//!
//! The inputs are the same in every run. `LATCHGATE_TEST_SEED` changes them, and `LATCHGATE_TEST_CASES` their number.

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

/// Tries a property, which panics on failure. Reports the smallest failing input.
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

/// The functions, a signed-in user, and the stored items.
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

    /// The answer of the function at this path. `None` if it isn't called.
    fn answer(&self, path: &str, event: &serde_json::Value) -> Option<Reply> {
        self.wait(self.lambdas.answer(path, event))
    }

    /// Asserts an OAuth error with a 4xx status that repeats no secret. Only the number of password attempts may have
    /// changed, and it is restored.
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
