//! SECURITY.md and its evidence: the named tests exist, each promise and requirement has its row, and the counts are
//! right.

use std::{collections::BTreeSet, fs, path::Path};

const SECURITY: &str = include_str!("../SECURITY.md");
const PROMISES: &str = include_str!("../docs/evidence/promises.md");
const CONFORMANCE: &str = include_str!("../docs/evidence/conformance.md");

/// The sections of RFC 9700 that require, recommend or permit something.
const RFC_9700: &str = "2.1 2.1.1 2.1.2 2.2.1 2.2.2 2.3 2.4 2.5 2.6 3 4.1.3 4.2.4 4.3.2 4.4.2 4.5.3.2 4.7.1 4.8.2 4.9.3 \
                        4.10 4.11.1 4.11.2 4.12 4.13 4.14.2 4.15.1 4.16 4.17.2";

/// The sections of RFC 9449 that require, recommend or permit something for a server without pushed requests,
/// introspection or resource-server nonces.
const RFC_9449: &str = "4.2 4.3 5 5.1 5.2 6 7 7.1 7.2 8 10 11.1 11.3 11.6";

/// The sections of RFC 10017 that require, recommend or permit something for a server, a client or its
/// backend.
const RFC_10017: &str = "6.1.3.1 6.1.3.2 6.1.3.3 6.1.3.3.2 6.1.3.6 6.2.2.3 6.2.3.1 6.3.2.1 6.3.2.2 6.3.2.3 6.3.3.1 \
                         6.3.3.2 6.3.3.2.1 6.3.3.3 6.3.3.4 7.2 7.3 8.1 8.2 9.1 9.3 9.4";

/// The sections of ASVS 5.0.0's chapters V6, V7, V9 and V10, with the number of requirements.
const ASVS: &str = "6.1:3 6.2:12 6.3:8 6.4:6 6.5:8 6.6:4 6.7:2 6.8:4 7.1:3 7.2:4 7.3:2 7.4:5 7.5:3 7.6:2 9.1:3 9.2:4 \
                    10.1:2 10.2:3 10.3:5 10.4:16 10.5:5 10.6:2 10.7:3";

/// The tests that a text names, as `file.rs: test, test`.
fn named(text: &str) -> Vec<(String, &str)> {
    let spans = text.lines().flat_map(|line| line.split('`').skip(1).step_by(2));
    let links = spans.filter_map(|span| span.split_once(".rs: "));
    links.flat_map(|(file, tests)| tests.split(", ").map(move |test| (format!("{file}.rs"), test))).collect()
}

/// The client library's tests that a text names, as `file.mjs: title`.
fn titled(text: &str) -> Vec<(&str, &str)> {
    let spans = text.lines().flat_map(|line| line.split('`').skip(1).step_by(2));
    let links = spans.filter_map(|span| span.split_once(": "));
    links.filter(|(file, _)| Path::new(file).extension().is_some_and(|e| e == "mjs")).collect()
}

fn cells(row: &str) -> Vec<&str> {
    row.trim_matches('|').split('|').map(str::trim).collect()
}

/// The rows of the tables with this column.
fn rows<'a>(text: &'a str, column: &str) -> Vec<Vec<&'a str>> {
    let tables = text.split("\n\n").filter(|block| block.starts_with('|'));
    let tables = tables.filter(|table| cells(table.lines().next().unwrap()).contains(&column));
    let rows: Vec<_> = tables.flat_map(|table| table.lines().skip(2).map(cells)).collect();
    assert!(rows.len() > 20, "they were found");
    rows
}

/// The items of SECURITY.md by id and title: list items that begin with `**P1. A title.**`, and rows.
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

/// The rows of conformance.md: the requirement, its status and its evidence.
fn lines() -> Vec<(&'static str, &'static str, &'static str)> {
    rows(CONFORMANCE, "shown by").into_iter().map(|row| (row[0], row[3], row[5])).collect()
}

#[test]
fn every_named_test_exists() {
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
    for (file, title) in titled(PROMISES).into_iter().chain(titled(CONFORMANCE)) {
        let source = fs::read_to_string(format!("{root}/{file}")).unwrap_or_else(|e| panic!("{file}: {e}"));
        // One that runs with DPoP and without it has that behind its title.
        let heads = [format!("test('{title}', "), format!("test(`{title} ${{")];
        assert!(heads.iter().any(|head| source.contains(head)), "{file} has no {title}");
    }
}

#[test]
fn items_of_security_md_and_rows_of_promises_md_correspond() {
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
        let is_shown = !named(shown_by).is_empty() || !titled(shown_by).is_empty();
        assert_ne!(is_shown, is_reasoned, "{row:?}");
        assert!(!row[0].starts_with('P') || !is_reasoned, "a promise without a test: {row:?}");
    }
    for (id, status, shown_by) in lines() {
        let fits = match status {
            "met" | "met if bound" => !shown_by.starts_with("none: ") && shown_by != "–",
            "deviates" => shown_by != "–",
            "n/a" => shown_by == "–",
            _ => false,
        };
        assert!(fits, "{id}: {status}, {shown_by}");
    }
}

#[test]
fn every_requirement_is_listed_once() {
    let ids: Vec<_> = lines().into_iter().map(|(id, ..)| id).collect();
    let sections = ASVS.split_whitespace().map(|section| section.split_once(':').unwrap());
    let asvs = sections
        .flat_map(|(section, n)| (1..=n.parse().unwrap()).map(move |i: u32| format!("V{section}.{i}")));
    let listed = ids.iter().filter(|id| id.starts_with('V')).map(|id| (*id).to_owned());
    assert_eq!(listed.collect::<Vec<_>>(), asvs.collect::<Vec<_>>());

    for (prefix, sections) in [("§", RFC_9700), ("DPoP ", RFC_9449), ("10017 ", RFC_10017)] {
        let mut rfc: Vec<_> = ids.iter().filter_map(|id| id.strip_prefix(prefix)).collect();
        assert!(rfc.windows(2).all(|pair| pair[0] != pair[1]), "each has its letter");
        for id in &mut rfc {
            *id = id.trim_end_matches(|c: char| c.is_ascii_lowercase());
        }
        rfc.dedup();
        assert_eq!(rfc, sections.split_whitespace().collect::<Vec<_>>());
    }
}

#[test]
fn the_summary_counts_the_lines_and_lists_all_that_deviate() {
    let lines = lines();
    for (name, prefix) in [
        ("RFC 9700", "§"),
        ("RFC 9449", "DPoP "),
        ("RFC 10017", "10017 "),
        ("ASVS V6", "V6."),
        ("ASVS V7", "V7."),
        ("ASVS V9", "V9."),
        ("ASVS V10", "V10."),
    ] {
        let chapter: Vec<_> = lines.iter().filter(|(id, ..)| id.starts_with(prefix)).collect();
        let count = |status| chapter.iter().filter(|line| line.1 == status).count();
        let all = chapter.len();
        let [met, if_bound, deviates, not_applicable] = ["met", "met if bound", "deviates", "n/a"].map(count);
        let row = format!("| {name} | {met} | {if_bound} | {deviates} | {not_applicable} | {all} |");
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
