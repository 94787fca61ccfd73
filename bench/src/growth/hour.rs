//! Measures the memory of a process over an hour of requests.

use std::{process::Stdio, sync::Arc, time::Duration};

use crate::{
    clock::SimulatedClock,
    program::{Failure, itself},
};
use serde::{Deserialize, Serialize};

use super::{
    feed::revoke,
    kind::Kind,
    machine::resident,
    place::Place,
    scale::{START, Scale, Step},
};

pub(crate) const REQUESTS_PER_SECOND: usize = 50;
/// The sessions in use. Each is refreshed often enough that its access token never expires.
pub(crate) const SESSIONS: usize = 500;
/// Live revocations.
pub(crate) const REVOCATIONS: usize = 1000;
const ARGUMENT: &str = "hour";
const A_MINUTE: Duration = Duration::from_secs(60);
const TENTHS: usize = 10;

/// An hour, or a shorter time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hour {
    seconds: usize,
}

/// Resident memory of the process, in MiB.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Passed {
    /// Before the first request.
    pub(crate) start: f64,
    /// After each tenth of the time.
    pub(crate) tenths: Vec<f64>,
}

impl Passed {
    pub(crate) fn first(&self) -> f64 {
        self.tenths[0]
    }

    pub(crate) fn last(&self) -> f64 {
        self.tenths[self.tenths.len() - 1]
    }
}

impl Hour {
    pub(crate) fn of(scale: Scale) -> Self {
        Self { seconds: scale.seconds().max(TENTHS) }
    }

    /// The hour that the command line asks for, if it does.
    pub(crate) fn asked(arguments: &[String]) -> Result<Option<Self>, Failure> {
        let [name, seconds] = arguments else { return Ok(None) };
        if name == ARGUMENT { Ok(Some(Self { seconds: seconds.parse()? })) } else { Ok(None) }
    }

    pub(crate) fn in_another_process(self) -> Result<Passed, Failure> {
        let mut process = itself("growth")?;
        process.args([ARGUMENT, &self.seconds.to_string()]).stderr(Stdio::inherit());
        Ok(serde_json::from_slice(&process.output()?.stdout)?)
    }

    /// Runs the hour, and prints the memory of this process.
    pub(crate) async fn pass(self) -> Result<(), Failure> {
        let clock = Arc::new(SimulatedClock::at(START));
        let mut place = Box::pin(Place::open(&clock)).await?;
        place.fill(Step { sessions: Some(SESSIONS), within: A_MINUTE }, SESSIONS).await?;
        revoke(&place, REVOCATIONS).await?;
        let (start, mut tenths) = (resident()?, Vec::with_capacity(TENTHS));
        for tenth in 0..TENTHS {
            for second in tenth * self.seconds / TENTHS..(tenth + 1) * self.seconds / TENTHS {
                clock.advance(1);
                a_second_of_requests(&mut place, second).await?;
            }
            tenths.push(resident()?);
        }
        println!("{}", serde_json::to_string(&Passed { start, tenths })?);
        Ok(())
    }
}

/// Of ten requests, one is a refresh, one goes to the authorizer in mode `session`, and the others to the authorizer in
/// mode `denylist`.
async fn a_second_of_requests(place: &mut Place, second: usize) -> Result<(), Failure> {
    for request in second * REQUESTS_PER_SECOND..(second + 1) * REQUESTS_PER_SECOND {
        let (kind, session) = match request % 10 {
            0 => (Kind::Refresh, request / 10),
            1 => (Kind::Session, request),
            _ => (Kind::Denylist, request),
        };
        place.time(kind, session).await?;
    }
    Ok(())
}
