//! Runs the fuzzers for a while each, with cargo-fuzz, libFuzzer and the address sanitizer.
//!
//! There is one program; a fuzzer is this program with one check. A run starts from the kept inputs
//! (`proofs/fuzz/corpus/NAME.tar`, unpacked below `.tools`) and from the finds of earlier runs on this machine.
//! `--keep` adds new finds to the archive: those that reach new code, or the named files, such as the input of a fixed
//! crash.
//!
//! The fuzzers need flags of a nightly compiler. With `RUSTC_BOOTSTRAP`, the project's stable toolchain accepts them
//! too, and it includes the sanitizer's library. So no other toolchain is needed.

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

/// libFuzzer also counts an input as a crash if it exceeds these limits of seconds or memory.
const LIMITS: [&str; 3] = ["-timeout=10", "-malloc_limit_mb=256", "-rss_limit_mb=2048"];

/// Runs the named fuzzer, or all one after the other.
pub(crate) fn run_all(seconds: &str, target: Option<&str>) -> Result<(), TaskError> {
    let seconds = seconds.parse().map_err(|_| TaskError(format!("{seconds:?} is no number of seconds")))?;
    let targets = targets(target)?;
    let fuzz = installed()?;
    run(&mut with(&fuzz, "build")?)?;
    // A crash doesn't stop the other fuzzers.
    let results: Vec<_> =
        targets.iter().map(|target| Fuzzer { fuzz: &fuzz, target }.run_for(seconds)).collect();
    let crashes: Vec<String> = results.into_iter().filter_map(Result::err).map(|e| e.to_string()).collect();
    if crashes.is_empty() { Ok(()) } else { Err(TaskError(crashes.join("\nxtask: "))) }
}

/// Adds to a fuzzer's kept inputs: these files, or without any, its finds that reach new code.
pub(crate) fn keep(target: &str, files: &[&str]) -> Result<(), TaskError> {
    targets(Some(target))?;
    let kept = kept(target)?;
    let before = files_in(&kept)?.len();
    for file in files.iter().map(Path::new) {
        let name = file.file_name().ok_or_else(|| TaskError(format!("{} is no file", file.display())))?;
        fs::copy(file, kept.join(name)).map_err(|e| failure(file, &e))?;
    }
    if files.is_empty() {
        // libFuzzer copies the inputs that add coverage into the first folder.
        let found = tool_folder(&format!("fuzz/found/{target}"))?;
        let mut merge = with_check(&installed()?, target)?;
        run(merge.arg(&kept).arg(found).args(["--", "-merge=1"]).args(LIMITS))?;
    }
    let now = Corpus::of(target).pack(&kept)?;
    println!("{target}: {before} inputs were kept, {now} are");
    Ok(())
}

/// The folder of a fuzzer's kept inputs, freshly unpacked.
fn kept(target: &str) -> Result<PathBuf, TaskError> {
    let kept = tool_folder(&format!("fuzz/kept/{target}"))?;
    Corpus::of(target).unpack(&kept)?;
    Ok(kept)
}

/// The fuzzer with this name, or all.
fn targets(wanted: Option<&str>) -> Result<Vec<String>, TaskError> {
    let all = files_in(&root().join("proofs/fuzz/corpus"))?;
    let all: Vec<String> =
        all.iter().filter_map(|file| file.strip_suffix(".tar")).map(str::to_owned).collect();
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

/// A cargo-fuzz command. Its build has a separate target folder, since no other build can use the results.
fn with(fuzz: &Path, name: &str) -> Result<Command, TaskError> {
    let target = tool_folder("fuzz/target")?;
    let mut command = program(fuzz, &["fuzz", name, "--fuzz-dir"]);
    command.arg(root().join("proofs/fuzz")).env("RUSTC_BOOTSTRAP", "1").env("CARGO_TARGET_DIR", target);
    Ok(command)
}

/// The command that runs the fuzzer with this name.
fn with_check(fuzz: &Path, target: &str) -> Result<Command, TaskError> {
    let mut command = with(fuzz, "run")?;
    command.arg("check").env("LATCHGATE_FUZZ_CHECK", target);
    Ok(command)
}

/// Writes the fuzzer's section of the dictionary, which libFuzzer uses for inputs, to a separate file.
fn dictionary(target: &str) -> Result<PathBuf, TaskError> {
    let all = root().join("proofs/fuzz/dictionary.txt");
    let text = fs::read_to_string(&all).map_err(|e| failure(&all, &e))?;
    let heading = format!("# {target}: ");
    let section = text.split("\n\n").find(|section| section.starts_with(&heading));
    let section = section.ok_or_else(|| TaskError(format!("{} has no section {target}", all.display())))?;
    let path = tool_folder("fuzz/dictionaries")?.join(target);
    fs::write(&path, section).map_err(|e| failure(&path, &e))?;
    Ok(path)
}

struct Fuzzer<'a> {
    fuzz: &'a Path,
    target: &'a str,
}

impl Fuzzer<'_> {
    /// Runs the fuzzer. New inputs go to `.tools/fuzz/found`, where the next run finds them. The archive doesn't
    /// change.
    fn run_for(&self, seconds: u32) -> Result<(), TaskError> {
        let Self { fuzz, target } = self;
        let found = tool_folder(&format!("fuzz/found/{target}"))?;
        let before = files_in(&found)?.len();
        let log = tool_folder("fuzz/log")?.join(format!("{target}.txt"));
        let output = fs::File::create(&log).map_err(|e| failure(&log, &e))?;
        let status = with_check(fuzz, target)?
            .arg(&found)
            .arg(kept(target)?)
            .arg("--")
            .args([format!("-max_total_time={seconds}"), format!("-dict={}", dictionary(target)?.display())])
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

    /// Describes a crash: the panic and the input, which libFuzzer names.
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

/// The last line of libFuzzer's output: `#RUNS DONE cov: N ft: N corp: N/N exec/s: N rss: N`.
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
