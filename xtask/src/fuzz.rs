//! The fuzzers, each for a while: cargo-fuzz and libFuzzer, with the address sanitizer.
//!
//! A run begins with the kept inputs (`proofs/fuzz/corpus/NAME.tar`, unpacked below `.tools`) and with what earlier runs on
//! this machine found. `--keep` puts new findings into the archive: those that reach code which no kept input reaches, or
//! the files that are named, such as the input of a crash that is fixed.
//!
//! The flags that this takes are those of a nightly compiler; the stable one has them too, and the sanitizer's library
//! with it, where `RUSTC_BOOTSTRAP` says that it may. So no other toolchain is needed than that of the project.

mod corpus;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use self::corpus::Corpus;
use crate::shell::{TaskError, cargo, program, root, run, tool_folder};

const VERSION: &str = "0.13.2";
pub(crate) const SECONDS: &str = "60";

/// What libFuzzer takes for a crash besides: an input that takes this many seconds, or this much memory at once.
const LIMITS: [&str; 3] = ["-timeout=10", "-malloc_limit_mb=256", "-rss_limit_mb=2048"];

/// Runs the named fuzzer, or one after the other.
pub(crate) fn run_all(seconds: &str, target: Option<&str>) -> Result<(), TaskError> {
    let seconds = seconds.parse().map_err(|_| TaskError(format!("{seconds:?} is no number of seconds")))?;
    let targets = targets(target)?;
    let fuzz = installed()?;
    run(&mut with(&fuzz, &["build"])?)?;
    // One that crashes keeps none of the others from running.
    let results: Vec<_> =
        targets.iter().map(|target| Fuzzer { fuzz: &fuzz, target }.run_for(seconds)).collect();
    let crashes: Vec<String> = results.into_iter().filter_map(Result::err).map(|e| e.to_string()).collect();
    if crashes.is_empty() { Ok(()) } else { Err(TaskError(crashes.join("\nxtask: "))) }
}

/// Adds to a fuzzer's kept inputs: these files, or, without any, what its runs found that reaches new code.
pub(crate) fn keep(target: &str, files: &[&str]) -> Result<(), TaskError> {
    targets(Some(target))?;
    let kept = kept(target)?;
    let before = files_in(&kept)?.len();
    for file in files.iter().map(Path::new) {
        let name = file.file_name().ok_or_else(|| TaskError(format!("{} is no file", file.display())))?;
        fs::copy(file, kept.join(name)).map_err(|e| failure(file, &e))?;
    }
    if files.is_empty() {
        // libFuzzer copies into the first folder what adds to its coverage.
        let found = tool_folder(&format!("fuzz/found/{target}"))?;
        let mut merge = with(&installed()?, &["run", target])?;
        run(merge.arg(&kept).arg(found).args(["--", "-merge=1"]).args(LIMITS))?;
    }
    let now = Corpus::of(target).pack(&kept)?;
    println!("{target}: {before} inputs were kept, {now} are");
    Ok(())
}

/// The folder with a fuzzer's kept inputs, as they are in the archive.
fn kept(target: &str) -> Result<PathBuf, TaskError> {
    let kept = tool_folder(&format!("fuzz/kept/{target}"))?;
    Corpus::of(target).unpack(&kept)?;
    Ok(kept)
}

/// The fuzzer with this name, or all.
fn targets(wanted: Option<&str>) -> Result<Vec<String>, TaskError> {
    let all = files_in(&root().join("proofs/fuzz/fuzz_targets"))?;
    let all: Vec<String> =
        all.iter().filter_map(|file| file.strip_suffix(".rs")).map(str::to_owned).collect();
    let targets: Vec<String> =
        all.iter().filter(|name| wanted.is_none_or(|wanted| wanted == *name)).cloned().collect();
    if targets.is_empty() {
        return Err(TaskError(format!("there is no such fuzzer; there are: {}", all.join(", "))));
    }
    Ok(targets)
}

fn installed() -> Result<PathBuf, TaskError> {
    let folder = tool_folder("cargo-fuzz")?;
    let fuzz = folder.join("bin/cargo-fuzz");
    if !fuzz.exists() {
        let install =
            ["install", "cargo-fuzz", "--version", VERSION, "--locked", "--debug", "--quiet", "--root"];
        run(cargo(&install).arg(&folder))?;
    }
    Ok(fuzz)
}

/// A command of cargo-fuzz. What it builds has a target folder of its own: nothing of it is of use to anybody else.
fn with(fuzz: &Path, arguments: &[&str]) -> Result<Command, TaskError> {
    let target = tool_folder("fuzz/target")?;
    let mut command = program(fuzz, &["fuzz"]);
    command.args(arguments).env("RUSTC_BOOTSTRAP", "1").env("CARGO_TARGET_DIR", target);
    Ok(command)
}

struct Fuzzer<'a> {
    fuzz: &'a Path,
    target: &'a str,
}

impl Fuzzer<'_> {
    /// New inputs go into `.tools/fuzz/found`, where the next run finds them too; the archive stays as it is.
    fn run_for(&self, seconds: u32) -> Result<(), TaskError> {
        let Self { fuzz, target } = self;
        let found = tool_folder(&format!("fuzz/found/{target}"))?;
        let before = files_in(&found)?.len();
        let log = tool_folder("fuzz/log")?.join(format!("{target}.txt"));
        let output = fs::File::create(&log).map_err(|e| failure(&log, &e))?;
        let status = with(fuzz, &["run", target])?
            .arg(&found)
            .arg(kept(target)?)
            .arg("--")
            .args([
                format!("-max_total_time={seconds}"),
                format!("-dict=proofs/fuzz/dictionaries/{target}.dict"),
            ])
            .args(LIMITS)
            .stderr(output)
            .status()
            .map_err(|e| failure(fuzz, &e))?;
        let text = fs::read(&log).map_err(|e| failure(&log, &e))?;
        let text = String::from_utf8_lossy(&text);
        if !status.success() {
            return Err(self.crash(&text, &log));
        }
        let done = Done::read(&text)
            .ok_or_else(|| TaskError(format!("{target} didn't say what it did: {}", log.display())))?;
        let Done { runs, per_second, coverage } = done;
        let new = files_in(&found)?.len() - before;
        println!(
            "{target:<17} {runs:>9} runs, {per_second:>6}/s, coverage {coverage:>5}, {new:>4} new inputs"
        );
        Ok(())
    }

    /// With what it is about, and the input, which libFuzzer names.
    fn crash(&self, text: &str, log: &Path) -> TaskError {
        let about = text.lines().skip_while(|line| !line.contains("panicked at")).take(2);
        let about: Vec<&str> =
            about.chain(text.lines().filter(|line| line.starts_with("SUMMARY:"))).collect();
        let input =
            text.lines().find_map(|line| line.split_once("Test unit written to ")).map(|(_, path)| path);
        TaskError(format!(
            "{} failed; the input is {}, the whole story {}\n{}",
            self.target,
            input.unwrap_or("none"),
            log.display(),
            about.join("\n")
        ))
    }
}

/// The last line of libFuzzer's account: `#RUNS DONE cov: N ft: N corp: N/N exec/s: N rss: N`.
struct Done {
    runs: String,
    per_second: String,
    coverage: String,
}

impl Done {
    fn read(text: &str) -> Option<Self> {
        let words: Vec<&str> = text.lines().find(|line| line.contains("DONE"))?.split_whitespace().collect();
        let after =
            |name| words.iter().skip_while(|word| **word != name).nth(1).map(|word| (*word).to_owned());
        let runs = words.first()?.strip_prefix('#')?.to_owned();
        Some(Self { runs, per_second: after("exec/s:")?, coverage: after("cov:")? })
    }
}

fn files_in(folder: &Path) -> Result<BTreeSet<String>, TaskError> {
    let entries = fs::read_dir(folder).map_err(|e| failure(folder, &e))?;
    let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    names.collect::<Result<_, std::io::Error>>().map_err(|e| failure(folder, &e))
}

fn failure(path: &Path, error: &std::io::Error) -> TaskError {
    TaskError(format!("{}: {error}", path.display()))
}
