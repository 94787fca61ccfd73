//! The list of components in functions or programs (an SBOM in CycloneDX format), by `cargo-cyclonedx`.
//!
//! The tool writes a file next to each package's manifest, so it works in a copy of the project. The files of packages
//! that are released together are merged into one without duplicate components.

use std::{collections::BTreeMap, fs};

use serde_json::{Map, Value, json};

use super::archives::VERSION;
use crate::{
    shell::{TaskError, cargo_tool, program, run},
    tree::Tree,
};

const TOOL_VERSION: &str = "0.5.9";
const SPECIFICATION: &str = "1.5";
const FILE: &str = "release";

/// The SBOM of the packages in these folders, built for this target, as JSON.
pub(super) fn of_packages(folders: &[String], target: &str) -> Result<String, TaskError> {
    let tool = cargo_tool("cargo-cyclonedx", TOOL_VERSION)?;
    let tree = Tree::of_task("cyclonedx")?;
    tree.restore()?;
    let arguments = ["cyclonedx", "--format", "json", "--spec-version", SPECIFICATION];
    let file = ["--override-filename", FILE, "--target", target, "--quiet"];
    // Without this, the file would contain the time of the run.
    run(tree.inside(program(tool, &arguments)).args(file).env("SOURCE_DATE_EPOCH", "0"))?;
    let mut boms = Vec::new();
    for folder in folders {
        let path = tree.folder().join(folder).join(FILE).with_extension("json");
        let failed = |e: &dyn std::fmt::Display| TaskError(format!("{}: {e}", path.display()));
        let text = fs::read_to_string(&path).map_err(|e| failed(&e))?;
        boms.push(serde_json::from_str(&text).map_err(|e| failed(&e))?);
    }
    // Removes the tool's folder, which differs on each machine.
    let folder =
        tree.folder().canonicalize().map_err(|e| TaskError(format!("{}: {e}", tree.folder().display())))?;
    let merged = merged(&boms).to_string().replace(&*folder.to_string_lossy(), "");
    Ok(merged + "\n")
}

/// Merges these into one: the packages become components, each with its dependencies.
fn merged(boms: &[Value]) -> Value {
    let mut components: BTreeMap<String, Value> = BTreeMap::new();
    let mut dependencies: BTreeMap<String, Value> = BTreeMap::new();
    let mut released = Vec::new();
    for bom in boms {
        let package = &bom["metadata"]["component"];
        released.push(package["bom-ref"].clone());
        let others = bom["components"].as_array().into_iter().flatten();
        for component in std::iter::once(package).chain(others) {
            components.insert(reference(component, "bom-ref"), component.clone());
        }
        for dependency in bom["dependencies"].as_array().into_iter().flatten() {
            dependencies.insert(reference(dependency, "ref"), dependency.clone());
        }
    }
    let stack = format!("latchgate@{VERSION}");
    dependencies.insert(stack.clone(), json!({ "ref": stack, "dependsOn": released }));
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
    fn components_are_listed_once_and_packages_with_their_dependencies() {
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
