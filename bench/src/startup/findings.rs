//! The results.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use crate::{program::Failure, report::Figure};

use super::{share::Share, subjects::Subject, trial::Watched};

const BYTES_A_MB: f64 = 1e6;

/// All observations, by processor share and subject index.
#[derive(Debug)]
pub(crate) struct Findings(Vec<(Share, BTreeMap<usize, Vec<Watched>>)>);

/// The size of a bootstrap and its zip, in MB.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) bootstrap: f64,
    pub(crate) zip: f64,
}

impl Findings {
    pub(crate) fn new(subjects: &[Subject]) -> Self {
        let nothing = || (0..subjects.len()).map(|place| (place, Vec::new())).collect();
        Self(Share::ALL.map(|share| (share, nothing())).into())
    }

    pub(crate) fn add(&mut self, share: Share, place: usize, watched: Watched) {
        let of_share = self.0.iter_mut().filter(|(of, _)| *of == share);
        of_share.for_each(|(_, by_place)| by_place.entry(place).or_default().push(watched));
    }

    /// One value of a subject, by run.
    pub(crate) fn runs(&self, share: Share, place: usize, part: fn(&Watched) -> f64) -> Vec<f64> {
        let of_share = self.0.iter().find(|(of, _)| *of == share);
        let watched = of_share.and_then(|(_, by_place)| by_place.get(&place));
        watched.map(|runs| runs.iter().map(part).collect()).unwrap_or_default()
    }

    pub(crate) fn median(&self, share: Share, place: usize, part: fn(&Watched) -> f64) -> f64 {
        Figure::of("", self.runs(share, place, part)).median
    }
}

impl Size {
    pub(crate) fn of(bootstrap: &Path) -> Result<Self, Failure> {
        let zip = std::env::temp_dir().join(format!("latchgate-bench-{}.zip", std::process::id()));
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../xtask/src/release/archive.py");
        let mut archive = Command::new("python3");
        archive.arg(script).arg("create").arg(&zip).arg(bootstrap).arg("bootstrap");
        if !archive.status()?.success() {
            return Err("no zip".into());
        }
        let megabytes = |path: &Path| Ok::<_, Failure>(megabytes(fs::metadata(path)?.len()));
        let size = Self { bootstrap: megabytes(bootstrap)?, zip: megabytes(&zip)? };
        fs::remove_file(zip)?;
        Ok(size)
    }
}

fn megabytes(bytes: u64) -> f64 {
    u32::try_from(bytes).map_or(f64::INFINITY, f64::from) / BYTES_A_MB
}
