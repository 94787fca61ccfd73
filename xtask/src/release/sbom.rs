//! The list of what is built into the functions (an SBOM, in CycloneDX's format), by `cargo-cyclonedx`.
//!
//! The tool writes one for each package of the workspace, beside its manifest: so it works in a copy of the project. Those of
//! the functions become one, in which each component stands once.

use std::{collections::BTreeMap, fs};

use serde_json::{Map, Value, json};

use super::version::VERSION;
use crate::{
    shell::{TaskError, cargo_tool, program, run},
    tree::Tree,
};

const TOOL_VERSION: &str = "0.5.9";
const SPECIFICATION: &str = "1.5";
const FILE: &str = "functions";

/// That of these packages, as JSON.
pub(super) fn of_functions(packages: &[&str], architecture: &str) -> Result<String, TaskError> {
    let tool = cargo_tool("cargo-cyclonedx", TOOL_VERSION)?;
    let tree = Tree::of_task("cyclonedx")?;
    tree.restore()?;
    let target = match architecture {
        "arm64" => "aarch64-unknown-linux-gnu",
        _ => "x86_64-unknown-linux-gnu",
    };
    let arguments = ["cyclonedx", "--format", "json", "--spec-version", SPECIFICATION];
    let file = ["--override-filename", FILE, "--target", target, "--quiet"];
    // Without it, the time of the run would be in the file.
    run(tree.inside(program(tool, &arguments)).args(file).env("SOURCE_DATE_EPOCH", "0"))?;
    let mut boms = Vec::new();
    for package in packages {
        let path = tree.folder().join("functions").join(package).join(FILE).with_extension("json");
        let failed = |e: &dyn std::fmt::Display| TaskError(format!("{}: {e}", path.display()));
        let text = fs::read_to_string(&path).map_err(|e| failed(&e))?;
        boms.push(serde_json::from_str(&text).map_err(|e| failed(&e))?);
    }
    // Where the tool worked is nobody's business, and different on each machine.
    let folder =
        tree.folder().canonicalize().map_err(|e| TaskError(format!("{}: {e}", tree.folder().display())))?;
    let merged = merged(&boms).to_string().replace(&*folder.to_string_lossy(), "");
    Ok(merged + "\n")
}

/// One for all of these: the functions are components of it, each with what it depends on.
fn merged(boms: &[Value]) -> Value {
    let mut components: BTreeMap<String, Value> = BTreeMap::new();
    let mut dependencies: BTreeMap<String, Value> = BTreeMap::new();
    let mut functions = Vec::new();
    for bom in boms {
        let function = &bom["metadata"]["component"];
        functions.push(function["bom-ref"].clone());
        let others = bom["components"].as_array().into_iter().flatten();
        for component in std::iter::once(function).chain(others) {
            components.insert(reference(component, "bom-ref"), component.clone());
        }
        for dependency in bom["dependencies"].as_array().into_iter().flatten() {
            dependencies.insert(reference(dependency, "ref"), dependency.clone());
        }
    }
    let stack = format!("latchgate@{VERSION}");
    dependencies.insert(stack.clone(), json!({ "ref": stack, "dependsOn": functions }));
    let licences = json!([{ "expression": "MIT OR Apache-2.0" }]);
    let component = json!({
        "type": "application", "bom-ref": stack, "name": "latchgate", "version": VERSION, "licenses": licences,
    });
    let mut metadata = Map::from_iter([("component".to_owned(), component)]);
    if let Some(tools) = boms.first().and_then(|bom| bom["metadata"].get("tools")) {
        metadata.insert("tools".to_owned(), tools.clone());
    }
    json!({
        "bomFormat": "CycloneDX",
        "specVersion": SPECIFICATION,
        "version": 1,
        "metadata": metadata,
        "components": components.into_values().collect::<Vec<_>>(),
        "dependencies": dependencies.into_values().collect::<Vec<_>>(),
    })
}

fn reference(of: &Value, name: &str) -> String {
    of[name].as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_component_stands_once_and_each_function_with_what_it_depends_on() {
        let bom = |function: &str| {
            json!({
                "metadata": { "component": { "bom-ref": function, "name": function }, "tools": [] },
                "components": [{ "bom-ref": "shared" }, { "bom-ref": format!("{function}-only") }],
                "dependencies": [{ "ref": function, "dependsOn": ["shared"] }, { "ref": "shared" }],
            })
        };
        let merged = merged(&[bom("login"), bom("refresh")]);
        let names = |list: &str, name: &str| {
            let list = merged[list].as_array().unwrap();
            list.iter().map(|entry| entry[name].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(
            names("components", "bom-ref"),
            ["login", "login-only", "refresh", "refresh-only", "shared"]
        );
        let stack = format!("latchgate@{VERSION}");
        assert_eq!(
            names("dependencies", "ref"),
            [stack.as_str(), "login", "refresh", "shared"].map(str::to_owned)
        );
        let of_the_stack = &merged["dependencies"][0]["dependsOn"];
        assert_eq!(of_the_stack, &json!(["login", "refresh"]));
    }
}
