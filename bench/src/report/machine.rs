//! A description of the machine.

use std::{fs, process::Command, thread};

/// Processor, cores, kernel and compiler, as far as they are known.
pub(crate) fn machine() -> String {
    let processor = fs::read_to_string("/proc/cpuinfo").ok();
    let processor = processor.as_deref().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        line.split_once(": ").map(|(_, name)| name.trim())
    });
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let compiler = Command::new("rustc").arg("--version").output();
    let compiler =
        compiler.map_or_else(|_| String::new(), |out| String::from_utf8_lossy(&out.stdout).into_owned());
    format!(
        "{}, {cores} cores, {} {}, {}",
        processor.unwrap_or("a processor that says no name"),
        std::env::consts::OS,
        kernel.trim(),
        compiler.trim(),
    )
}
