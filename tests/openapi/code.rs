//! The code behind an operation, as text: what it calls says what it can be asked and answer.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use local::template::{BoundRoute, Template};

use crate::harness::openapi::Operation;

/// Read once, since a template takes a while.
static ROUTES: LazyLock<Vec<BoundRoute>> = LazyLock::new(|| {
    let template = Template::of_project().unwrap();
    template.api(&template.parameters()).unwrap().routes
});

/// The name of the function behind an operation.
pub(super) fn function(operation: &Operation) -> &'static str {
    let is_it = |route: &&BoundRoute| {
        route.path.replace("+}", "}") == operation.path && route.method == operation.method
    };
    let route = ROUTES.iter().find(is_it);
    let route = route.unwrap_or_else(|| panic!("no function for {} {}", operation.method, operation.path));
    &route.function
}

/// The files of the function, without their tests, and what they read of a request by way of `shared`.
pub(super) fn of(operation: &Operation) -> String {
    let folder = format!("functions/{}/src", function(operation));
    let mut code = String::new();
    for entry in fs::read_dir(root(&folder)).unwrap() {
        code.push_str(&without_tests(&fs::read_to_string(entry.unwrap().path()).unwrap()));
    }
    if code.contains("client_credentials(request") {
        code.push_str(&read("shared/src/http/client_credentials.rs"));
    }
    code
}

/// A file of the project, without its tests.
pub(super) fn read(path: &str) -> String {
    without_tests(&fs::read_to_string(root(path)).unwrap())
}

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn without_tests(code: &str) -> String {
    code.split("#[cfg(test)]").next().unwrap().to_owned()
}

/// The identifiers that stand after `before`, up to the next bracket: of `optional(parameter::SCOPE)` it is `SCOPE`.
pub(super) fn named_after(code: &str, before: &str) -> BTreeSet<String> {
    let rest = code.split(before).skip(1);
    let names = rest
        .map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap().to_owned());
    names.filter(|name| !name.is_empty()).collect()
}
