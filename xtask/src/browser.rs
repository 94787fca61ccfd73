//! The local server's page in a real browser, and the API as a page of another origin meets it.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    packages,
    server::{LocalServer, free_address},
    shell::{TaskError, program, root, run, tool_folder},
};

/// Where Chromium is: Debian's, and that of GitHub's machines.
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const SCRIPTS: [&str; 2] = ["page.mjs", "origins.mjs"];
/// Seconds that an access token lives where one has to expire.
const ACCESS_TTL: &str = "5";

/// Uses the page, looks at it, and calls the API from other origins.
pub(crate) fn run_all() -> Result<(), TaskError> {
    let browser = browser()?;
    let folder = packages::npm("browser")?;
    for name in SCRIPTS {
        let copied = std::fs::copy(root().join("xtask/browser").join(name), folder.join(name));
        copied.map_err(|e| TaskError(format!("{name}: {e}")))?;
    }
    let pictures = tool_folder("browser/pictures")?;
    let server = LocalServer::start(&[])?;
    run(script(&folder, "page.mjs", &browser, &server)?.env("LATCHGATE_PICTURES", &pictures))?;
    for api in ["rest", "http"] {
        let port = free_address()?.port().to_string();
        let origin = format!("http://localhost:{port}");
        let server = LocalServer::start(&["--api", api, "--origin", &origin, "--access-ttl", ACCESS_TTL])?;
        let mut script = script(&folder, "origins.mjs", &browser, &server)?;
        script.env("LATCHGATE_PASSWORD", server.said("password")?);
        run(script.env("LATCHGATE_API", api).env("LATCHGATE_ORIGIN_PORT", port))?;
    }
    println!("pictures of the page: {}", pictures.display());
    Ok(())
}

/// The browser of this machine.
fn browser() -> Result<PathBuf, TaskError> {
    let found = BROWSERS.iter().find_map(|name| packages::path_of(name).ok());
    found.ok_or_else(|| {
        let names = BROWSERS.join(", ");
        TaskError(format!("no browser: install Chromium (Debian's package is chromium). Looked for {names}"))
    })
}

fn script(folder: &Path, name: &str, browser: &Path, server: &LocalServer) -> Result<Command, TaskError> {
    let mut script = program("node", &[&*folder.join(name).to_string_lossy()]);
    script.env("LATCHGATE_URL", server.said("url")?).env("LATCHGATE_CHROMIUM", browser);
    Ok(script)
}
