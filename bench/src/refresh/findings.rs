//! The results.

use super::{chain::Ran, store::Kept};

/// The results of each subject, by run.
#[derive(Debug, Default)]
pub(crate) struct Findings(Vec<Found>);

#[derive(Debug)]
struct Found {
    connections: usize,
    kept: Kept,
    subject: String,
    ran: Ran,
}

impl Findings {
    /// The store alone.
    pub(crate) const CEILING: &str = "Latchgate's store alone";
    /// The program that `cargo run` starts.
    pub(crate) const OURS: &str = "Latchgate";
    /// Another build of it.
    pub(crate) const BEFORE: &str = "Latchgate, the other build";

    pub(crate) fn add(&mut self, connections: usize, kept: Kept, subject: &str, ran: Ran) {
        self.0.push(Found { connections, kept, subject: subject.to_owned(), ran });
    }

    /// One value of a subject with this many connections, by run.
    pub(crate) fn runs(
        &self,
        connections: usize,
        kept: Kept,
        subject: &str,
        part: fn(&Ran) -> f64,
    ) -> Vec<f64> {
        let found = self.0.iter().filter(|found| {
            found.connections == connections && found.kept == kept && found.subject == subject
        });
        found.map(|found| part(&found.ran)).collect()
    }

    /// All subjects with this store, in order.
    pub(crate) fn subjects(&self, kept: Kept) -> Vec<&str> {
        let mut subjects: Vec<&str> = Vec::new();
        for found in self.0.iter().filter(|found| found.kept == kept) {
            if !subjects.contains(&found.subject.as_str()) {
                subjects.push(&found.subject);
            }
        }
        subjects
    }
}
