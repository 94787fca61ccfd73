//! The commands of the README and of the guide, pasted in order, twice.
//!
//! What a page marks as `sh` is pasted. Commands that need AWS, Docker or a server of their own are marked as `console`.

use std::fs;

use crate::{
    server::{LocalServer, free_address},
    shell::{TaskError, output, program, root},
};

/// The folder of the guide.
const GUIDE: &str = "docs/guide";
/// How often all pages are pasted: readers do so again, against the same server.
const RUNS: usize = 2;

/// A page with commands.
struct Page {
    path: &'static str,
    /// What its commands have to show, and how often, in each run.
    shows: &'static [(&'static str, usize)],
}

const PAGES: [Page; 7] = [
    Page {
        path: "README.md",
        shows: &[
            ("\"token_type\":\"bearer\"", 1),
            ("\"current\":true", 1),
            ("logout: 200", 1),
            ("\"error\":\"unauthorized\"", 1),
            ("\"error\":", 1),
        ],
    },
    Page {
        path: "docs/guide/getting-started.md",
        shows: &[
            ("\"token_type\":\"bearer\"", 2),
            ("\"device_name\":\"Laptop\"", 1),
            ("the same refresh token", 1),
            ("\"error\":\"invalid_grant\"", 1),
            ("HTTP/1.1 200 OK", 1),
            ("HTTP/1.1 401 Unauthorized", 2),
            ("\"error\":", 3),
        ],
    },
    Page {
        path: "docs/guide/api.md",
        shows: &[
            ("\"token_type\":\"bearer\"", 6),
            ("\"device_name\":\"Laptop\"", 2),
            ("HTTP/1.1 200 OK", 1),
            ("HTTP/1.1 401 Unauthorized", 1),
            ("HTTP/1.1 204 No Content", 1),
            ("\"error\":\"unauthorized\"", 1),
            ("\"error\":", 1),
            ("\"token_endpoint\":", 1),
            ("\"keys\":[", 1),
        ],
    },
    Page {
        path: "docs/guide/clients-and-users.md",
        shows: &[
            ("\"token_type\":\"bearer\"", 1),
            ("\"error\":", 0),
            ("client_secret  lgs1_", 2),
            ("username  ada@example.com", 2),
            ("access tokens  ES256", 1),
            ("login, call, refresh, retry, logout, refused", 1),
            ("sessions_ended", 3),
        ],
    },
    Page {
        path: "docs/guide/moving-users.md",
        shows: &[
            ("imported       3", 2),
            ("\"token_type\":\"bearer\"", 2),
            ("\"error\":\"password_expired\"", 1),
            ("\"error\":", 1),
            ("sessions_ended", 3),
        ],
    },
    Page {
        path: "docs/guide/your-own-api.md",
        shows: &[
            ("\"path\": \"/hello\", \"user\": \"demo-user\", \"name\": \"Demo User\"", 1),
            ("\"path\":\"/orders/7?full=1\",\"user\":\"demo-user\",\"name\":\"Demo User\"", 1),
            ("without a token: 401", 1),
            ("\"jwks_uri\":", 2),
            ("\"keys\":[", 1),
            ("\"error\":", 0),
        ],
    },
    Page {
        path: "docs/guide/verify.md",
        shows: &[("\"jwks_uri\":", 1), ("\"latchgate_audience\":\"api\"", 1), ("\"error\":", 0)],
    },
];

pub(crate) fn run_commands() -> Result<(), TaskError> {
    check_that_all_are_listed()?;
    // The servers of "Your own API", which that page starts.
    let [all, orders] = [free_address()?.port().to_string(), free_address()?.port().to_string()];
    let upstreams = [format!("http://127.0.0.1:{all}"), format!("/orders=http://127.0.0.1:{orders}")];
    let server = LocalServer::start(&["--upstream", &upstreams[0], "--upstream", &upstreams[1]])?;
    let url = server.said("url")?;
    let port = url.rsplit(':').next().unwrap_or_default();
    for run in 1..=RUNS {
        for page in &PAGES {
            let commands = commands(&read(page.path)?)
                .replace("http://127.0.0.1:8787", url)
                .replace("9001", &all)
                .replace("9002", &orders)
                .replace("--local ", &format!("--local={port} "));
            // A shell for each page: no page needs what another has set.
            // What a page leaves running ends with it, after a failure too.
            let commands = format!("trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n{commands}");
            let mut bash = program("bash", &["-euc", &commands]);
            // Not into the log of the operator who runs this.
            let log = root().join("target").join("readme-audit.jsonl");
            let printed = output(bash.env("LATCHGATE_AUDIT_LOG", log))
                .map_err(|e| TaskError(format!("{}, run {run}: {e}", page.path)))?;
            page.check(&printed, run)?;
        }
    }
    println!("the commands of the README and of the guide work as pasted, {RUNS} times in a row");
    Ok(())
}

impl Page {
    /// Whether the commands showed what they have to.
    fn check(&self, printed: &str, run: usize) -> Result<(), TaskError> {
        for (text, expected) in self.shows {
            let found = printed.matches(text).count();
            if found != *expected {
                return Err(TaskError(format!(
                    "{}, run {run}: its commands show {text} {found} times, not {expected}:\n{printed}",
                    self.path
                )));
            }
        }
        Ok(())
    }
}

/// Every page of the guide that has commands is one of `PAGES`, and each of `PAGES` has commands.
fn check_that_all_are_listed() -> Result<(), TaskError> {
    let folder = root().join(GUIDE);
    let entries = fs::read_dir(&folder).map_err(|e| TaskError(format!("{}: {e}", folder.display())))?;
    for entry in entries.filter_map(Result::ok) {
        let path = format!("{GUIDE}/{}", entry.file_name().to_string_lossy());
        let is_listed = PAGES.iter().any(|page| page.path == path);
        if is_listed == commands(&read(&path)?).is_empty() {
            return Err(TaskError(format!("{path} has commands, or is listed as if it had")));
        }
    }
    Ok(())
}

fn read(path: &str) -> Result<String, TaskError> {
    fs::read_to_string(root().join(path)).map_err(|e| TaskError(format!("{path}: {e}")))
}

/// The `sh` blocks of a page, one after the other.
fn commands(page: &str) -> String {
    let blocks = page.split("\n```sh\n").skip(1).filter_map(|block| block.split("\n```").next());
    blocks.flat_map(|block| [block, "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sh_blocks_are_commands() {
        let page = "# Page\n\n```sh\necho 1\n```\n\ntext\n\n```console\n$ echo 2\n```\n\n```sh\necho 3\necho 4\n```\n";
        assert_eq!(commands(page), "echo 1\necho 3\necho 4\n");
    }

    #[test]
    fn a_page_that_shows_something_else_fails() {
        let page = Page { path: "page.md", shows: &[("ok", 2), ("error", 0)] };
        assert!(page.check("ok ok", 1).is_ok());
        assert!(page.check("ok", 1).is_err());
        assert!(page.check("ok ok error", 1).is_err());
    }
}
