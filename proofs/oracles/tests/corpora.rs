//! The inputs that are kept, replayed: those to begin with, those that fuzzers found, and every one that once was a crash.

#![expect(clippy::unwrap_used, reason = "a test that can not go on stops")]

use std::{collections::BTreeSet, fs, path::PathBuf};

use oracles::CHECKS;

/// A file that makes a corpus too large to be kept costs every clone.
const MAX_BYTES: usize = 1024 * 1024;

fn fuzz() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fuzz")
}

fn names(folder: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(fuzz().join(folder)).unwrap_or_else(|error| panic!("fuzz/{folder}: {error}"));
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn every_kept_input_passes_its_check_and_every_corpus_has_some_that_are_taken_and_some_that_are_not() {
    for (name, check) in CHECKS {
        let folder = fuzz().join("corpus").join(name);
        let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("fuzz/corpus/{name}: {error}"));
        let (mut taken, mut refused) = (0, 0);
        for entry in entries {
            let path = entry.unwrap().path();
            let input = fs::read(&path).unwrap();
            // What a check that fails doesn't say: with which input.
            let result = std::panic::catch_unwind(|| check(&input));
            let is_taken = result.unwrap_or_else(|_| panic!("{}", path.display()));
            *(if is_taken { &mut taken } else { &mut refused }) += 1;
        }
        assert!(taken > 2 && refused > 2, "fuzz/corpus/{name}: {taken} taken, {refused} refused");
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
    let folders = CHECKS.iter().map(|(name, _)| fuzz().join("corpus").join(name));
    let files = folders.flat_map(|folder| fs::read_dir(folder).unwrap());
    let bytes: usize = files.map(|file| fs::read(file.unwrap().path()).unwrap().len()).sum();
    assert!(bytes < MAX_BYTES, "{bytes} bytes");
}
