//! Runs the commands of the README and the guide in order, twice.
//!
//! It runs the blocks marked `sh`. Commands that need AWS, Docker or another server are marked `console`.

use std::fs;

use crate::{
    server::{LocalServer, free_address},
    shell::{TaskError, output, program, root},
};

/// The folder of the guide.
const GUIDE: &str = "docs/guide";
/// The number of runs: a reader may paste the commands again, against the same server.
const RUNS: usize = 2;

/// A page with commands.
struct Page {
    path: &'static str,
    /// The texts in the commands' output, with the number of occurrences in each run.
    shows: &'static [(&'static str, usize)],
}

const PAGES: [Page; 10] = [
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
        path: "docs/guide/accounts.md",
        shows: &[
            ("\"request\":\"lgq1_", 2),
            ("\"token_type\":\"bearer\"", 2),
            ("\n202\n", 1),
            // Of three: a match takes the end of its line, and two of them are lines in a row.
            ("\n{}\n", 2),
            ("\n204\n", 1),
            ("\"error\":", 0),
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
            ("sessions_ended", 5),
        ],
    },
    Page {
        path: "docs/guide/moving-users.md",
        shows: &[
            ("imported       3", 2),
            ("\"token_type\":\"bearer\"", 2),
            ("\"error\":\"password_expired\"", 1),
            ("\"error\":\"invalid_grant\"", 1),
            ("\"error\":", 2),
            ("sessions_ended", 4),
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
    Page {
        path: "docs/guide/dpop.md",
        shows: &[
            ("\"token_type\":\"DPoP\"", 2),
            ("\"refresh_token\":\"lgr2_", 2),
            ("\"dpop_bound\":true", 1),
            ("\"error\":\"unauthorized\"", 1),
            ("\"error\":\"invalid_grant\"", 1),
            ("\"error\":", 2),
        ],
    },
    Page {
        path: "docs/guide/sign-in.md",
        shows: &[
            ("\"id_token\":", 1),
            ("\"sub\":\"demo-user\"", 1),
            ("\"error\":\"invalid_grant\"", 1),
            ("\"error\":\"unauthorized\"", 1),
            ("\"error\":", 2),
        ],
    },
];

pub(crate) fn run_commands() -> Result<(), TaskError> {
    check_that_all_are_listed()?;
    // The ports of the servers that the page "Your own API" starts.
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
            // Each page gets a new shell, because no page needs another's variables. Background processes end with it,
            // even after a failure.
            let commands = format!("trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n{commands}");
            let mut bash = program("bash", &["-euc", &commands]);
            // This keeps the events out of the developer's own audit log.
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
    /// Checks the commands' output.
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

/// Checks that `PAGES` has exactly the guide's pages with commands.
fn check_that_all_are_listed() -> Result<(), TaskError> {
    let folder = root().join(GUIDE);
    let entries = fs::read_dir(&folder).map_err(|e| TaskError(format!("{}: {e}", folder.display())))?;
    let pages = entries.filter_map(Result::ok).filter(|entry| entry.path().is_file());
    for entry in pages {
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

/// The `sh` blocks of a page, joined.
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
