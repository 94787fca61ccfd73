//! The progress of an import: a bar on a terminal, otherwise an occasional line.

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressStyle};

use super::fields;
use crate::console::harmless;

/// How many lines come between two messages without a terminal.
const INTERVAL: u64 = 1000;

const TEMPLATE: &str = "{bar:40} {percent:>3} %  {msg}";

/// The progress of an import.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    lines: u64,
    /// The advice that was printed for the whole file.
    advice: Option<&'static str>,
}

impl Progress {
    /// Starts the progress of an import of `len` bytes; `None`, if their number isn't known.
    pub(crate) fn new(len: Option<u64>) -> Self {
        let bar = io::stderr().is_terminal().then(|| match (len, ProgressStyle::with_template(TEMPLATE)) {
            (Some(len), Ok(style)) => ProgressBar::new(len).with_style(style),
            _ => ProgressBar::new_spinner(),
        });
        Self { bar, lines: 0, advice: None }
    }

    /// Counts a line with this many bytes.
    pub(crate) fn line(&mut self, len: usize) {
        self.lines += 1;
        match &self.bar {
            Some(bar) => {
                bar.inc(len as u64);
                bar.set_message(format!("{} lines", self.lines));
            }
            None if self.lines.is_multiple_of(INTERVAL) => eprintln!("{} lines", self.lines),
            None => {}
        }
    }

    /// Prints why a line is rejected, and once the advice that applies to the whole file.
    pub(crate) fn rejected(&mut self, number: u64, reason: &str) {
        if let Some(advice) = fields::advice(reason).filter(|advice| self.advice != Some(advice)) {
            self.say(advice);
            self.advice = Some(advice);
        }
        self.say(&format!("line {number}: {reason}"));
    }

    /// Prints a message in one line.
    pub(crate) fn say(&self, text: &str) {
        let text = harmless(text);
        match &self.bar {
            Some(bar) => bar.suspend(|| eprintln!("{text}")),
            None => eprintln!("{text}"),
        }
    }

    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
