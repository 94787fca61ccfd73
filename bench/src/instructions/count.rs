//! Counts instructions in a separate process.

use std::{fs, process::Command};

use crate::program::Failure;

use super::{operation::Operation, sample::Sample};

const CALLGRIND: [&str; 3] = ["--tool=callgrind", "--callgrind-out-file=/dev/null", "--error-exitcode=1"];

/// The instructions of one call: the difference between a process with many calls and one with a single call, divided
/// by the difference in calls. This cancels the start-up.
pub(crate) fn of_a_call(operation: Operation, sample: &Sample) -> Result<f64, Failure> {
    let random = shared::random::identifier(&shared::random::SystemRandom::new());
    let file = std::env::temp_dir().join(format!("latchgate-bench-{random}.json"));
    fs::write(&file, serde_json::to_string(sample)?)?;
    let program = std::env::current_exe()?;
    let of_calls = |calls: u32| {
        let mut valgrind = Command::new("valgrind");
        valgrind
            .args(CALLGRIND)
            .arg(&program)
            .args(["instructions", &operation.name(), &calls.to_string()])
            .arg(&file);
        let output = valgrind.output()?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        let counted = collected(&text).filter(|_| output.status.success());
        counted.ok_or_else(|| Failure::from(format!("{}: {text}", operation.name())))
    };
    let more = operation.calls();
    let counted = of_calls(1).and_then(|one| Ok((of_calls(1 + more)? - one) / f64::from(more)));
    // The file's keys were only for this count.
    fs::remove_file(&file)?;
    counted
}

/// The number in callgrind's last line but one: `==1234== Collected : 5678901`.
fn collected(text: &str) -> Option<f64> {
    text.lines().rev().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_read_from_the_output_of_callgrind() {
        let text =
            "==1== Events    : Ir\n==1== Collected : 5678901\n==1== \n==1== I   refs:      5,678,901\n";
        assert_eq!(collected(text), Some(5_678_901.0));
        assert_eq!(collected("==1== valgrind: failed to start tool"), None);
    }
}
