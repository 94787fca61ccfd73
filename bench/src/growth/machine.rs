//! The system's memory figures.

use std::fs;

use crate::program::Failure;

const KIB_A_MIB: f64 = 1024.0;
const MIB_A_GIB: f64 = 1024.0;

/// The machine's memory, in GiB.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    pub(crate) total: f64,
    /// The memory that is available without swapping.
    pub(crate) available: f64,
}

pub(crate) fn memory() -> Result<Memory, Failure> {
    let of = |name| Ok::<_, Failure>(mib("/proc/meminfo", name)? / MIB_A_GIB);
    Ok(Memory { total: of("MemTotal:")?, available: of("MemAvailable:")? })
}

/// Resident memory of this process, in MiB.
pub(crate) fn resident() -> Result<f64, Failure> {
    mib("/proc/self/status", "VmRSS:")
}

fn mib(file: &str, name: &str) -> Result<f64, Failure> {
    let text = fs::read_to_string(file)?;
    let line = text.lines().find(|line| line.starts_with(name)).ok_or("no such line")?;
    let kib: f64 = line.split_whitespace().nth(1).ok_or("no number")?.parse()?;
    Ok(kib / KIB_A_MIB)
}
