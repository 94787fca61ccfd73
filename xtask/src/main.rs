//! `cargo xtask TASK`: what CI runs, and what needs a server or a tool that isn't Rust.
//!
//! Each task installs what it needs below `.tools/`, and fails where it can't: nothing is skipped in silence.

mod bench;
mod browser;
mod ci;
mod deny;
mod dynamodb_local;
mod events;
mod flow;
mod fuzz;
mod http;
mod http_api;
mod links;
mod long_tests;
mod model;
mod moto;
mod mutants;
mod nightly;
mod openapi;
mod packages;
mod races;
mod readme;
mod release;
mod sam;
mod sam_local;
mod seeded_bugs;
mod server;
mod shell;
mod spelling;
mod tree;
mod verifiers;
mod wycheproof;

use std::{path::Path, process::ExitCode};

use sam::Build;
use sam_local::Part;
use seeded_bugs::Reach;

const USAGE: &str = "\
cargo xtask TASK

  ci               everything that decides whether a change lands, in order, with times: quick, then rest
  quick            format, clippy, the tests beside the code, documentation, whether the seeded bugs apply: minutes, no root
  rest             all tests, on every engine; templates; stock clients; the stack under sam local (needs root and the network)
  nightly          what takes hours and looks for what is rare: model, races, long-tests, fuzz, mutants, seeded-bugs,
                   sam functions, sam-local --release, bench; proofs/README.md has a table of what runs where and why
  dynamodb-local   the integration tests against DynamoDB Local (needs Java 17, npm and Linux namespaces)
  http-api         the integration tests behind an HTTP API, as template-http.yaml has it
  readme           the commands of the README and of the guide, pasted in order, twice (needs bash and curl)
  browser          the local server's page in Chromium: used, looked at by axe-core, and its pictures in .tools/browser/pictures; the
                   API as pages of other origins meet it (needs npm and Chromium)
  sam [PART]       templates: validate, lint and translate them, and hold the result against what was meant, the examples for
                   the CDK and Terraform too (needs PyPI, Node and npm); functions: build
                   them as they are deployed, and run what was built under Lambda's Runtime Interface Emulator (a quarter of
                   an hour; not part of CI); without PART, both
  sam-local [PART | --release]
                   the stack under `sam local` on Docker, with DynamoDB Local: sample events, the flow over HTTP, stock OAuth
                   clients; PART: invoke or api; --release: the functions as they are deployed, which takes twenty minutes to
                   build (needs root and Debian's packages)
  model            the model of the protocol, played through within larger bounds than in the tests
  moto             the tests of the key rotation against moto's Secrets Manager (needs Python 3 and PyPI)
  verifiers        tokens of `cargo run` in jose, aws-jwt-verify, PyJWT and Authlib, and by the lines of docs/guide/verify.md in Node,
                   Python, Go and Rust; its refresh and logout by oauth4webapi, openid-client and Authlib (needs Node, npm, PyPI,
                   and root for Debian's Go)
  openapi [page]   openapi.yaml: Redocly's linter, types for TypeScript, a page in target/openapi, and schemathesis against
                   `cargo run` as a REST and as an HTTP API; page: the page alone (needs Node, npm and PyPI)
  long-tests       the integration tests that try a sample in `cargo test`, in full: every fault at every call, every damage to
                   every stored attribute with every function, ten times the inputs of each property
  races [ROUNDS [SEED]]
                   the races of the integration tests, with 10,000 rounds (and one in ten where passwords are hashed)
  fuzz [SECONDS [TARGET]]
                   the fuzzers, or the one that is named, for 60 s each: refresh_token, access_token, form_body, json_body,
                   gateway_event, authorizer_event, stored_item, password_hash
  fuzz --keep TARGET [FILE…]
                   adds inputs to proofs/fuzz/corpus/TARGET.tar: these files, or what the fuzzer found that reaches new code
  wycheproof [FOLDER]
                   Wycheproof's vectors of signatures and keys against our verification; they are not in the project, but
                   in FOLDER (../shared/wycheproof by default)
  bench [PART]     benchmarks, and docs/evidence/performance.md with them; without PART, all (an hour, on an idle machine):
                   denylist: reads and memory of the authorizer's denylist; growth: latency and memory beside a million
                   sessions and more (twenty minutes); instructions: of parsing, verifying, issuing and deciding (needs
                   Debian's valgrind); login: a login beside its hash; login-timing: how well refused logins can be told
                   apart by their time (a quarter of an hour); refresh: rotation under load beside other servers (needs npm
                   and Debian's packages); startup: the functions from their start on (needs npm, PyPI and to be root);
                   verification: of access tokens beside other libraries (needs npm and PyPI)
  package [--built] ARCH | ARCH TAG
                   a release for arm64 or x86_64 in target/package: built by `sam build`, or as that has left it (--built),
                   with an SBOM and checksums; fails where TAG is not the workspace's version
  seeded-bugs [NAME…]
                   which suites of tests notice small edits that break the project: all of these, or those named; with
                   --named only the suites that a bug names; --check: whether all apply; --write: docs/evidence/seeded-bugs.md
  mutants [--diff REV] [--shard K/N] [FILE…]
                   cargo-mutants on the functions, what they share, passwords and the commands that write; or on these files,
                   on what differs from REV, or on a share of the files: whether those that no test notices are the ones of
                   docs/evidence/mutants.md (hours, without a selection)
  spelling         the spelling of all that is tracked (needs PyPI)
  links            links of the pages to files and headings, and the paths that they name (needs npm); nothing outside is fetched
  deny             licences, sources and bans of the dependencies; advisories where their database can be had
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
        // What `dynamodb-local` runs in a network namespace of its own.
        ["dynamodb-local-inside", emulator, tests, of_command_line, ref left_out @ ..] => {
            dynamodb_local::run_inside(emulator, [tests, of_command_line], left_out)
        }
        ["http-api"] => http_api::run_tests(),
        ["readme"] => readme::run_commands(),
        ["browser"] => browser::run_all(),
        ["sam"] => sam::check_templates().and_then(|()| sam::check_functions()),
        ["sam", "templates"] => sam::check_templates(),
        ["sam", "functions"] => sam::check_functions(),
        ["sam-local"] => sam_local::run(Build::Quick, &Part::ALL),
        ["sam-local", "invoke"] => sam_local::run(Build::Quick, &[Part::Invoke]),
        ["sam-local", "api"] => sam_local::run(Build::Quick, &[Part::Api]),
        ["sam-local", "--release"] => sam_local::run(Build::Release, &Part::ALL),
        // What `sam-local` runs in namespaces of its own.
        ["sam-local-inside", build, scratch, emulator, files, tests, ref parts @ ..] => {
            let parts: Vec<Part> = parts.iter().filter_map(|part| Part::named(part)).collect();
            sam_local::run_inside([build, scratch], [emulator, files, tests], &parts)
        }
        ["model"] => model::run_all(),
        ["moto"] => moto::run_tests(),
        ["verifiers"] => verifiers::run_all(),
        ["openapi"] => openapi::run_all(),
        ["openapi", "page"] => openapi::page(),
        ["long-tests"] => long_tests::run_all(),
        ["races"] => races::run_all(races::ROUNDS, races::SEED),
        ["races", rounds] => races::run_all(rounds, races::SEED),
        ["races", rounds, seed] => races::run_all(rounds, seed),
        ["fuzz", "--keep", target, ref files @ ..] => fuzz::keep(target, files),
        ["fuzz"] => fuzz::run_all(fuzz::SECONDS, None),
        ["fuzz", seconds] => fuzz::run_all(seconds, None),
        ["fuzz", seconds, target] => fuzz::run_all(seconds, Some(target)),
        ["wycheproof"] => wycheproof::run_beside(),
        ["wycheproof", folder] => wycheproof::run_all(Path::new(folder)),
        ["bench"] => bench::run_all(),
        ["bench", part] => bench::run_part(part),
        ["package", "--built", architecture] => release::of_last_build(architecture),
        ["package", architecture] => release::build(architecture, None),
        ["package", architecture, tag] => release::build(architecture, Some(tag)),
        ["seeded-bugs", "--check"] => seeded_bugs::check(),
        ["seeded-bugs", "--write"] => seeded_bugs::write(),
        ["seeded-bugs", "--named", ref names @ ..] => seeded_bugs::run(names, Reach::Named),
        ["seeded-bugs", ref names @ ..] => seeded_bugs::run(names, Reach::All),
        ["mutants", ref selection @ ..] => {
            mutants::Selection::parse(selection).and_then(|selection| mutants::run(&selection))
        }
        ["spelling"] => spelling::check(),
        ["links"] => links::check(),
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
