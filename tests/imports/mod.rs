//! Imports point one way: in no package do files import each other in a circle, and the modules of `shared` follow one
//! order.
//!
//! The imports come from the sources, so a new file is checked too. An import is a path to an item, in a `use` or
//! inline. It leads to the file that defines the item, even if a parent module re-exports it. A re-export from a child
//! module isn't an import of the child, and code under `#[cfg(test)]` doesn't count.

mod collect;
mod cycle;
mod module;
mod order;
mod package;
mod resolve;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cycle::Imports;
use module::Crate;

/// The packages that still have cycles. Packages without cycles must leave this list.
const STILL_TIED: [&str; 0] = [];

#[test]
fn no_package_has_an_import_cycle() {
    let mut found = Vec::new();
    let mut tied = Vec::new();
    for package in package::members() {
        let crates = package.read();
        let mut faults = cycle::all(resolve::imports(&crates));
        if package.name == "shared" {
            faults.extend(order::violations(&crates));
        }
        if faults.is_empty() {
            continue;
        }
        if !STILL_TIED.contains(&package.name.as_str()) {
            found.push(format!("\n{}:\n{}", package.name, faults.concat()));
        }
        tied.push(package.name);
    }
    assert!(found.is_empty(), "imports that run in a circle or against the order:\n{}", found.concat());
    let untied: Vec<_> = STILL_TIED.iter().filter(|name| !tied.iter().any(|tied| tied == *name)).collect();
    assert!(untied.is_empty(), "no cycle is left in {untied:?}: take them from STILL_TIED");
}

/// The imports among `files`. The first file is the root.
fn imports_of(files: &[(&str, &str)]) -> Imports {
    let files: BTreeMap<_, _> =
        files.iter().map(|(path, text)| (PathBuf::from(path), (*text).to_owned())).collect();
    let read = |path: &Path| files.get(path).cloned();
    resolve::imports(&[Crate::read("example", Path::new("src/lib.rs"), &read)])
}

#[test]
fn a_cycle_through_a_re_export_names_its_files_and_its_paths() {
    let imports = imports_of(&[
        ("src/lib.rs", "mod a; mod b; pub use a::A; pub use b::B;"),
        ("src/a.rs", "use crate::B; pub struct A(B);"),
        ("src/b.rs", "pub struct B; fn f(a: &super::A) {}"),
    ]);
    let faults = cycle::all(imports);
    assert_eq!(faults, ["  src/a.rs -> src/b.rs by `crate::B`\n  src/b.rs -> src/a.rs by `super::A`\n"]);
}

#[test]
fn a_parent_and_a_child_that_use_each_other_are_a_cycle() {
    let parent = ("src/lib.rs", "mod child; struct Parent; fn f() { child::g() }");
    let child = ("src/child.rs", "use super::Parent; pub fn g() {}");
    assert_eq!(cycle::all(imports_of(&[parent, child])).len(), 1);
}

#[test]
fn macros_and_attributes_import_what_they_name() {
    let parent = ("src/lib.rs", "mod child; fn f() { println!(\"{}\", child::g()) }");
    let child = ("src/child.rs", "#[serde(with = \"super::f\")] pub struct G;");
    assert_eq!(cycle::all(imports_of(&[parent, child])).len(), 0, "the child has no `g`");
    let child = ("src/child.rs", "#[serde(with = \"super::f\")] pub fn g() {}");
    assert_eq!(cycle::all(imports_of(&[parent, child])).len(), 1);
}

#[test]
fn declarations_re_exports_and_tests_are_not_imports() {
    let parent = ("src/lib.rs", "mod child; pub use child::Child; pub struct Parent;");
    let child = (
        "src/child.rs",
        "use super::Parent; pub struct Child(Parent); #[cfg(test)] mod tests { use super::*; }",
    );
    assert_eq!(cycle::all(imports_of(&[parent, child])), Vec::<String>::new());
}
