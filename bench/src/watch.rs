//! Measures time.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};

use crate::{program::Failure, report::Figure};

/// A duration in milliseconds.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Cost {
    /// Wall time.
    pub(crate) wall: f64,
    /// Processor time of all threads of this process.
    pub(crate) cpu: f64,
}

/// A running stopwatch.
#[derive(Debug)]
pub(crate) struct Watch {
    cpu: Duration,
    started: Instant,
}

impl Watch {
    /// Starts a stopwatch.
    ///
    /// # Errors
    ///
    /// If the system doesn't report processor time.
    pub(crate) fn start() -> Result<Self, Failure> {
        let cpu = processor_time("self")?;
        Ok(Self { cpu, started: now() })
    }

    /// Stops it, and returns the cost.
    ///
    /// # Errors
    ///
    /// If the system doesn't report processor time.
    pub(crate) fn stop(self) -> Result<Cost, Failure> {
        let wall = self.started.elapsed();
        let cpu = processor_time("self")?.saturating_sub(self.cpu);
        Ok(Cost { wall: milliseconds(wall), cpu: milliseconds(cpu) })
    }
}

/// The latencies of one run's calls, in microseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Latency {
    /// The median.
    pub(crate) median: f64,
    /// The 99th percentile.
    pub(crate) p99: f64,
}

impl Latency {
    /// The latencies of these calls.
    ///
    /// # Panics
    ///
    /// If there is no call.
    pub(crate) fn of(times: &[Duration]) -> Self {
        let mut times: Vec<f64> = times.iter().copied().map(microseconds).collect();
        times.sort_by(f64::total_cmp);
        let p99 = times[(times.len() - 1) * 99 / 100];
        Self { median: Figure::of("", times).median, p99 }
    }
}

/// The current time.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// A time in milliseconds.
pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// A time in microseconds.
pub(crate) fn microseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// The processor time of a process's running threads. The process is `self` or an ID. No measured thread ends before
/// its process does.
///
/// # Errors
///
/// If there is no such process.
pub(crate) fn processor_time(process: &str) -> Result<Duration, Failure> {
    // The kernel updates a thread's time when it leaves the processor, so this one sleeps briefly.
    thread::sleep(Duration::from_nanos(1));
    let mut nanoseconds = 0;
    for task in fs::read_dir(format!("/proc/{process}/task"))? {
        let text = fs::read_to_string(task?.path().join("schedstat"))?;
        nanoseconds += text.split_whitespace().next().ok_or("no time in schedstat")?.parse::<u64>()?;
    }
    Ok(Duration::from_nanos(nanoseconds))
}

/// The processor time of a process, including its ended threads, in hundredths of a second, Linux's unit for programs
/// (proc(5), `/proc/pid/stat`).
///
/// # Errors
///
/// If there is no such process.
pub(crate) fn processor_time_with_ended_threads(process: u32) -> Result<Duration, Failure> {
    let text = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The second field is the program's name in parentheses, which may contain anything. `utime` and `stime` are fields
    // 14 and 15.
    let (_, after_name) = text.rsplit_once(')').ok_or("no name")?;
    let fields = after_name.split_whitespace().skip(11).take(2).map(str::parse::<u64>);
    let ticks: Vec<u64> = fields.collect::<Result<_, _>>()?;
    Ok(Duration::from_millis(ticks.iter().sum::<u64>() * 10))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn one_in_a_hundred_takes_longer_than_the_99th_percentile() {
        let times: Vec<Duration> = (1..=1000).map(Duration::from_micros).collect();
        let Latency { median, p99 } = Latency::of(&times);
        assert!((median - 500.5).abs() < 1e-6 && (p99 - 990.0).abs() < 1e-6, "{median} {p99}");
    }

    /// Uses another process, because threads of other tests in this one may end at any moment.
    #[test]
    fn both_ways_of_asking_for_processor_time_agree() {
        let some = Duration::from_millis(50);
        let mut busy = Command::new("/bin/sh").args(["-c", "while :; do :; done"]).spawn().unwrap();
        let process = busy.id();
        let is_enough =
            (0..100_000).any(|_| processor_time(&process.to_string()).is_ok_and(|time| time >= some));
        let with_ended = processor_time_with_ended_threads(process);
        busy.kill().unwrap();
        busy.wait().unwrap();
        let with_ended = with_ended.unwrap();
        assert!(is_enough && with_ended + Duration::from_millis(20) >= some, "{with_ended:?}");
    }
}
