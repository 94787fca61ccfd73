//! The processor share of a function with a given memory, by a control group.

use std::{
    fs,
    path::{Path, PathBuf},
    process,
};

use crate::program::Failure;

/// The megabytes of a function with one full processor.
const MEGABYTES_A_PROCESSOR: u32 = 1769;
/// The length of a period, in microseconds. A function that has used its share waits for the next period.
const PERIOD: u32 = 20_000;
/// The paths of control groups, versions 1 and 2.
const FIRST_VERSION: &str = "/sys/fs/cgroup/cpu";
const SECOND_VERSION: &str = "/sys/fs/cgroup";

/// A process's share of the processors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Share {
    Whole,
    /// The share of a function with this many megabytes.
    Of(u32),
}

impl Share {
    pub(crate) const ALL: [Self; 4] = [Self::Whole, Self::Of(1769), Self::Of(512), Self::Of(128)];

    pub(crate) fn name(self) -> String {
        match self {
            Self::Whole => "whole processors".to_owned(),
            Self::Of(megabytes) => format!("the processor's share of {megabytes} MB"),
        }
    }

    /// Creates a control group with this limit.
    pub(crate) fn limit(self) -> Result<Limit, Failure> {
        let Self::Of(megabytes) = self else { return Ok(Limit(None)) };
        let quota = PERIOD * megabytes / MEGABYTES_A_PROCESSOR;
        let name = format!("latchgate-bench-{}-{megabytes}", process::id());
        let first = Path::new(FIRST_VERSION);
        let is_first = first.join("cpu.cfs_quota_us").exists();
        let folder = if is_first { first } else { Path::new(SECOND_VERSION) }.join(name);
        let failed = |e: std::io::Error| format!("a control group, which only root can make: {e}");
        fs::create_dir(&folder).map_err(failed)?;
        let limit = Limit(Some(folder.clone()));
        if is_first {
            fs::write(folder.join("cpu.cfs_period_us"), PERIOD.to_string()).map_err(failed)?;
            fs::write(folder.join("cpu.cfs_quota_us"), quota.to_string()).map_err(failed)?;
        } else {
            fs::write(folder.join("cpu.max"), format!("{quota} {PERIOD}")).map_err(failed)?;
        }
        Ok(limit)
    }
}

/// A control group, removed when this value is dropped.
#[derive(Debug)]
pub(crate) struct Limit(Option<PathBuf>);

impl Limit {
    /// The file to which a process writes its ID to join. Without a limit, it accepts anything.
    pub(crate) fn door(&self) -> PathBuf {
        self.0.as_ref().map_or_else(|| "/dev/null".into(), |folder| folder.join("cgroup.procs"))
    }
}

impl Drop for Limit {
    fn drop(&mut self) {
        if let Some(folder) = &self.0 {
            // A remaining process keeps the group, which then does no harm.
            let _ = fs::remove_dir(folder);
        }
    }
}
