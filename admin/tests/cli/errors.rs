//! Error messages: they name the problem and the remedy.

use std::{path::Path, process::Stdio};

use axum::{
    Router,
    http::StatusCode,
    routing::{get, post},
};
use tokio::{net::TcpListener, process::Command};

use crate::harness::{Deployed, Ran, run};

/// The program, with only this folder as its home.
fn bare(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_latchgate"));
    command.env_clear().env("HOME", home).env("XDG_STATE_HOME", home).env("XDG_RUNTIME_DIR", home);
    command.env("AWS_EC2_METADATA_DISABLED", "true").args(arguments);
    command
}

const LIST: [&str; 4] = ["--stack", "latchgate-prod", "clients", "list"];

/// A CloudFormation that answers every request with this error.
async fn refusing(status: u16, code: &'static str, message: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let answer = move || async move {
        let error = format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
        );
        (StatusCode::from_u16(status).unwrap(), error)
    };
    let router = Router::new().route("/", post(answer));
    tokio::spawn(async move { axum::serve(listener, router).await });
    endpoint
}

#[track_caller]
fn assert_said(ran: &Ran, code: i32, said: &[&str]) {
    ran.assert(code);
    assert!(said.iter().all(|said| ran.stderr.contains(said)), "{said:?}: {ran:?}");
}

#[tokio::test]
async fn a_missing_region_profile_or_credentials_names_the_command_to_run() {
    let deployed = Deployed::embedded().await;
    let folder = &deployed.folder;
    std::fs::create_dir_all(folder.join(".aws/sso/cache")).unwrap();
    let ran = run(bare(folder, &LIST), b"").await;
    assert_said(&ran, 1, &["no AWS region is set", "--region", "`aws configure set region"]);
    let in_region = [&LIST[..], &["--region", "eu-west-1"]].concat();
    let ran = run(bare(folder, &in_region), b"").await;
    assert_said(&ran, 1, &["no AWS credentials were found", "`aws configure`", "`aws sso login`"]);

    let config = "[profile prod]\nregion = eu-west-1\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = Ops\n\n\
                  [sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.awsapps.com/start\n\n\
                  [profile old]\nregion = eu-west-1\nsso_region = eu-west-1\nsso_start_url = https://old.awsapps.com/start\n\
                  sso_account_id = 123456789012\nsso_role_name = Ops\n";
    std::fs::write(folder.join(".aws/config"), config).unwrap();
    for profile in ["prod", "old"] {
        let ran = run(bare(folder, &[&LIST[..], &["--profile", profile]].concat()), b"").await;
        assert_said(
            &ran,
            1,
            &["has expired, or there was none", &format!("`aws sso login --profile {profile}`")],
        );
    }
    // The file's name is the SHA-1 of the session's name.
    let expired =
        r#"{"accessToken":"sso-secret-token","expiresAt":"2020-01-01T00:00:00Z","region":"eu-west-1"}"#;
    let cache = folder.join(".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json");
    std::fs::write(cache, expired).unwrap();
    let mut command = bare(folder, &LIST);
    command.env("AWS_PROFILE", "prod");
    let ran = run(command, b"").await;
    assert_said(&ran, 1, &["`aws sso login --profile prod`"]);
    assert!(!ran.stderr.contains("sso-secret-token"), "{ran:?}");

    let ran = run(bare(folder, &[&LIST[..], &["--profile", "nosuch"]].concat()), b"").await;
    assert_said(&ran, 1, &["there is no AWS profile nosuch", "`aws configure list-profiles`"]);
}

#[tokio::test]
async fn a_profile_that_leads_to_no_credentials_is_named_with_the_command_to_run() {
    let deployed = Deployed::embedded().await;
    let folder = &deployed.folder;
    let with = |profile: &'static str| [&LIST[..], &["--region", "eu-west-1", "--profile", profile]].concat();
    // Without any file, and with one.
    let nope = ["there is no AWS profile nope", "`aws configure list-profiles`"];
    assert_said_once(&run(bare(folder, &[&LIST[..], &["--profile", "nope"]].concat()), b"").await, &nope);
    assert_said_once(&run(bare(folder, &with("nope")), b"").await, &nope);
    let mut command = bare(folder, &LIST);
    command.env("AWS_PROFILE", "nope").env("AWS_REGION", "eu-west-1");
    assert_said_once(&run(command, b"").await, &nope);

    std::fs::create_dir_all(folder.join(".aws")).unwrap();
    let config = "[profile bare]\nregion = eu-west-1\n\n[profile role]\nrole_arn = arn:aws:iam::123456789012:role/x\n\
                  source_profile = missing\n\n[profile keyless]\nrole_arn = arn:aws:iam::123456789012:role/x\n\
                  source_profile = bare\n\n[profile a]\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = b\n\n\
                  [profile b]\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = a\n\n\
                  [profile fails]\ncredential_process = /bin/false\n";
    std::fs::write(folder.join(".aws/config"), config).unwrap();
    for (profile, said) in [
        ("nope", "there is no AWS profile nope"),
        ("bare", "profile bare has no credentials: add some with `aws configure --profile bare`"),
        (
            "role",
            "profile role has source_profile = missing, and there is no profile missing: `aws configure",
        ),
        ("keyless", "profile bare has no credentials: add some with `aws configure --profile bare`"),
        (
            "a",
            "back to itself by source_profile: choose a profile that has credentials with `aws configure set \
             source_profile NAME --profile ",
        ),
        ("fails", "`aws sts get-caller-identity --profile fails`"),
    ] {
        assert_said_once(&run(bare(folder, &with(profile)), b"").await, &[said]);
    }
    // The variables' own credentials take precedence over AWS_PROFILE, but not over the option.
    let mut command = bare(folder, &LIST);
    command.env("AWS_PROFILE", "nope").env("AWS_REGION", "eu-west-1");
    command.env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE").env("AWS_SECRET_ACCESS_KEY", "nobodys-secret-key");
    command.env("AWS_ENDPOINT_URL_CLOUDFORMATION", "http://127.0.0.1:1");
    assert_said_once(&run(command, b"").await, &["did not describe the stack"]);

    std::fs::write(folder.join(".aws/config"), "[profile prod\nregion = eu-west-1\n").unwrap();
    std::fs::write(folder.join(".aws/credentials"), "[prod]\nnobodys-secret-key\n").unwrap();
    for arguments in [LIST.to_vec(), with("prod"), [&LIST[..], &["--region", "eu-west-1"]].concat()] {
        let ran = run(bare(folder, &arguments), b"").await;
        assert_said_once(
            &ran,
            &["the AWS profiles can't be read", "correct ~/.aws/config", "`aws configure list`"],
        );
        assert!(!ran.stderr.contains("nobodys-secret-key"), "{ran:?}");
    }
}

#[tokio::test]
async fn a_machine_without_a_role_counts_as_without_credentials() {
    let deployed = Deployed::embedded().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let imds = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(async || StatusCode::FORBIDDEN);
    tokio::spawn(async move { axum::serve(listener, router).await });
    for endpoint in [imds.as_str(), "http://127.0.0.1:1"] {
        let mut command = bare(&deployed.folder, &[&LIST[..], &["--region", "eu-west-1"]].concat());
        command.env_remove("AWS_EC2_METADATA_DISABLED").env("AWS_EC2_METADATA_SERVICE_ENDPOINT", endpoint);
        let ran = run(command, b"").await;
        assert_said_once(&ran, &["no AWS credentials were found", "`aws configure`", "`aws sso login`"]);
    }
}

#[tokio::test]
async fn errors_of_cloudformation_are_explained() {
    let deployed = Deployed::embedded().await;
    for (status, code, message, exit, said) in [
        (
            400,
            "ValidationError",
            "Stack with id latchgate-prod does not exist",
            3,
            &["no stack latchgate-prod in eu-west-1", "`aws cloudformation list-stacks"][..],
        ),
        (
            403,
            "AccessDenied",
            "User: x is not authorized",
            1,
            &["AccessDenied", "lack a permission", "get-caller-identity"],
        ),
        (
            403,
            "ExpiredToken",
            "The security token included in the request is expired",
            1,
            &["have expired", "`aws sso login`"],
        ),
        (
            403,
            "InvalidClientTokenId",
            "The security token included in the request is invalid.",
            1,
            &["doesn't accept these credentials"],
        ),
        (403, "SignatureDoesNotMatch", "no", 1, &["doesn't accept these credentials"]),
        (400, "Other", "unheard of", 1, &["Other unheard of", "describe-stacks"]),
    ] {
        let endpoint = refusing(status, code, message).await;
        let mut command = bare(&deployed.folder, &LIST);
        command.env("AWS_ENDPOINT_URL_CLOUDFORMATION", endpoint).env("AWS_REGION", "eu-west-1");
        command.env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE").env("AWS_SECRET_ACCESS_KEY", "nobodys-secret-key");
        let ran = run(command, b"").await;
        assert_said(&ran, exit, said);
        assert!(!ran.stderr.contains("nobodys-secret-key"));
    }
    let mut away = bare(&deployed.folder, &LIST);
    away.env("AWS_ENDPOINT_URL_CLOUDFORMATION", "http://127.0.0.1:1").env("AWS_REGION", "eu-west-1");
    away.env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE").env("AWS_SECRET_ACCESS_KEY", "nobodys-secret-key");
    assert_said(&run(away, b"").await, 1, &["eu-west-1", "check the network"]);
}

/// Asserts that the only line on standard error says this, each part once.
#[track_caller]
fn assert_said_once(ran: &Ran, said: &[&str]) {
    assert_said(ran, 1, said);
    let line = ran.stderr.trim_end().strip_prefix("latchgate: ").unwrap();
    let parts: Vec<_> = line.split(": ").collect();
    let repeated = parts.iter().enumerate().find(|(at, part)| part.len() > 8 && parts[..*at].contains(part));
    assert!(!line.contains('\n') && repeated.is_none(), "{repeated:?}: {ran:?}");
}

#[tokio::test]
async fn an_endpoint_that_is_not_a_store_is_named_with_a_remedy() {
    let deployed = Deployed::embedded().await;
    let page = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let page_port = page.local_addr().unwrap().port();
    let router = Router::new().fallback(async || (StatusCode::NOT_FOUND, "<p>not here</p>"));
    tokio::spawn(async move { axum::serve(page, router).await });
    let api = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let api_port = api.local_addr().unwrap().port();
    let document = r#"{"authorization_endpoint":"http://x/authorize","token_endpoint":"http://x/token",
        "revocation_endpoint":"http://x/logout"}"#;
    let router = Router::new().route("/.well-known/oauth-authorization-server", get(async move || document));
    tokio::spawn(async move { axum::serve(api, router).await });
    for (endpoint, said) in [
        ("http://127.0.0.1:1".to_owned(), "no store answers at http://127.0.0.1:1 (".to_owned()),
        (
            "http://nosuch.invalid:8000".to_owned(),
            "no store answers at http://nosuch.invalid:8000".to_owned(),
        ),
        (format!("http://127.0.0.1:{page_port}"), format!("at http://127.0.0.1:{page_port} isn't DynamoDB")),
        (
            format!("http://localhost:{api_port}/"),
            format!("Latchgate's API, not its store: use --local={api_port}"),
        ),
    ] {
        for command in [&["users", "list"][..], &["users", "show", "ada"], &["keys", "show"], &["doctor"]] {
            let ran = run(bare(&deployed.folder, &[&["--endpoint", &endpoint], command].concat()), b"").await;
            assert_said_once(&ran, &[&said]);
        }
    }
    let endpoint = ["--endpoint", &deployed.endpoint, "users", "list"];
    let ran = run(bare(&deployed.folder, &endpoint), b"").await;
    assert_said_once(&ran, &["UnrecognizedClientException", "--access-key-id that it printed"]);
    // If the functions' variables name the tables, no option names the place.
    let mut away = bare(&deployed.folder, &["users", "list"]);
    let by_variables = deployed.command(&[]);
    let variables = by_variables.as_std().get_envs().filter_map(|(name, value)| Some((name, value?)));
    away.envs(variables.filter(|(name, _)| name.to_string_lossy().ends_with("_TABLE")));
    away.env("AWS_ENDPOINT_URL", "http://127.0.0.1:1").env("AWS_REGION", "eu-west-1");
    away.env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE").env("AWS_SECRET_ACCESS_KEY", "nobodys-secret-key");
    assert_said_once(&run(away, b"").await, &["Scan on Users", "check the network", "AWS_ENDPOINT_URL"]);
}

#[tokio::test]
async fn a_port_may_follow_local_with_a_space_or_as_an_address() {
    let deployed = Deployed::embedded().await;
    for arguments in [
        &["--local", "8802", "clients", "list"][..],
        &["clients", "list", "--local", "8802"],
        &["clients", "--local=http://127.0.0.1:8802/", "list"],
        &["clients", "list", "--local", "localhost:8802"],
    ] {
        let ran = run(bare(&deployed.folder, arguments), b"").await;
        assert_said(&ran, 1, &["no local server on port 8802: start one with `cargo run`"]);
    }
    let ran = run(bare(&deployed.folder, &["--local=shop.example:1", "clients", "list"]), b"").await;
    assert!(
        ran.code == 2 && ran.stderr.contains("--local takes the port of a server on this machine"),
        "{ran:?}"
    );
    let ran = run(bare(&deployed.folder, &["--local", "8802", "--help"]), b"").await;
    assert!(ran.code == 0 && ran.stdout.contains("Usage:"), "{ran:?}");
    // A name may consist of digits.
    let ran = run(bare(&deployed.folder, &["users", "show", "--local", "8802"]), b"").await;
    assert!(ran.code == 1 && ran.stderr.contains("no local server on port 8787"), "{ran:?}");
}

#[tokio::test]
async fn a_shell_completes_a_command_after_local() {
    let deployed = Deployed::embedded().await;
    let script = deployed.run(&["completions", "bash"]).await.assert(0).stdout.clone();
    let path = deployed.folder.join("completions");
    std::fs::write(&path, script).unwrap();
    let ask = format!(
        "source {}; COMP_WORDS=(latchgate --local ''); COMP_CWORD=2; _latchgate latchgate '' --local; echo \"${{COMPREPLY[@]}}\"",
        path.display()
    );
    let mut bash = Command::new("bash");
    bash.args(["-c", &ask]);
    let ran = run(bash, b"").await;
    for command in ["clients", "users", "doctor"] {
        assert!(ran.stdout.split_whitespace().any(|word| word == command), "{command}: {ran:?}");
    }
}

#[tokio::test]
async fn a_closed_output_pipe_prints_no_error() {
    let deployed = Deployed::embedded().await;
    deployed.client("shop").await;
    for (arguments, code) in [
        (&["clients", "list"][..], 141),
        (&["users", "export"], 0),
        (&["completions", "bash"], 141),
        (&["--help"], 0),
    ] {
        let mut command = deployed.command(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().await.unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), said.as_str()), (Some(code), ""), "{arguments:?}");
    }
}

#[tokio::test]
async fn times_have_units_and_scopes_no_commas() {
    let deployed = Deployed::embedded().await;
    let create = ["clients", "create", "shop", "--public", "--access-ttl", "30m", "--idle-ttl", "14d"];
    let client = deployed.run(&create).await.json();
    assert_eq!((client["access_ttl"].as_u64(), client["idle_ttl"].as_u64()), (Some(1800), Some(1_209_600)));
    for (arguments, said) in [
        (["--access-ttl", "2d"], "it has to be from 1s to 1d"),
        (["--idle-ttl", "soon"], "here from 1s to 400d"),
        (["--scope", "read,write"], "scopes are separated by spaces, not by commas"),
    ] {
        let ran = deployed.run(&[&["clients", "update", "shop"][..], &arguments].concat()).await;
        assert!(ran.code == 2 && ran.stderr.contains(said), "{ran:?}");
    }
}
