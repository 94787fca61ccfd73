//! The Greek sigma, which has another form at the end of a word.
//!
//! Which form a lower-case name has depends on how it was typed: keyboards write `ς` at the end, and
//! lower-casing capitals may give `σ`. Both are the same letter, also in Unicode's case folding, and the
//! normal form always has `σ`. Earlier releases distinguished the two, and stored either.

use std::iter;

/// The name with `σ` only.
pub(super) fn fold(name: &str) -> String {
    name.replace('ς', "σ")
}

/// The names under which earlier releases may have stored a name: as typed now, as they lower-cased capitals,
/// and as Greek is written. Empty, if these are all the normal form.
pub(super) fn candidates(mapped: &str, normal: &str) -> Vec<String> {
    let mut candidates: Vec<String> = Vec::new();
    for form in [mapped.to_owned(), normal.to_owned(), written(normal)] {
        if !candidates.contains(&form) {
            candidates.push(form);
        }
    }
    if candidates.len() > 1 { candidates } else { Vec::new() }
}

/// The name with `ς` at the ends of words, as Greek is written.
fn written(normal: &str) -> String {
    let before = iter::once(None).chain(normal.chars().map(Some));
    let after = normal.chars().skip(1).map(Some).chain(iter::once(None));
    let is_letter = |c: Option<char>| c.is_some_and(char::is_alphabetic);
    let letters = normal.chars().zip(before.zip(after));
    letters
        .map(|(c, (before, after))| if c == 'σ' && is_letter(before) && !is_letter(after) { 'ς' } else { c })
        .collect()
}
