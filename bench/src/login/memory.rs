//! Measures the memory of logins.

use std::{fs, sync::Arc};

use crate::program::Failure;
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use super::function::Function;

/// Resident memory of a process, in MiB.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Resident {
    /// After the start, before any login.
    pub(crate) idle: f64,
    /// The peak.
    pub(crate) peak: f64,
    /// After the last login.
    pub(crate) after: f64,
}

/// Runs consecutive logins.
pub(crate) async fn in_turn(function: &Function, logins: usize) -> Result<Resident, Failure> {
    let idle = resident("VmRSS:")?;
    function.times(logins).await?;
    Ok(Resident { idle, peak: resident("VmHWM:")?, after: resident("VmRSS:")? })
}

/// Runs concurrent logins, each of another user.
pub(crate) async fn at_once(function: Function, logins: usize) -> Result<Resident, Failure> {
    let (function, idle) = (Arc::new(function), resident("VmRSS:")?);
    let mut under_way = JoinSet::new();
    for n in 0..logins {
        let function = function.clone();
        under_way.spawn(async move { function.login(n).await });
    }
    while let Some(login) = under_way.join_next().await {
        login??;
    }
    Ok(Resident { idle, peak: resident("VmHWM:")?, after: resident("VmRSS:")? })
}

fn resident(which: &str) -> Result<f64, Failure> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with(which)).ok_or("no such line in status")?;
    let kib: f64 = line.split_whitespace().nth(1).ok_or("no number in status")?.parse()?;
    Ok(kib / 1024.0)
}
