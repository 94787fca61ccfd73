//! SECURITY.md and the evidence for it: the named tests exist, each promise has its row and each requirement its line, and
//! the counts are right.

use std::{collections::BTreeSet, fs};

const SECURITY: &str = include_str!("../SECURITY.md");
const PROMISES: &str = include_str!("../docs/evidence/promises.md");
const CONFORMANCE: &str = include_str!("../docs/evidence/conformance.md");

/// The sections of RFC 9700 in which something is required, recommended or permitted.
const RFC_9700: &str = "2.1 2.1.1 2.1.2 2.2.1 2.2.2 2.3 2.4 2.5 2.6 3 4.1.3 4.2.4 4.3.2 4.4.2 4.5.3.2 4.7.1 4.8.2 4.9.3 \
                        4.10 4.11.1 4.11.2 4.12 4.13 4.14.2 4.15.1 4.16 4.17.2";

/// The sections of ASVS 5.0.0's chapters V6, V7, V9 and V10, and how many requirements each has.
const ASVS: &str = "6.1:3 6.2:12 6.3:8 6.4:6 6.5:8 6.6:4 6.7:2 6.8:4 7.1:3 7.2:4 7.3:2 7.4:5 7.5:3 7.6:2 9.1:3 9.2:4 \
                    10.1:2 10.2:3 10.3:5 10.4:16 10.5:5 10.6:2 10.7:3";

/// The tests that a text names, as `file.rs: test, test`.
fn named(text: &str) -> Vec<(String, &str)> {
    let spans = text.lines().flat_map(|line| line.split('`').skip(1).step_by(2));
    let links = spans.filter_map(|span| span.split_once(".rs: "));
    links.flat_map(|(file, tests)| tests.split(", ").map(move |test| (format!("{file}.rs"), test))).collect()
}

fn cells(row: &str) -> Vec<&str> {
    row.trim_matches('|').split('|').map(str::trim).collect()
}

/// The rows of the tables whose head has this column.
fn rows<'a>(text: &'a str, column: &str) -> Vec<Vec<&'a str>> {
    let tables = text.split("\n\n").filter(|block| block.starts_with('|'));
    let tables = tables.filter(|table| cells(table.lines().next().unwrap()).contains(&column));
    let rows: Vec<_> = tables.flat_map(|table| table.lines().skip(2).map(cells)).collect();
    assert!(rows.len() > 20, "they were found");
    rows
}

/// What SECURITY.md says, by id and title: list items that begin with `**P1. A title.**`, and rows.
fn items() -> BTreeSet<(&'static str, &'static str)> {
    let bold = SECURITY.lines().filter_map(|line| line.strip_prefix("- **")?.split_once("**"));
    let listed = bold.map(|(item, _)| item.split_once(". ").unwrap());
    let listed = listed.map(|(id, title)| (id, title.trim_end_matches(['.', ',', ':'])));
    let tabled = rows(SECURITY, "id").into_iter().map(|row| (row[0], row[1]));
    let all: Vec<_> = listed.chain(tabled).collect();
    let items: BTreeSet<_> = all.iter().copied().collect();
    assert_eq!(items.len(), all.len(), "each stands once");
    items
}

/// The lines of conformance.md: which, its status, and what shows it.
fn lines() -> Vec<(&'static str, &'static str, &'static str)> {
    rows(CONFORMANCE, "shown by").into_iter().map(|row| (row[0], row[3], row[5])).collect()
}

#[test]
fn every_test_that_is_named_is_there() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    for (file, test) in named(PROMISES).into_iter().chain(named(CONFORMANCE)) {
        let source = fs::read_to_string(format!("{root}/{file}")).unwrap_or_else(|e| panic!("{file}: {e}"));
        let lines: Vec<_> = source.lines().map(str::trim_start).collect();
        let is_it = |line: &&str| line.trim_start_matches("async ").starts_with(&format!("fn {test}("));
        let at = lines.iter().position(is_it).unwrap_or_else(|| panic!("{file} has no {test}"));
        let attributes = lines[..at].iter().rev().take_while(|line| line.starts_with("#["));
        let is_test =
            attributes.into_iter().any(|a| a.starts_with("#[test]") || a.starts_with("#[tokio::test"));
        assert!(is_test, "{file}: {test} is no test");
    }
}

#[test]
fn every_item_of_security_md_has_a_row_in_promises_md_and_the_other_way_round() {
    let listed = rows(PROMISES, "shown by").into_iter().map(|row| (row[0], row[1]));
    let (listed, items): (Vec<_>, _) = (listed.collect(), items());
    assert_eq!(listed.iter().copied().collect::<BTreeSet<_>>(), items);
    assert_eq!(listed.len(), items.len(), "each stands once");
    assert_eq!(named(SECURITY), [], "its sentences name no tests");
}

#[test]
fn every_row_names_a_test_or_says_why_there_is_none() {
    for row in rows(PROMISES, "shown by").iter().chain(&rows(CONFORMANCE, "shown by")) {
        let shown_by = *row.last().unwrap();
        let is_reasoned = ["by design: ", "gateway: ", "none: ", "–"].iter().any(|r| shown_by.starts_with(r));
        assert_ne!(!named(shown_by).is_empty(), is_reasoned, "{row:?}");
        assert!(!row[0].starts_with('P') || !is_reasoned, "a promise without a test: {row:?}");
    }
    for (id, status, shown_by) in lines() {
        let fits = match status {
            "met" => !shown_by.starts_with("none: ") && shown_by != "–",
            "deviates" => shown_by != "–",
            "n/a" => shown_by == "–",
            _ => false,
        };
        assert!(fits, "{id}: {status}, {shown_by}");
    }
}

#[test]
fn no_requirement_is_left_out_and_none_stands_twice() {
    let ids: Vec<_> = lines().into_iter().map(|(id, ..)| id).collect();
    let sections = ASVS.split_whitespace().map(|section| section.split_once(':').unwrap());
    let asvs = sections
        .flat_map(|(section, n)| (1..=n.parse().unwrap()).map(move |i: u32| format!("V{section}.{i}")));
    let listed = ids.iter().filter(|id| id.starts_with('V')).map(|id| (*id).to_owned());
    assert_eq!(listed.collect::<Vec<_>>(), asvs.collect::<Vec<_>>());

    let mut rfc: Vec<_> = ids.iter().filter_map(|id| id.strip_prefix('§')).collect();
    assert!(rfc.windows(2).all(|pair| pair[0] != pair[1]), "each has its letter");
    for id in &mut rfc {
        *id = id.trim_end_matches(|c: char| c.is_ascii_lowercase());
    }
    rfc.dedup();
    assert_eq!(rfc, RFC_9700.split_whitespace().collect::<Vec<_>>());
}

#[test]
fn the_summary_counts_the_lines_and_lists_all_that_deviate() {
    let lines = lines();
    for (name, prefix) in
        [("RFC 9700", "§"), ("ASVS V6", "V6."), ("ASVS V7", "V7."), ("ASVS V9", "V9."), ("ASVS V10", "V10.")]
    {
        let chapter: Vec<_> = lines.iter().filter(|(id, ..)| id.starts_with(prefix)).collect();
        let count = |status| chapter.iter().filter(|line| line.1 == status).count();
        let all = chapter.len();
        let row = format!("| {name} | {} | {} | {} | {all} |", count("met"), count("deviates"), count("n/a"));
        assert!(SECURITY.lines().any(|line| line == row), "it is {row}");
    }
    let of_level_1 =
        rows(CONFORMANCE, "shown by").into_iter().filter(|row| row[1] == "1" && row[3] == "deviates");
    let of_level_1 = of_level_1.map(|row| row[0]).collect::<Vec<_>>().join(", ");
    assert!(SECURITY.lines().any(|line| line == format!("{of_level_1}.")), "it is {of_level_1}");
    let mut deviating: Vec<_> =
        lines.iter().filter(|line| line.1 == "deviates").map(|(id, ..)| (*id).to_owned()).collect();
    let listed = rows(SECURITY, "lines").into_iter();
    let mut listed: Vec<_> =
        listed.flat_map(|row| row[0].split(", ").map(str::to_owned).collect::<Vec<_>>()).collect();
    deviating.sort();
    listed.sort();
    assert_eq!(listed, deviating);
}
