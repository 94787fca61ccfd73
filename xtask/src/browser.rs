//! Tests real pages in a real browser: the pages where users sign in, the local server's page, and the API from a page
//! of another origin, with and without DPoP.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    packages,
    server::{LocalServer, free_address},
    shell::{TaskError, program, root, run, tool_folder},
};

/// The names of Chromium on Debian and on GitHub's machines.
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
/// Text without a font has no width, so the pages would not look as they do for users.
const FONT: &str = "/usr/share/fonts/truetype/liberation";
/// The folder of the scripts for the sign-in pages, below that of all scripts.
const HOSTED: &str = "hosted";
/// The appearance of those pages in screenshots: the name, logo and colours of a deployment, a resource that an
/// app can ask for, the domain whose addresses may sign up, and mails about new devices for those who want them.
const LOOK: [&str; 7] = [
    "PagesName=Example Shop",
    "PagesLogo=https://shop.example.com/logo.svg",
    "PagesColor=#0f766e",
    "PagesColorDark=#5eead4",
    "ProtectedResources=https://parcels.example.com/mcp parcels [Parcels for assistants]",
    "SignUpDomains=example.com",
    "NewDeviceMails=wanted",
];
/// The guide whose code binds tokens to a key in the browser.
const GUIDE: &str = "docs/guide/dpop.md";
/// The lifetime in seconds of access tokens that should expire.
const ACCESS_TTL: &str = "5";

/// Walks through all sign-in pages behind a REST API: the language, and whether the browser runs scripts.
const WALKS: &str = "en-plain vi-plain en-script vi-script";
/// Those of every change: each language once, and each way.
const WALKS_OF_A_CHANGE: &str = "vi-plain en-script";
/// The one behind an HTTP API.
const WALK_OF_HTTP_API: &str = "en-plain";

/// Uses and checks the pages, and calls the API from other origins.
pub(crate) fn run_all() -> Result<(), TaskError> {
    run_with(WALKS)
}

/// The same, in fewer walks through the sign-in pages.
pub(crate) fn run_for_a_change() -> Result<(), TaskError> {
    run_with(WALKS_OF_A_CHANGE)
}

fn run_with(walks: &str) -> Result<(), TaskError> {
    let browser = browser()?;
    let folder = packages::npm("browser")?;
    let scripts = root().join("xtask/browser");
    copy_files(&scripts, &folder)?;
    copy_files(&scripts.join(HOSTED), &tool_folder("browser/hosted")?)?;
    let pictures = tool_folder("browser/pictures")?;
    run_hosted(&folder, &browser, walks)?;
    let server = LocalServer::start(&[])?;
    run(script(&folder, "page.mjs", &browser, &server)?.env("LATCHGATE_PICTURES", &pictures))?;
    for api in ["rest", "http"] {
        let port = free_address()?.port().to_string();
        let origin = format!("http://localhost:{port}");
        let options = ["--api", api, "--origin", &origin];
        let scripts = [("origins.mjs", "AccessTtl", ACCESS_TTL), ("dpop.mjs", "DpopNonce", "always")];
        for (name, parameter, value) in scripts {
            let parameter = ["--parameter", &format!("{parameter}={value}")];
            let server = LocalServer::start(&[&options[..], &parameter].concat())?;
            let mut script = script(&folder, name, &browser, &server)?;
            script
                .env("LATCHGATE_PASSWORD", server.said("password")?)
                .env("LATCHGATE_GUIDE", root().join(GUIDE));
            run(script.env("LATCHGATE_API", api).env("LATCHGATE_ORIGIN_PORT", &port))?;
        }
    }
    println!("pictures of the pages: {}", pictures.display());
    Ok(())
}

/// Uses and checks the sign-in pages: by these walks with a REST API, and each page once with an HTTP API.
fn run_hosted(folder: &Path, browser: &Path, walks: &str) -> Result<(), TaskError> {
    let store = LocalServer::start(&[])?;
    let (endpoint, key) = (store.said("dynamodb_endpoint")?, store.said("dynamodb_access_key_id")?);
    let down = LocalServer::start(&["--endpoint", endpoint, "--access-key-id", key])?;
    // The pages must also work when the store doesn't answer.
    drop(store);
    let look = LOOK.iter().flat_map(|parameter| ["--parameter", parameter]);
    for (api, walks) in [("rest", walks), ("http", WALK_OF_HTTP_API)] {
        let options: Vec<&str> = ["--api", api].into_iter().chain(look.clone()).collect();
        let server = LocalServer::start(&options)?;
        let mut script = script(folder, "hosted/hosted.mjs", browser, &server)?;
        script
            .env("LATCHGATE_API", api)
            .env("LATCHGATE_WALKS", walks)
            .env("LATCHGATE_DOWN_URL", down.said("url")?)
            .env("LATCHGATE_CLI", "cargo run --quiet --bin latchgate --")
            .env("LATCHGATE_AUDIT_LOG", root().join("target/browser-audit.jsonl"))
            .env("LATCHGATE_PICTURES", tool_folder("browser/pictures/hosted")?);
        run(&mut script)?;
    }
    Ok(())
}

/// Copies the files of a folder, without its subfolders.
fn copy_files(from: &Path, to: &Path) -> Result<(), TaskError> {
    let failed = |e: std::io::Error| TaskError(format!("{}: {e}", from.display()));
    for entry in std::fs::read_dir(from).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if let Some(name) = path.file_name().filter(|_| path.is_file()) {
            std::fs::copy(&path, to.join(name)).map_err(failed)?;
        }
    }
    Ok(())
}

/// The path of this machine's browser. Installs Debian's Chromium, and a font for its pages, if there is no browser.
pub(crate) fn browser() -> Result<PathBuf, TaskError> {
    let found = || BROWSERS.iter().find_map(|name| packages::path_of(name).ok());
    if let Some(browser) = found() {
        return Ok(browser);
    }
    packages::debian(&[(BROWSERS[0], "chromium"), (FONT, "fonts-liberation")])?;
    found().ok_or_else(|| TaskError(format!("Debian's Chromium is none of {}", BROWSERS.join(", "))))
}

fn script(folder: &Path, name: &str, browser: &Path, server: &LocalServer) -> Result<Command, TaskError> {
    let mut script = program("node", &[&*folder.join(name).to_string_lossy()]);
    script.env("LATCHGATE_URL", server.said("url")?).env("LATCHGATE_CHROMIUM", browser);
    Ok(script)
}
