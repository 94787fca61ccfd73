//! The pages: Markdown that is computed, and kept in the project.

use std::{fs, io, path::PathBuf};

use crate::{costs, memory::MemoryError, scale};

/// A page below `docs/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// What each operation costs.
    Costs,
    /// Where the limits are met.
    Scale,
}

impl Page {
    /// The page that `cargo xtask NAME` writes.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "costs" => Some(Self::Costs),
            "scale" => Some(Self::Scale),
            _ => None,
        }
    }

    /// Where it is kept.
    pub fn path(self) -> PathBuf {
        let name = match self {
            Self::Costs => "costs.md",
            Self::Scale => "scale.md",
        };
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs")).join(name)
    }

    /// What it says, computed anew.
    ///
    /// # Errors
    ///
    /// [`MemoryError`], if template.yaml doesn't say what memory the functions have.
    pub fn computed(self) -> Result<String, MemoryError> {
        match self {
            Self::Costs => costs::page(),
            Self::Scale => scale::page(),
        }
    }

    /// What it says where it is kept.
    ///
    /// # Errors
    ///
    /// If it can't be read.
    pub fn kept(self) -> io::Result<String> {
        fs::read_to_string(self.path())
    }
}

/// A row of a table.
pub(crate) fn row(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

/// A table with its numbers to the right.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let head: Vec<String> = head.iter().map(|cell| (*cell).to_owned()).collect();
    let line = std::iter::once("|---|").chain(head.iter().skip(1).map(|_| "---:|")).collect::<String>();
    let rows = rows.iter().map(|cells| row(cells)).collect::<String>();
    format!("\n{}{line}\n{rows}", row(&head))
}

/// A number as people read it: whole, with commas.
pub(crate) fn whole(number: f64) -> String {
    let digits = format!("{:.0}", number.round());
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_commas() {
        assert_eq!(
            [0.0, 999.4, 1000.0, 86_460.0, 1_234_567.0].map(whole),
            ["0", "999", "1,000", "86,460", "1,234,567"]
        );
    }
}
