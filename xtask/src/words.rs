//! Counts words that hide a sentence's subject, in pages and in doc comments. Readers have to read such sentences
//! twice.

use std::{fmt::Write, fs, path::Path};

use crate::shell::{TaskError, output, program, root};

/// The words: each entry is one word, or several in a row.
const WORDS: [&str; 22] = [
    "anew",
    "are none",
    "beside",
    "hereby",
    "herein",
    "is none",
    "nobody",
    "of its own",
    "of their own",
    "somebody",
    "thereby",
    "therein",
    "thereof",
    "thereto",
    "what is",
    "what was",
    "whereby",
    "who has",
    "who is",
    "whoever",
    "whomever",
    "whosoever",
];
/// The highest number of these in a thousand words. Comparable projects have 0 to 2.
const MOST_IN_A_THOUSAND: usize = 2;
/// How many of the worst files a failure names.
const WORST: usize = 10;

/// Groups of files, which are counted separately.
const PARTS: [(&str, &[&str]); 6] = [
    ("README", &["README.md"]),
    ("ARCHITECTURE", &["ARCHITECTURE.md"]),
    ("SECURITY", &["SECURITY.md"]),
    ("CHANGELOG", &["CHANGELOG.md"]),
    ("docs", &["docs/*.md"]),
    ("doc comments", &["*.rs"]),
];

/// Counts the words in every group, and fails if one has too many.
pub(crate) fn check() -> Result<(), TaskError> {
    let mut failures = String::new();
    for (part, patterns) in PARTS {
        let counted = of_files(patterns)?;
        let total = counted.iter().fold(Count::default(), |total, (_, count)| total.and(*count));
        println!("{part}: {} in {} words", total.found, total.words);
        if total.is_too_many() {
            let _ = writeln!(failures, "{part} has more than {MOST_IN_A_THOUSAND} in 1,000:");
            for (file, count) in counted.iter().take(WORST).filter(|(_, count)| count.found > 0) {
                let _ = writeln!(failures, "  {file}: {} in {} words", count.found, count.words);
            }
        }
    }
    if failures.is_empty() { Ok(()) } else { Err(TaskError(failures)) }
}

/// The counts of the files, those with the most of these words first.
fn of_files(patterns: &[&str]) -> Result<Vec<(String, Count)>, TaskError> {
    let paths = output(program("git", &["ls-files", "--"]).args(patterns))?;
    let mut counted = Vec::new();
    for path in paths.lines() {
        let text = fs::read_to_string(root().join(path)).map_err(|e| TaskError(format!("{path}: {e}")))?;
        let is_source = Path::new(path).extension().is_some_and(|e| e == "rs");
        let prose = if is_source { doc_comments(&text) } else { without_code(&text) };
        counted.push((path.to_owned(), Count::of(&prose)));
    }
    counted.sort_by_key(|(_, count)| std::cmp::Reverse(count.found));
    Ok(counted)
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Count {
    words: usize,
    found: usize,
}

impl Count {
    fn of(prose: &str) -> Self {
        let is_separator = |c: char| !c.is_alphanumeric() && c != '\'' && c != '-';
        let words: Vec<String> =
            prose.split(is_separator).filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
        let begins = |at: usize| {
            WORDS.iter().any(|phrase| {
                let mut rest = words[at..].iter();
                phrase.split(' ').all(|word| rest.next().is_some_and(|next| next == word))
            })
        };
        Self { words: words.len(), found: (0..words.len()).filter(|at| begins(*at)).count() }
    }

    fn and(self, other: Self) -> Self {
        Self { words: self.words + other.words, found: self.found + other.found }
    }

    fn is_too_many(self) -> bool {
        self.found * 1000 > self.words * MOST_IN_A_THOUSAND
    }
}

/// The text of the doc comments, without code.
fn doc_comments(source: &str) -> String {
    let comments = source.lines().filter_map(|line| {
        let line = line.trim_start();
        line.strip_prefix("///").or_else(|| line.strip_prefix("//!"))
    });
    without_code(&comments.map(str::trim_start).collect::<Vec<_>>().join("\n"))
}

/// A page without its code blocks and code spans.
fn without_code(page: &str) -> String {
    let mut is_code = false;
    let lines = page.lines().filter(|line| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    });
    lines.map(|line| line.split('`').step_by(2).collect::<Vec<_>>().join(" ")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_phrases_are_counted_across_lines_and_in_any_case() {
        let prose =
            "Whoever asks, and what\nis asked; a row of its own. Besides, nobody's row is nonexistent.";
        assert_eq!(Count::of(prose), Count { words: 16, found: 3 });
    }

    #[test]
    fn code_is_not_counted() {
        assert_eq!(
            without_code("a `nobody` b\n```rust\nnobody\n```\nc").split_whitespace().collect::<String>(),
            "abc"
        );
        let source = "//! One.\n/// Two `nobody`.\n// nobody\nlet nobody = 1; // nobody\n    /// Three.\n";
        assert_eq!(Count::of(&doc_comments(source)), Count { words: 3, found: 0 });
    }

    #[test]
    fn two_in_a_thousand_are_not_too_many() {
        assert!(!Count { words: 1000, found: 2 }.is_too_many());
        assert!(Count { words: 1000, found: 3 }.is_too_many());
    }
}
