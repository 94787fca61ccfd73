//! The results, compared with the expected ones.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use crate::{expected::Disagreement, layers::Layer, vectors::Vector};

/// The verdicts of a layer on a file of vectors.
pub(crate) struct Report<'a> {
    file: &'static str,
    layer: Layer,
    vectors: &'a [Vector],
    accepted: BTreeSet<u64>,
    expected: &'static [Disagreement],
}

impl<'a> Report<'a> {
    pub(crate) fn new(
        file: &'static str,
        layer: Layer,
        vectors: &'a [Vector],
        expected: &'static [Disagreement],
    ) -> Self {
        let accepted = vectors.iter().filter(|vector| layer.accepts(vector)).map(|vector| vector.id);
        Self { file, layer, vectors, accepted: accepted.collect(), expected }
    }

    pub(crate) fn is_as_expected(&self) -> bool {
        let expected = self.expected.iter().flat_map(|disagreement| disagreement.ids).copied();
        let is_complete =
            expected.collect::<BTreeSet<u64>>() == self.disagreements().map(|vector| vector.id).collect();
        is_complete && self.expected.iter().all(|disagreement| self.has_twins(disagreement))
    }

    /// Whether the stated contradiction with another vector exists.
    fn has_twins(&self, disagreement: &Disagreement) -> bool {
        let find = |id| self.vectors.iter().find(|vector| vector.id == id);
        let Some(twin) = disagreement.twin else { return true };
        disagreement.ids.iter().all(|id| match (find(*id), find(twin)) {
            (Some(one), Some(other)) => {
                (&one.keys, &one.text) == (&other.keys, &other.text) && one.is_valid != other.is_valid
            }
            _ => false,
        })
    }

    fn agrees(&self, vector: &Vector) -> bool {
        vector.is_valid == self.accepted.contains(&vector.id)
    }

    fn disagreements(&self) -> impl Iterator<Item = &Vector> {
        self.vectors.iter().filter(|vector| !self.agrees(vector))
    }

    /// The agreeing vectors and all vectors, by the key's algorithm.
    fn algorithms(&self) -> BTreeMap<&str, (usize, usize)> {
        let mut algorithms = BTreeMap::new();
        for vector in self.vectors {
            let (agreeing, all) = algorithms.entry(vector.algorithm()).or_default();
            *agreeing += usize::from(self.agrees(vector));
            *all += 1_usize;
        }
        algorithms
    }

    fn expectation(&self, vector: &Vector) -> Option<&'static Disagreement> {
        self.expected.iter().find(|disagreement| disagreement.ids.contains(&vector.id))
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.vectors.len();
        let agreeing = all - self.disagreements().count();
        writeln!(f, "{}, {}: {agreeing} of {all} agree", self.file, self.layer)?;
        for (algorithm, (agreeing, all)) in self.algorithms() {
            writeln!(f, "  {algorithm:13} {agreeing:3} of {all:3}")?;
        }
        for (is_valid, title) in [(true, "valid, refused"), (false, "invalid, accepted")] {
            let vectors: Vec<_> = self.disagreements().filter(|v| v.is_valid == is_valid).collect();
            writeln!(f, "  {title}: {}", vectors.len())?;
            let mut reasons: BTreeMap<&str, Vec<String>> = BTreeMap::new();
            for vector in vectors {
                let reason =
                    self.expectation(vector).map_or("UNEXPECTED", |disagreement| disagreement.reason);
                reasons.entry(reason).or_default().push(format!("{} {}", vector.id, vector.comment));
            }
            for (reason, names) in reasons {
                writeln!(f, "    {reason}: {}", names.join(", "))?;
            }
        }
        for vector in self.vectors.iter().filter(|v| self.agrees(v) && self.expectation(v).is_some()) {
            writeln!(f, "  UNEXPECTED agreement: {} {}", vector.id, vector.comment)?;
        }
        Ok(())
    }
}
