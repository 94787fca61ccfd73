//! How far an import is: a bar on a terminal, a line now and then elsewhere.

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressStyle};

use crate::console::harmless;

/// How often something is said where there is no terminal, in lines.
const INTERVAL: u64 = 1000;

const TEMPLATE: &str = "{bar:40} {percent:>3} %  {msg}";

/// How far it is.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    lines: u64,
}

impl Progress {
    /// Of so many bytes, if that is known.
    pub(crate) fn new(len: Option<u64>) -> Self {
        let bar = io::stderr().is_terminal().then(|| match (len, ProgressStyle::with_template(TEMPLATE)) {
            (Some(len), Ok(style)) => ProgressBar::new(len).with_style(style),
            _ => ProgressBar::new_spinner(),
        });
        Self { bar, lines: 0 }
    }

    /// A line of so many bytes is dealt with.
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

    /// Says something beside, in one line.
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
