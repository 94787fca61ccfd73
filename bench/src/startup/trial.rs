//! One start of one function, and its first requests.

use std::time::Duration;

use crate::{program::Failure, report::Figure};
use tokio::time::sleep;

use super::{process::Process, runtime_api::RuntimeApi, share::Limit, stage::Stage, subjects::Subject};

/// Invocations after the first.
const LATER: usize = 15;
/// The pause between them. Afterwards a function has its full share of a period, and the kernel has
/// updated its processor time.
const REST: Duration = Duration::from_millis(50);

/// A trial: one start of a function.
#[derive(Debug)]
pub(crate) struct Trial<'a> {
    pub(crate) stage: &'a Stage,
    pub(crate) subject: &'a Subject,
    pub(crate) limit: &'a Limit,
}

/// The observations, in milliseconds and MiB.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watched {
    /// From the start to the first request for an invocation.
    pub(crate) start: f64,
    pub(crate) first: f64,
    /// The median of the later invocations.
    pub(crate) warm: f64,
    /// The processor time until the first request for an invocation.
    pub(crate) start_cpu: f64,
    /// The processor time of the first invocation.
    pub(crate) first_cpu: f64,
    pub(crate) memory: f64,
}

impl Trial<'_> {
    pub(crate) async fn run(&self) -> Result<Watched, Failure> {
        let mut caller = self.stage.caller(self.subject).await?;
        let mut api = RuntimeApi::start().await?;
        let mut process = Process::hold(self.subject, &self.limit.door(), &of_lambda(&api))?;
        // Gives the process time to reach its wait.
        sleep(REST).await;
        let held = process.processor_time()?;

        let started = process.go()?;
        let start = api.ready().await? - started;
        sleep(REST).await;
        let ready = process.processor_time()?;

        let (first, answer) = api.invoke(caller.event()).await?;
        caller.heard(&answer)?;
        api.ready().await?;
        sleep(REST).await;
        let answered = process.processor_time()?;

        let mut later = Vec::with_capacity(LATER);
        for _ in 0..LATER {
            let (took, answer) = api.invoke(caller.event()).await?;
            caller.heard(&answer)?;
            api.ready().await?;
            later.push(milliseconds(took));
            sleep(REST).await;
        }
        Ok(Watched {
            start: milliseconds(start),
            first: milliseconds(first),
            warm: Figure::of("", later).median,
            start_cpu: milliseconds(ready.saturating_sub(held)),
            first_cpu: milliseconds(answered.saturating_sub(ready)),
            memory: process.peak_memory()?,
        })
    }
}

/// Lambda's own variables for every function.
fn of_lambda(api: &RuntimeApi) -> [(&'static str, String); 4] {
    [
        ("AWS_LAMBDA_RUNTIME_API", api.address.to_string()),
        ("AWS_LAMBDA_FUNCTION_NAME", "bench".to_owned()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128".to_owned()),
    ]
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
