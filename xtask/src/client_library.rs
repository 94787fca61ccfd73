//! Checks `clients/typescript`, which has its own lockfile: its build, its size, its types against `openapi.yaml`, and
//! its tests in Node and Chromium against `cargo run`. It also tries `examples/spa` in Chromium.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    browser, packages,
    server::{LocalServer, PortServer, free_address},
    shell::{TaskError, cargo, output, program, root, run, tool_folder},
};

const FOLDER: &str = "clients/typescript";
/// The name of its folder below `.tools`.
const TOOL: &str = "client-library";
/// Folders in the copy that come from npm or a build, not from the project.
const NOT_OURS: [&str; 3] = ["node_modules", "dist", "openapi"];

/// Runs all checks.
pub(crate) fn run_all() -> Result<(), TaskError> {
    let folder = checked()?;
    run(&mut cargo(&["build", "--locked", "--bin", "latchgate", "--bin", "latchgate-local"]))?;
    let built = root().join("target/debug");
    let mut tests = program("npm", &["test"]);
    tests.current_dir(&folder).env("LATCHGATE_CHROMIUM", browser::browser()?);
    tests
        .env("LATCHGATE_LOCAL", built.join("latchgate-local"))
        .env("LATCHGATE_COMMAND", built.join("latchgate"));
    run(&mut tests)?;
    use_example(&folder)
}

/// Serves `examples/spa` with this build of the library, and uses it in the browser.
fn use_example(library: &Path) -> Result<(), TaskError> {
    let (app, api) = (free_address()?, free_address()?);
    let (origin, upstream) = (format!("http://localhost:{}", app.port()), format!("/orders=http://{api}"));
    let server = LocalServer::start(&["--origin", &origin, "--upstream", &upstream])?;
    let port = app.port().to_string();
    let mut serve = program("node", &["examples/spa/serve.mjs"]);
    serve.env("PORT", &port).env("API_PORT", api.port().to_string());
    serve.env("LATCHGATE_URL", server.said("url")?).env("LATCHGATE_LIBRARY", library.join("dist"));
    let _app = PortServer::start(&mut serve, app)?;
    let pictures = tool_folder("client-library-pictures")?;
    let mut script = program("node", &["xtask/src/client_library/spa.mjs"]);
    script.env("PORT", &port).env("LATCHGATE_PASSWORD", server.said("password")?);
    script.env("LATCHGATE_CLIENT", library).env("LATCHGATE_CHROMIUM", browser::browser()?);
    run(script.env("LATCHGATE_PICTURES", &pictures))?;
    println!("pictures of the app: {}", pictures.display());
    Ok(())
}

/// Checks the build, the size, the package and the types, without a server.
pub(crate) fn check() -> Result<(), TaskError> {
    checked().map(drop)
}

/// Checks the library in a copy of its folder, so that it can't read anything outside. Returns the folder.
fn checked() -> Result<PathBuf, TaskError> {
    let folder = copied()?;
    packages::npm_of(&root().join(FOLDER), TOOL)?;
    for script in ["build", "size", "imports"] {
        run(program("npm", &["run", "--silent", script]).current_dir(&folder))?;
    }
    types(&folder)?;
    Ok(folder)
}

/// Copies the folder's tracked files, and removes files that no longer exist.
fn copied() -> Result<PathBuf, TaskError> {
    let (from, to) = (root().join(FOLDER), tool_folder(TOOL)?);
    let failed = |path: &Path, e: &std::io::Error| TaskError(format!("{}: {e}", path.display()));
    for entry in fs::read_dir(&to).map_err(|e| failed(&to, &e))? {
        let path = entry.map_err(|e| failed(&to, &e))?.path();
        if path.is_dir() && !NOT_OURS.iter().any(|name| path.ends_with(name)) {
            fs::remove_dir_all(&path).map_err(|e| failed(&path, &e))?;
        }
    }
    let tracked = output(program("git", &["ls-files", "-z"]).current_dir(&from))?;
    for name in tracked.split('\0').filter(|name| !name.is_empty() && from.join(name).is_file()) {
        let path = to.join(name);
        let written =
            path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::copy(from.join(name), &path));
        written.map_err(|e| failed(&path, &e))?;
    }
    Ok(to)
}

/// Compares the library's types and error codes with those that openapi-typescript derives from `openapi.yaml`.
fn types(folder: &Path) -> Result<(), TaskError> {
    let tools = packages::npm("lint")?.join("node_modules/.bin");
    let openapi = folder.join("openapi");
    fs::create_dir_all(&openapi)
        .and_then(|()| fs::write(openapi.join("matches.ts"), include_str!("client_library/matches.ts")))
        .map_err(|e| TaskError(format!("{}: {e}", openapi.display())))?;
    run(program(tools.join("openapi-typescript"), &["openapi.yaml", "--output"]).arg(openapi.join("api.ts")))?;
    let strict =
        ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--skipLibCheck", "false"];
    run(program(folder.join("node_modules/.bin/tsc"), &strict)
        .arg(openapi.join("matches.ts"))
        .current_dir(folder))?;
    println!("its types and error codes are those of openapi.yaml");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::files_below;

    fn json(name: &str) -> serde_json::Value {
        serde_json::from_str(&fs::read_to_string(root().join(FOLDER).join(name)).unwrap()).unwrap()
    }

    #[test]
    fn the_library_has_no_dependencies() {
        let package = json("package.json");
        assert!(package.get("dependencies").is_none() && package.get("peerDependencies").is_none());
    }

    #[test]
    fn every_package_that_builds_or_tests_it_has_one_version_and_a_hash() {
        for folder in [".", "recipes/expo", "recipes/next"] {
            let [package, lock] =
                ["package.json", "package-lock.json"].map(|name| json(&format!("{folder}/{name}")));
            for kind in ["dependencies", "devDependencies"] {
                assert_eq!(package[kind], lock["packages"][""][kind], "{folder}");
            }
            let locked = lock["packages"].as_object().unwrap().iter().filter(|(path, _)| !path.is_empty());
            for (path, package) in locked {
                let integrity = package["integrity"].as_str().unwrap_or_default();
                assert!(integrity.starts_with("sha512-") || package["inBundle"] == true, "{path}");
            }
        }
    }

    #[test]
    fn its_package_is_of_this_version_and_repository_under_the_same_licences() {
        let package = json("package.json");
        assert_eq!(package["version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(package["version"], json("package-lock.json")["version"]);
        let repository = format!("git+{}.git", env!("CARGO_PKG_REPOSITORY"));
        assert_eq!(package["repository"]["url"], repository.as_str());
        assert_eq!(package["repository"]["directory"], FOLDER);
        let text = |path: &str| fs::read_to_string(root().join(path)).unwrap();
        for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
            assert_eq!(text(&format!("{FOLDER}/{licence}")), text(licence));
        }
    }

    #[test]
    fn every_part_of_the_library_is_short() {
        for path in files_below(&root().join(FOLDER).join("src")).unwrap() {
            let lines = fs::read_to_string(&path).unwrap().lines().count();
            assert!(lines <= 250, "{}: {lines}", path.display());
        }
    }
}
