//! CONTRIBUTING.md: its examples are copied from the code, and its table lists the existing tasks.

use std::{collections::BTreeSet, fs};

const CONTRIBUTING: &str = include_str!("../CONTRIBUTING.md");
const XTASK: &str = include_str!("../xtask/src/main.rs");

#[test]
fn the_examples_are_in_the_files_that_are_named_before_them() {
    let blocks: Vec<&str> = CONTRIBUTING.split("```rust\n").collect();
    assert_eq!(blocks.len(), 4, "three examples");
    for pair in blocks.windows(2) {
        let file = pair[0].trim_end().trim_end_matches("`:").rsplit('`').next().unwrap();
        let example = pair[1].split("```").next().unwrap();
        let code = fs::read_to_string(format!("{}/../{file}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        assert!(code.contains(example), "{file} has no\n{example}");
    }
}

#[test]
fn every_task_is_in_the_table_and_no_other() {
    let usage = XTASK.split("cargo xtask TASK\n\n").nth(1).unwrap().split("\";").next().unwrap();
    // The other lines of a description have a deeper indent.
    let tasks = usage.lines().filter_map(|line| line.strip_prefix("  ")?.split([' ', '[']).next());
    let tasks: BTreeSet<&str> = tasks.filter(|task| !task.is_empty()).collect();
    let table = CONTRIBUTING.split("| task | what it does |\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let rows = table.lines().filter_map(|row| row.split('`').nth(1));
    assert_eq!(rows.collect::<BTreeSet<_>>(), tasks);
}
