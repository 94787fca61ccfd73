//! Replays the fuzzers' kept inputs: the initial ones, later finds, and every input that once crashed.

#![expect(clippy::unwrap_used, reason = "a test that can not go on stops")]

use std::{collections::BTreeSet, fs, io::Read, path::PathBuf};

use oracles::CHECKS;

/// The most bytes of all inputs together, since every clone has them.
const MAX_BYTES: usize = 1024 * 1024;

fn fuzz() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fuzz")
}

/// The names of the archives.
fn corpora() -> BTreeSet<String> {
    let entries = fs::read_dir(fuzz().join("corpus")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

/// The names of the dictionary's sections. Each begins with a line `# NAME: …`.
fn sections() -> BTreeSet<String> {
    let dictionary = fs::read_to_string(fuzz().join("dictionary.txt")).unwrap();
    let heading = |section: &str| section.strip_prefix("# ").unwrap().split_once(": ").unwrap().0.to_owned();
    dictionary.split("\n\n").map(heading).collect()
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
fn every_kept_input_passes_and_every_corpus_has_good_and_bad_inputs() {
    for (name, check) in CHECKS {
        let (mut taken, mut refused) = (0, 0);
        for (file, input) in inputs(name) {
            // Adds the input's name, which a failing check doesn't know.
            let result = std::panic::catch_unwind(|| check(&input));
            let is_taken = result.unwrap_or_else(|_| panic!("fuzz/corpus/{name}.tar: {file}"));
            *(if is_taken { &mut taken } else { &mut refused }) += 1;
        }
        assert!(taken > 2 && refused > 2, "fuzz/corpus/{name}.tar: {taken} taken, {refused} refused");
    }
}

#[test]
fn checks_corpora_and_sections_of_the_dictionary_correspond() {
    let checks: BTreeSet<String> = CHECKS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(corpora(), checks);
    assert_eq!(sections(), checks);
}

#[test]
fn the_corpora_are_small_enough_to_be_kept() {
    let inputs = CHECKS.iter().flat_map(|(name, _)| inputs(name));
    let bytes: usize = inputs.map(|(_, input)| input.len()).sum();
    assert!(bytes < MAX_BYTES, "{bytes} bytes");
}
