//! Replays the kept inputs of the fuzzers: the first ones, those that fuzzers found, and every one that once was a crash.

#![expect(clippy::unwrap_used, reason = "a test that can not go on stops")]

use std::{collections::BTreeSet, fs, io::Read, path::PathBuf};

use oracles::CHECKS;

/// The most that all inputs may have together: every clone has them.
const MAX_BYTES: usize = 1024 * 1024;

fn fuzz() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fuzz")
}

fn names(folder: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(fuzz().join(folder)).unwrap_or_else(|error| panic!("fuzz/{folder}: {error}"));
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

/// The inputs of a corpus, with their names in the archive.
fn inputs(corpus: &str) -> Vec<(String, Vec<u8>)> {
    let path = fuzz().join("corpus").join(corpus).with_extension("tar");
    let file = fs::File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut archive = tar::Archive::new(file);
    let entries = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().display().to_string();
        let mut input = Vec::new();
        entry.read_to_end(&mut input).unwrap();
        (name, input)
    });
    entries.collect()
}

#[test]
fn every_kept_input_passes_its_check_and_every_corpus_has_some_that_are_taken_and_some_that_are_not() {
    for (name, check) in CHECKS {
        let (mut taken, mut refused) = (0, 0);
        for (file, input) in inputs(name) {
            // What a check that fails doesn't say: with which input.
            let result = std::panic::catch_unwind(|| check(&input));
            let is_taken = result.unwrap_or_else(|_| panic!("fuzz/corpus/{name}.tar: {file}"));
            *(if is_taken { &mut taken } else { &mut refused }) += 1;
        }
        assert!(taken > 2 && refused > 2, "fuzz/corpus/{name}.tar: {taken} taken, {refused} refused");
    }
}

#[test]
fn every_check_has_a_fuzzer_a_dictionary_and_a_corpus_and_nothing_else_has() {
    let checks: BTreeSet<String> = CHECKS.iter().map(|(name, _)| (*name).to_owned()).collect();
    for folder in ["fuzz_targets", "dictionaries", "corpus"] {
        assert_eq!(names(folder), checks, "fuzz/{folder}");
    }
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    for name in &checks {
        assert!(
            manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")),
            "{name} in fuzz/Cargo.toml"
        );
        let target = fs::read_to_string(fuzz().join(format!("fuzz_targets/{name}.rs"))).unwrap();
        assert!(target.contains(&format!("oracles::{name}(")), "fuzz_targets/{name}.rs runs another check");
    }
}

#[test]
fn the_corpora_are_small_enough_to_be_kept() {
    let inputs = CHECKS.iter().flat_map(|(name, _)| inputs(name));
    let bytes: usize = inputs.map(|(_, input)| input.len()).sum();
    assert!(bytes < MAX_BYTES, "{bytes} bytes");
}
