//! The Greek sigma, which has a form of its own at the end of a word.
//!
//! Which of the two a lower-case name has depends on who wrote it: keyboards write `ς` at the end, and lower-casing a
//! name that was typed in capitals may give `σ`. They are one letter (Unicode's case folding says so too), and the
//! normal form has `σ` everywhere. Earlier releases told the two apart, and stored either.

use std::iter;

/// The name with `σ` alone.
pub(super) fn fold(name: &str) -> String {
    name.replace('ς', "σ")
}

/// Where earlier releases may have stored a name: as it was typed now, as capitals became then, and as it is written.
/// Nothing, if these are one.
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
