//! Runs the code of `docs/guide/verify.md` unchanged against `cargo run`, with valid and forged tokens.
//!
//! Each language has a driver in `xtask/verifiers/page`. It reads a token per line, and prints a line for each: `ok`
//! with the session, or `no` with the reason.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::Value;

use super::tools::{Tools, on};
use crate::{
    http, packages,
    server::LocalServer,
    shell::{TaskError, cargo, output, program, root, run, tool_folder},
};

const PAGE: &str = "docs/guide/verify.md";
/// The issuer on the page.
const ISSUER: &str = "http://127.0.0.1:8787";
/// The least number of forgeries. Fewer would mean that the forge forgets some.
const FORGERIES: usize = 25;
/// Debian's packages of Go and the library, each with one of its files. Go's module proxy isn't reachable from every
/// machine.
const GO: [(&str, &str); 2] = [
    ("/usr/bin/go", "golang-go"),
    ("/usr/share/gocode/src/github.com/coreos/go-oidc/oidc.go", "golang-github-coreos-go-oidc-dev"),
];

/// Runs all languages.
pub(crate) fn check(tools: &Tools) -> Result<(), TaskError> {
    let page = read(&root().join(PAGE))?;
    let folder = tool_folder("verifiers")?.join("page");
    fs::create_dir_all(&folder).map_err(|e| TaskError(format!("{}: {e}", folder.display())))?;
    let keyset = folder.join("keyset.json");
    let server = LocalServer::start(&["--keyset", &keyset.to_string_lossy()])?;
    let url = server.said("url")?.to_owned();

    let tokens = forge(tools, &server, &keyset)?;
    let good =
        tokens.iter().find(|token| token.is_good).ok_or_else(|| TaskError("no good token".to_owned()))?;
    let mut verifiers = [
        Verifier::start("Node", &mut node(tools, &folder, &lines(&page, "js", &url)?)?)?,
        Verifier::start("Python", &mut python(tools, &folder, &lines(&page, "python", &url)?)?)?,
        Verifier::start("Go", &mut go(&folder, &lines(&page, "go", &url)?)?)?,
        Verifier::start("Rust", &mut rust(&url)?)?,
    ];
    for verifier in &mut verifiers {
        verifier.judges(&tokens)?;
    }
    log_out(&url, &server, &good.text)?;
    for verifier in &mut verifiers {
        verifier.still_takes(good, "after a logout, as the page says")?;
    }
    drop(server);
    for verifier in &mut verifiers {
        verifier.still_takes(good, "by the keys that it kept, while the API is away")?;
    }
    let (good, forged): (Vec<_>, Vec<_>) = tokens.iter().partition(|token| token.is_good);
    println!(
        "{PAGE}: Node, Python, Go and Rust take {} good tokens, refuse {} others, keep the keys, and miss a logout",
        good.len(),
        forged.len()
    );
    Ok(())
}

/// A token and its expected verdict.
struct Token {
    name: String,
    text: String,
    is_good: bool,
}

fn forge(tools: &Tools, server: &LocalServer, keyset: &Path) -> Result<Vec<Token>, TaskError> {
    let mut script = tools.node("forge.mjs");
    let script = on(&mut script, server.said("url")?, server)?.env("LATCHGATE_KEYSET", keyset);
    let printed = output(script)?;
    let read = |token: &Value| {
        let text = |member: &str| token[member].as_str().map(str::to_owned);
        Some(Token { name: text("name")?, text: text("token")?, is_good: token["good"].as_bool()? })
    };
    let tokens: Vec<Value> = serde_json::from_str(&printed).unwrap_or_default();
    let tokens: Vec<Token> = tokens.iter().filter_map(read).collect();
    let forged = tokens.iter().filter(|token| !token.is_good).count();
    if forged < FORGERIES {
        return Err(TaskError(format!("only {forged} tokens were forged")));
    }
    Ok(tokens)
}

/// A process that judges tokens.
struct Verifier {
    language: &'static str,
    process: Child,
    tokens: ChildStdin,
    verdicts: BufReader<ChildStdout>,
}

impl Verifier {
    fn start(language: &'static str, command: &mut Command) -> Result<Self, TaskError> {
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| TaskError(format!("{language}: {e}")))?;
        match (process.stdin.take(), process.stdout.take()) {
            (Some(tokens), Some(verdicts)) => {
                Ok(Self { language, process, tokens, verdicts: BufReader::new(verdicts) })
            }
            _ => Err(TaskError(format!("{language}: it has no pipes"))),
        }
    }

    fn judges(&mut self, tokens: &[Token]) -> Result<(), TaskError> {
        for token in tokens {
            let verdict = self.verdict(token)?;
            if verdict.starts_with("ok ") != token.is_good {
                return Err(TaskError(format!("{}: {}: {verdict}", self.language, token.name)));
            }
        }
        Ok(())
    }

    fn still_takes(&mut self, token: &Token, when: &str) -> Result<(), TaskError> {
        let verdict = self.verdict(token)?;
        if verdict.starts_with("ok ") {
            return Ok(());
        }
        Err(TaskError(format!("{}: {} isn't taken {when}: {verdict}", self.language, token.name)))
    }

    /// The verdict on one token: `ok` or `no`, with details.
    fn verdict(&mut self, token: &Token) -> Result<String, TaskError> {
        let failed = |e: std::io::Error| TaskError(format!("{}: {}: {e}", self.language, token.name));
        writeln!(self.tokens, "{}", token.text).map_err(failed)?;
        let mut line = String::new();
        self.verdicts.read_line(&mut line).map_err(failed)?;
        if line.starts_with("ok ") || line.starts_with("no ") {
            return Ok(line.trim_end().to_owned());
        }
        Err(TaskError(format!("{} has no verdict on {}: {line:?}", self.language, token.name)))
    }
}

impl Drop for Verifier {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Ends the token's session, and checks that an endpoint behind the authorizer, the page's second way, then refuses the
/// token.
fn log_out(url: &str, demo: &LocalServer, token: &str) -> Result<(), TaskError> {
    let address = url.trim_start_matches("http://");
    let address = address.parse().map_err(|e| TaskError(format!("{url}: {e}")))?;
    let bearer = format!("Bearer {token}");
    let call = || http::send(address, ("GET", "/sessions"), &[("Authorization", &bearer)], "");
    let before = call()?.status;
    let body = format!("client_id={}&token={token}", demo.said("public_client_id")?);
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let logout = http::send(address, ("POST", "/logout"), &form, &body)?.status;
    let after = call()?.status;
    if (before, logout, after) != (200, 200, 401) {
        return Err(TaskError(format!("/sessions, /logout, /sessions answer {before}, {logout}, {after}")));
    }
    Ok(())
}

fn node(tools: &Tools, folder: &Path, lines: &str) -> Result<Command, TaskError> {
    written(&folder.join("page.mjs"), lines)?;
    copied("drive.mjs", folder)?;
    Ok(tools.script(Path::new("node"), "page/drive.mjs"))
}

fn python(tools: &Tools, folder: &Path, lines: &str) -> Result<Command, TaskError> {
    written(&folder.join("page.py"), lines)?;
    copied("drive.py", folder)?;
    Ok(tools.script(&tools.python, "page/drive.py"))
}

/// Builds without modules. Debian has the library's source in a shared folder. Its version is earlier than the page's,
/// so it is copied to the page's path.
fn go(folder: &Path, lines: &str) -> Result<Command, TaskError> {
    packages::debian(&GO)?;
    let folder = folder.join("go");
    let library = folder.join("src/github.com/coreos/go-oidc/v3");
    fs::create_dir_all(&library).map_err(|e| TaskError(format!("{}: {e}", library.display())))?;
    let link = library.join("oidc");
    if !link.exists() {
        let source = Path::new(GO[1].0).with_file_name("");
        std::os::unix::fs::symlink(source, &link)
            .map_err(|e| TaskError(format!("{}: {e}", link.display())))?;
    }
    written(&folder.join("page.go"), lines)?;
    copied("drive.go", &folder)?;
    let built = folder.join("verify");
    let mut compiler = program(GO[0].0, &["build", "-o", &built.to_string_lossy(), "page.go", "drive.go"]);
    let path = format!("{}:/usr/share/gocode", folder.display());
    compiler.current_dir(&folder).env("GO111MODULE", "off").env("GOPATH", path).env_remove("GOROOT");
    run(compiler.env("GOCACHE", folder.join("cache")).env("GOFLAGS", "").env("GOTOOLCHAIN", "local"))?;
    Ok(program(built, &[]))
}

/// The build script reads the page itself.
fn rust(url: &str) -> Result<Command, TaskError> {
    let arguments = ["build", "--quiet", "--locked", "--bin", "verify-page", "--message-format", "json"];
    let messages = output(cargo(&arguments).env("LATCHGATE_URL", url))?;
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let built = messages.filter_map(|message| message["executable"].as_str().map(PathBuf::from)).next_back();
    Ok(program(built.ok_or_else(|| TaskError("verify-page was not built".to_owned()))?, &[]))
}

/// The page's code in a language, with this server's URL.
fn lines(page: &str, language: &str, url: &str) -> Result<String, TaskError> {
    let opening = format!("\n```{language}\n");
    let mut blocks = page.split(&opening).skip(1);
    match (blocks.next().and_then(|block| block.split_once("\n```")), blocks.next()) {
        (Some((lines, _)), None) if lines.contains(ISSUER) => Ok(lines.replace(ISSUER, url) + "\n"),
        _ => Err(TaskError(format!("{PAGE} has not one block of {language} that names {ISSUER}"))),
    }
}

fn copied(driver: &str, folder: &Path) -> Result<(), TaskError> {
    written(&folder.join(driver), &read(&root().join("xtask/verifiers/page").join(driver))?)
}

fn written(path: &Path, text: &str) -> Result<(), TaskError> {
    fs::write(path, text).map_err(|e| TaskError(format!("{}: {e}", path.display())))
}

fn read(path: &Path) -> Result<String, TaskError> {
    fs::read_to_string(path).map_err(|e| TaskError(format!("{}: {e}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_lines_for_four_languages() {
        let page = read(&root().join(PAGE)).unwrap();
        for language in ["js", "python", "go", "rust"] {
            let lines = lines(&page, language, "http://127.0.0.1:1").unwrap();
            assert!(lines.contains("http://127.0.0.1:1") && !lines.contains(ISSUER), "{language}");
            for value in ["api", "at+jwt", "ES256"] {
                assert!(lines.contains(value), "{language}: {value}");
            }
        }
        assert!(lines(&page, "java", "").is_err());
    }
}
