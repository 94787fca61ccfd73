//! `cargo xtask TASK`: the tasks of CI, and those that need a server or a non-Rust tool.
//!
//! Each task installs its tools below `.tools/`, and fails if it can't. Nothing is silently skipped.

mod bench;
mod book;
mod browser;
mod ci;
mod client_library;
mod deny;
mod dynamodb_local;
mod events;
mod flow;
mod fuzz;
mod http;
mod http_api;
mod links;
mod lint;
mod mails;
mod mcp;
mod moto;
mod mutants;
mod nightly;
mod openapi;
mod packages;
mod proofs;
mod readme;
mod release;
mod sam;
mod sam_local;
mod seeded_bugs;
mod server;
mod shell;
mod stock_clients;
mod tree;
mod verifiers;
mod words;
mod wycheproof;

use std::{path::Path, process::ExitCode};

use sam::Build;
use sam_local::Part;
use seeded_bugs::Reach;

const USAGE: &str = "\
cargo xtask TASK

  ci               all checks that a change must pass, in order, with times: quick, then rest
  quick            format, clippy, the tests beside the code, documentation, whether the seeded bugs apply: minutes, no root
  rest             all tests, on every engine; templates; stock clients; the stack under sam local (needs root and the network)
  nightly          long checks that look for rare faults, for hours; proofs/README.md has a table of what runs where and why
  dynamodb-local   the integration tests against DynamoDB Local (needs Java 17, npm and Linux namespaces)
  http-api         the integration tests behind an HTTP API, as template-http.yaml has it
  readme           the commands of the README and of the guide, pasted in order, twice (needs bash and curl)
  browser          the pages at which users sign in, and the local server's page, in Chromium: used, looked at by axe-core, under its
                   password manager, and their pictures in .tools/browser/pictures; the API as pages of other origins meet it, and with a
                   key by the lines of docs/guide/dpop.md (needs npm and Chromium)
  sam [PART]       templates: validate, lint and translate them, and check the result, and that of the examples for
                   the CDK and Terraform (needs PyPI, Node and npm); values: of that, only the templates with actual values, and
                   what updates do (a minute and a half); functions: build
                   them as they are deployed, and run what was built under Lambda's Runtime Interface Emulator (a quarter of
                   an hour; not part of CI); without PART, both
  sam-local [PART | --release]
                   the stack under `sam local` on Docker, with DynamoDB Local: sample events, the flow over HTTP, stock OAuth
                   clients; PART: invoke or api; --release: the functions as they are deployed, which takes twenty minutes to
                   build (needs root and Debian's packages)
  client-library [check]
                   clients/typescript: built from its lockfile, its size, its types against openapi.yaml, and its tests in Node and
                   Chromium against `cargo run` (five minutes); check: without the tests (needs npm and Chromium)
  model            the model of the protocol, played through within larger bounds than in the tests
  moto             the tests of the key rotation against moto's Secrets Manager (needs Python 3 and PyPI)
  mails            the mails at parts of others: those of `cargo run -- --smtp` at npm's smtp-server and mailparser, those for SES
                   at aws-ses-v2-local and moto, and the outbox's stream of DynamoDB Local (needs npm, PyPI, Java 17 and
                   Linux namespaces)
  verifiers        tokens of `cargo run` in jose, aws-jwt-verify, PyJWT and Authlib, and by the lines of docs/guide/verify.md in Node,
                   Python, Go and Rust; its refresh and logout by oauth4webapi, openid-client and Authlib; with DPoP by the
                   first two, dpop and requests-oauth2client (needs Node, npm, PyPI, and root for Debian's Go)
  stock-clients    oidc-client-ts, AppAuth-JS, oauth4webapi, openid-client, Authlib, openidconnect and oauth2, each signing a user in at
                   the pages in Chromium, by the lines of docs/guide/sign-in.md (needs npm, PyPI and Chromium)
  mcp              the MCP conformance runner's scenarios for authorization servers, in all its revisions, against `cargo run`; and the
                   MCP SDK's clients (npm's two, PyPI's) at examples/mcp, on a laptop and as its Lambda function: they sign in in
                   Chromium, call, refresh, and step up (needs npm, PyPI and Chromium; two minutes)
  openapi [PART]   openapi.yaml: Redocly's linter, types for TypeScript, a page in target/openapi, and schemathesis against
                   `cargo run` as a REST and as an HTTP API; change: as a REST API alone; page: the page alone (needs Node,
                   npm and PyPI)
  long-tests       the integration tests that try a sample in `cargo test`, in full: every fault at every call, every damage to
                   every stored attribute with every function, ten times the inputs of each property
  races [ROUNDS [SEED]]
                   the races of the integration tests, with 10,000 rounds (and one in ten where passwords are hashed)
  fuzz [SECONDS [TARGET]]
                   all fuzzers, or the named one, for 60 s each: refresh_token, access_token, dpop_proof, form_body,
                   json_body, gateway_event, authorizer_event, stored_item, password_hash
  fuzz --keep TARGET [FILE…]
                   adds inputs to proofs/fuzz/corpus/TARGET.tar: these files, or what the fuzzer found that reaches new code
  wycheproof [FOLDER]
                   Wycheproof's vectors of signatures and keys against our verification; they are not in the project, but
                   in FOLDER (../shared/wycheproof by default)
  bench [PART]     benchmarks, and docs/evidence/performance.md with them; without PART, all (an hour, on an idle machine):
                   denylist: reads and memory of the authorizer's denylist; growth: latency and memory with a million
                   sessions and more (twenty minutes); instructions: of parsing, verifying, issuing and deciding (needs
                   Debian's valgrind); login: a login beside its hash; login-timing: how well refused logins can be told
                   apart by their time (a quarter of an hour); mail-timing: how well the time of a request for a mail tells
                   whether its address has an account (five minutes); refresh: rotation under load beside other servers (needs npm and
                   Debian's packages); startup: the functions from their start on (needs npm, PyPI and to be root);
                   verification: of access tokens beside other libraries (needs npm and PyPI)
  package [--built] ARCH | ARCH TAG
                   the stack of a release, for arm64 or x86_64, in target/package: built by `sam build`, or as that has left it
                   (--built), with an SBOM and checksums; fails where TAG is not the workspace's version
  programs [TARGET [TAG]]
                   `latchgate` and `latchgate-local` of a release, in target/package: for this machine, or for
                   x86_64-unknown-linux-musl, aarch64-unknown-linux-musl (static, by zig), x86_64-apple-darwin or
                   aarch64-apple-darwin; tested where there is nothing but these two files (needs PyPI, and unshare on Linux)
  seeded-bugs [NAME…]
                   which suites of tests notice small edits that break the project: all of these, or those named; with
                   --named only the suites that a bug names; --check: whether all apply; --write: docs/evidence/seeded-bugs.md
  mutants [--diff REV] [--shard K/N] [FILE…]
                   cargo-mutants on the functions, what they share, passwords and the commands that write; or on these files,
                   on what differs from REV, or on a share of the files: whether those that no test notices are the ones of
                   docs/evidence/mutants.md (hours, without a selection)
  spelling         the spelling in all tracked files (needs PyPI)
  workflows        the workflows for GitHub, and all scripts: zizmor and shellcheck (needs PyPI)
  links            links of the pages to files and headings, and the paths that they name (needs npm); nothing outside is fetched
  book             all pages as a book in target/book, with search, dark mode and the API's reference; every link in it is followed
                   (needs npm)
  words            counts words that hide a sentence's subject, in the pages and the doc comments: at most 2 in 1,000
  deny             licences, sources and bans of the dependencies; advisories if their database can be fetched
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments[..] {
        ["ci"] => ci::run_all(),
        ["quick"] => ci::run_quick(),
        ["rest"] => ci::run_rest(),
        ["nightly"] => nightly::run_all(),
        ["dynamodb-local"] => dynamodb_local::run_tests(),
        // `dynamodb-local` runs this in its network namespace.
        ["dynamodb-local-inside", emulator, tests, ref left_out @ ..] => {
            dynamodb_local::run_inside(emulator, tests, left_out)
        }
        ["http-api"] => http_api::run_tests(),
        ["readme"] => readme::run_commands(),
        ["browser"] => browser::run_all(),
        ["sam"] => sam::check_templates().and_then(|()| sam::check_functions()),
        ["sam", "templates"] => sam::check_templates(),
        ["sam", "values"] => sam::check_values(),
        ["sam", "functions"] => sam::check_functions(),
        ["sam-local"] => sam_local::run(Build::Quick, &Part::ALL),
        ["sam-local", "invoke"] => sam_local::run(Build::Quick, &[Part::Invoke]),
        ["sam-local", "api"] => sam_local::run(Build::Quick, &[Part::Api]),
        ["sam-local", "--release"] => sam_local::run(Build::Release, &Part::ALL),
        // `sam-local` runs this in its namespaces.
        ["sam-local-inside", build, scratch, emulator, files, tests, ref parts @ ..] => {
            let parts: Vec<Part> = parts.iter().filter_map(|part| Part::named(part)).collect();
            sam_local::run_inside([build, scratch], [emulator, files, tests], &parts)
        }
        ["client-library"] => client_library::run_all(),
        ["client-library", "check"] => client_library::check(),
        ["model"] => proofs::run_model(),
        ["moto"] => moto::run_tests(),
        ["mails"] => mails::run_all(),
        // `mails` runs this in its network namespace.
        ["mails-inside", emulator, tests] => mails::run_inside(emulator, tests),
        ["verifiers"] => verifiers::run_all(),
        ["stock-clients"] => stock_clients::run_all(),
        ["mcp"] => mcp::run_all(),
        ["openapi"] => openapi::run_all(),
        ["openapi", "change"] => openapi::run_for_a_change(),
        ["openapi", "page"] => openapi::page(),
        ["long-tests"] => proofs::run_long_tests(),
        ["races"] => proofs::run_races(proofs::ROUNDS, proofs::SEED),
        ["races", rounds] => proofs::run_races(rounds, proofs::SEED),
        ["races", rounds, seed] => proofs::run_races(rounds, seed),
        ["fuzz", "--keep", target, ref files @ ..] => fuzz::keep(target, files),
        ["fuzz"] => fuzz::run_all(fuzz::SECONDS, None),
        ["fuzz", seconds] => fuzz::run_all(seconds, None),
        ["fuzz", seconds, target] => fuzz::run_all(seconds, Some(target)),
        ["wycheproof"] => wycheproof::run_beside(),
        ["wycheproof", folder] => wycheproof::run_all(Path::new(folder)),
        ["bench"] => bench::run_all(),
        ["bench", part] => bench::run_part(part),
        ["package", "--built", architecture] => release::stack_of_last_build(architecture),
        ["package", architecture] => release::build_stack(architecture, None),
        ["package", architecture, tag] => release::build_stack(architecture, Some(tag)),
        ["programs"] => release::build_programs_of_this_machine(),
        ["programs", target] => release::build_programs(target, None),
        ["programs", target, tag] => release::build_programs(target, Some(tag)),
        ["seeded-bugs", "--check"] => seeded_bugs::check(),
        ["seeded-bugs", "--write"] => seeded_bugs::write(),
        ["seeded-bugs", "--named", ref names @ ..] => seeded_bugs::run(names, Reach::Named),
        ["seeded-bugs", ref names @ ..] => seeded_bugs::run(names, Reach::All),
        ["mutants", ref selection @ ..] => {
            mutants::Selection::parse(selection).and_then(|selection| mutants::run(&selection))
        }
        ["spelling"] => lint::check_spelling(),
        ["workflows"] => lint::check_workflows(),
        ["links"] => links::check(),
        ["book"] => book::build(),
        ["words"] => words::check(),
        ["deny"] => deny::run_checks(),
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}
