//! Publishes a report.

use std::{fs, io};

use super::{
    figures::Report,
    kept::{folder, path_of_page},
    markdown::{of_part, page},
    plot,
};

impl Report {
    /// Prints the report, and stores it, its plots and the page of all reports.
    ///
    /// # Errors
    ///
    /// If a file can't be written.
    pub(crate) fn publish(&self) -> io::Result<()> {
        println!("{}", of_part(self));
        let folder = folder();
        fs::create_dir_all(&folder)?;
        let json = serde_json::to_string_pretty(self)?;
        fs::write(folder.join(format!("{}.json", self.part)), format!("{json}\n"))?;
        fs::write(folder.join(format!("{}.svg", self.part)), plot::svg(self))?;
        fs::write(path_of_page(), page()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_and_the_plots_match_the_kept_figures() {
        assert_eq!(fs::read_to_string(path_of_page()).unwrap(), page().unwrap(), "cargo xtask bench");
        for report in Report::kept().unwrap() {
            let kept = fs::read_to_string(folder().join(format!("{}.svg", report.part))).unwrap();
            assert_eq!(kept, plot::svg(&report), "cargo xtask bench {}", report.part);
        }
    }
}
