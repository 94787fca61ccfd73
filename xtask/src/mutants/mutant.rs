//! Mutants as cargo-mutants prints them: `PATH:LINE:COLUMN: CHANGE`.

use std::collections::BTreeSet;

/// The file of a mutant.
pub(super) fn file_of(mutant: &str) -> &str {
    mutant.split(':').next().unwrap_or(mutant)
}

/// The files of these mutants, without duplicates.
pub(super) fn files_of(mutants: &[String]) -> Vec<String> {
    let files: BTreeSet<&str> = mutants.iter().map(|mutant| file_of(mutant)).collect();
    files.into_iter().map(str::to_owned).collect()
}
