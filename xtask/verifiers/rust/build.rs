//! Copies the page's code, with the URL of the test's server.

use std::{env, error::Error, fs, path::Path};

const PAGE: &str = "../../../docs/guide/verify.md";
/// The issuer on the page.
const ISSUER: &str = "http://127.0.0.1:8787";
/// The variable with the replacement.
const VARIABLE: &str = "LATCHGATE_URL";

#[expect(clippy::disallowed_methods, reason = "cargo tells a build script where to write by a variable")]
fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={PAGE}");
    println!("cargo::rerun-if-env-changed={VARIABLE}");
    let page = fs::read_to_string(PAGE)?;
    let after = page.split_once("\n```rust\n").ok_or("the page has no Rust")?.1;
    let (lines, _) = after.split_once("\n```").ok_or("the page's Rust has no end")?;
    let lines = match env::var(VARIABLE) {
        Ok(url) => lines.replace(ISSUER, &url),
        Err(_) => lines.to_owned(),
    };
    fs::write(Path::new(&env::var("OUT_DIR")?).join("page.rs"), lines)?;
    Ok(())
}
