//! Compares docs/evidence/scenarios.md with the tests: the cases, the counts, and the quoted sources.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

const PAGE: &str = include_str!("../../docs/evidence/scenarios.md");

/// The documents that explain different answers.
const DOCUMENTS: [(&str, &str); 4] = [
    ("ARCHITECTURE.md", include_str!("../../ARCHITECTURE.md")),
    ("docs/guide/api.md", include_str!("../../docs/guide/api.md")),
    ("SECURITY.md", include_str!("../../SECURITY.md")),
    ("docs/operations/events.md", include_str!("../../docs/operations/events.md")),
];

/// A case of another project's suite, and the test for it here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Case {
    /// The repository and file.
    origin: String,
    /// Its name there.
    name: String,
    /// The module and function.
    test: String,
    /// The reason for a different answer. Empty if the answer is the same.
    differs: String,
}

/// The cases of all other modules.
fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let modules = files.map(|path| {
        let module = path.file_stem().unwrap().to_str().unwrap().to_owned();
        (module, fs::read_to_string(path).unwrap())
    });
    let others = modules.filter(|(module, _)| module != "page" && module != "mod");
    let compiled = include_str!("mod.rs");
    let run =
        others.inspect(|(module, _)| assert!(compiled.contains(&format!("\nmod {module};\n")), "{module}"));
    run.flat_map(|(module, source)| cases_in(&module, &source)).collect()
}

/// The cases above each test of a module. Every test has one, and none is skipped.
fn cases_in(module: &str, source: &str) -> Vec<Case> {
    let (mut cases, mut of_test) = (Vec::new(), Vec::<Case>::new());
    let (mut origin, mut is_test) = ("", false);
    for line in source.lines() {
        if let Some(text) = line.strip_prefix("/// Origin: ") {
            origin = text;
        } else if let Some(name) = line.strip_prefix("/// - \"").and_then(|text| text.strip_suffix('"')) {
            assert!(!origin.is_empty(), "{module}: {line}");
            let (origin, name) = (origin.to_owned(), name.trim_matches('"').to_owned());
            of_test.push(Case { origin, name, test: String::new(), differs: String::new() });
        } else if let Some(text) = line.strip_prefix("///   differs: ") {
            text.clone_into(&mut of_test.last_mut().unwrap().differs);
        } else if line.starts_with("#[tokio::test") || line.starts_with("#[test") {
            is_test = true;
        } else if is_test && let Some(function) = line.split("fn ").nth(1) {
            let function = function.split('(').next().unwrap();
            assert!(!of_test.is_empty(), "{module}::{function} doesn't say where it comes from");
            let test = format!("{module}::{function}");
            cases.extend(of_test.drain(..).map(|case| Case { test: test.clone(), ..case }));
            (origin, is_test) = ("", false);
        }
        assert!(!line.starts_with("#[ignore") && !line.starts_with("#[should_panic"), "{module}: {line}");
    }
    assert!(of_test.is_empty(), "{module}: cases without a test: {of_test:?}");
    cases
}

/// The cells of a row of a table.
fn cells(row: &str) -> Vec<&str> {
    row.trim_matches('|').split('|').map(str::trim).collect()
}

/// The cases in the tables of the page.
fn documented() -> Vec<Case> {
    let mut cases = Vec::new();
    for section in PAGE.split("\n## ").skip(1) {
        let origin = section.lines().next().unwrap().to_owned();
        for row in section.lines().filter(|line| line.starts_with("| \"")) {
            let &[name, test, differs] = &cells(row)[..] else { panic!("{row}") };
            cases.push(Case {
                origin: origin.clone(),
                name: name.trim_matches('"').to_owned(),
                test: test.trim_matches('`').to_owned(),
                differs: differs.to_owned(),
            });
        }
    }
    cases
}

#[test]
fn the_page_lists_every_case_and_every_test_and_no_others() {
    let (mut ours, mut page) = (cases(), documented());
    ours.sort();
    page.sort();
    assert!(ours.len() > 100, "they were found");
    let (in_code, in_page): (BTreeSet<_>, BTreeSet<_>) = (ours.iter().collect(), page.iter().collect());
    assert_eq!(in_code.difference(&in_page).collect::<Vec<_>>(), Vec::<&&Case>::new(), "not in the page");
    assert_eq!(in_page.difference(&in_code).collect::<Vec<_>>(), Vec::<&&Case>::new(), "only in the page");
    assert_eq!(ours.len(), page.len(), "each of them once");
}

#[test]
fn the_pages_counts_are_those_of_the_tests() {
    let mut by_origin = BTreeMap::<String, Vec<Case>>::new();
    for case in cases() {
        by_origin.entry(format!("`{}`", case.origin)).or_default().push(case.clone());
        by_origin.entry("all".to_owned()).or_default().push(case);
    }
    let rows = PAGE.split("\n## ").next().unwrap().lines().filter(|line| line.starts_with("| "));
    let rows: BTreeMap<_, _> =
        rows.map(cells).map(|cells| (cells[0].to_owned(), cells[2..].to_owned())).collect();
    for (origin, cases) in &by_origin {
        let tests: BTreeSet<_> = cases.iter().map(|case| &case.test).collect();
        let otherwise = cases.iter().filter(|case| !case.differs.is_empty()).count();
        // A failing test fails the run, and none is skipped, so all listed tests pass.
        let counts = [cases.len(), tests.len(), otherwise, cases.len()].map(|count| count.to_string());
        assert_eq!(
            rows.get(origin).map(Vec::as_slice),
            Some(&counts.each_ref().map(String::as_str)[..]),
            "{origin}"
        );
    }
    assert_eq!(rows.len(), by_origin.len() + 1, "the head of the table, and no row besides");
}

#[test]
fn every_different_answer_quotes_a_document_or_an_rfc() {
    let spaced = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    for case in cases().iter().filter(|case| !case.differs.is_empty()) {
        if case.differs.starts_with("RFC ") {
            continue;
        }
        let (document, quoted) = case.differs.split_once(' ').unwrap();
        let quoted = quoted.trim_matches('"');
        let text = DOCUMENTS.iter().find(|(name, _)| *name == document).expect(document).1;
        assert!(spaced(text).contains(quoted), "{}: {document} doesn't say: {quoted}", case.test);
    }
}
