//! Error messages name the faulty thing, and say what to do.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    path::Path,
    process::{Command, Stdio},
};

use rusqlite::Connection;

use crate::running::{Folder, PROGRAM, Running};

/// The program, as a test starts it.
fn command() -> Command {
    let mut command = Command::new(PROGRAM);
    command.env_remove("AWS_ENDPOINT_URL_DYNAMODB").env("XDG_RUNTIME_DIR", env!("CARGO_TARGET_TMPDIR"));
    command
}

/// The one line that a start with these options ends with.
#[track_caller]
fn refused(arguments: &[&str]) -> String {
    let output = command().args(arguments).output().unwrap();
    assert!(output.status.code() == Some(1) && output.stdout.is_empty(), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    let line = said.lines().last().unwrap();
    line.strip_prefix("latchgate-local: ").unwrap_or_else(|| panic!("{said}")).to_owned()
}

#[track_caller]
fn refused_db(db: &Path) -> String {
    let said = refused(&["--port", "0", "--db", db.to_str().unwrap()]);
    assert!(said.contains(db.to_str().unwrap()), "{said}");
    said
}

#[test]
fn an_occupied_port_names_its_occupant() {
    let running = Running::start(&[]);
    let port = running.text("url").rsplit_once(':').unwrap().1;
    let said = refused(&["--port", port]);
    let pid = running.child.id();
    assert!(
        said.contains(&format!("another Latchgate serves http://127.0.0.1:{port} (process {pid})")),
        "{said}"
    );
    assert!(said.contains("--port 0"), "{said}");

    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let said = refused(&["--port", &other.local_addr().unwrap().port().to_string()]);
    assert!(said.contains("isn't Latchgate") && said.contains("--port 0"), "{said}");
    let said = refused(&["--port", "0", "--host", "192.0.2.1"]);
    assert!(said.contains("has no address 192.0.2.1") && said.contains("--host 0.0.0.0"), "{said}");
}

#[test]
fn a_file_that_is_not_our_database_is_named_and_left_unchanged() {
    let folder = Folder::new("foreign");
    let text = folder.0.join("notes.txt");
    private_file(&text, b"milk, eggs");
    let foreign = folder.0.join("browser.db");
    private_file(&foreign, b"");
    Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE moz_cookies (id)").unwrap();
    for (file, expected) in [
        (&text, "is not a database but some other file"),
        (&foreign, "another program's database (with the tables moz_cookies)"),
    ] {
        let before = fs::read(file).unwrap();
        let said = refused_db(file);
        assert!(said.contains(expected) && said.contains("another file with --db"), "{said}");
        assert_eq!(fs::read(file).unwrap(), before);
    }
    assert!(refused_db(&folder.0).contains("is a folder: name a file in it, like"));
    let nowhere = folder.0.join("no/such/latchgate.db");
    assert!(refused_db(&nowhere).contains(&format!("mkdir -p {}", nowhere.parent().unwrap().display())));
    assert!(refused_db(&text.join("x.db")).contains("notes.txt is no folder"));
    assert!(refused_db(Path::new("/dev/null")).contains("is no regular file: name another with --db"));
    let names: Vec<_> = fs::read_dir(&folder.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "no keyset was left there: {names:?}");
}

#[cfg(unix)]
#[test]
fn an_unusable_keyset_path_is_named_with_a_remedy_and_left_unchanged() {
    let folder = Folder::new("places");
    let file = folder.0.join("notes.txt");
    private_file(&file, b"milk, eggs");
    let pipe = folder.0.join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    assert!(refused_db(&pipe).contains("is no regular file: name another with --db"));
    let before = fs::read_dir(&folder.0).unwrap().count();
    for (path, expected) in [
        (folder.0.clone(), "is a folder: name a file in it, like"),
        (folder.0.join("no/such/keyset.json"), "isn't there: make it with `mkdir -p"),
        (file.join("keyset.json"), "notes.txt is no folder"),
    ] {
        let said = refused(&["--port", "0", "--keyset", path.to_str().unwrap()]);
        assert!(said.contains(path.to_str().unwrap()) && said.contains(expected), "{said}");
        assert!(!said.contains("os error"), "{said}");
    }
    assert_eq!(fs::read_dir(&folder.0).unwrap().count(), before, "no lock was left there");
    assert!(!folder.0.with_extension("lock").exists());
}

#[test]
fn an_unreachable_store_is_reported_with_the_cause_first() {
    let said = refused(&["--port", "0", "--endpoint", "http://127.0.0.1:1"]);
    let (cause, question) =
        (said.find("refused").unwrap(), said.find("Check that the store is running").unwrap());
    assert!(
        said.starts_with("the store at http://127.0.0.1:1 can't be used: ") && cause < question,
        "{said}"
    );
}

#[test]
fn a_repeated_algorithm_is_refused() {
    let twice = ["--port", "0", "--algorithm", "EdDSA", "--parameter", "SigningAlgorithm=RS256"];
    let said = refused(&twice);
    assert!(said.contains("SigningAlgorithm is given twice, by --algorithm and in --parameter"), "{said}");
}

#[test]
fn a_damaged_or_later_database_is_reported() {
    let folder = Folder::new("damaged");
    let db = folder.0.join("latchgate.db");
    drop(Running::start(&["--db", db.to_str().unwrap()]));
    let database = Connection::open(&db).unwrap();
    database.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    database.execute("UPDATE _config SET value = '9999' WHERE key = 'schema_version'", []).unwrap();
    drop(database);
    let said = refused_db(&db);
    assert!(said.contains("can't be used by this version") && said.contains("to start over"), "{said}");

    let mut bytes = fs::read(&db).unwrap();
    bytes[100..].fill(0x5a);
    fs::write(&db, bytes).unwrap();
    let said = refused_db(&db);
    assert!(said.contains("is damaged (") && said.contains("put a copy of it back"), "{said}");
}

#[tokio::test]
async fn a_missing_keyset_is_replaced_only_on_request() {
    let folder = Folder::new("gone");
    let db = folder.0.join("latchgate.db");
    let (db, keyset) = (db.to_str().unwrap(), folder.0.join("latchgate.db.keyset.json"));
    let tokens = Running::start(&["--db", db]).login().await;
    fs::rename(&keyset, folder.0.join("away")).unwrap();
    let said = refused(&["--port", "0", "--db", db]);
    assert!(said.contains(keyset.to_str().unwrap()) && said.contains("--new-keyset"), "{said}");
    assert!(!keyset.exists());
    let elsewhere = folder.0.join("elsewhere.json");
    let said = refused(&["--port", "0", "--db", db, "--keyset", elsewhere.to_str().unwrap()]);
    assert!(said.contains("elsewhere.json is gone"), "{said}");

    let running = Running::start(&["--db", db, "--new-keyset"]);
    assert_eq!(running.refresh(&tokens).await.0, 400);
    running.login().await;
    drop(running);
    Running::start(&["--db", db]).login().await;
    fs::write(&keyset, "{}").unwrap();
    let said = refused(&["--port", "0", "--db", db]);
    assert!(said.contains(keyset.to_str().unwrap()) && said.contains("is not a keyset"), "{said}");
    assert!(refused(&["--port", "0", "--new-keyset"]).contains("--new-keyset needs --db or --keyset"));
}

#[cfg(unix)]
#[tokio::test]
async fn keys_that_others_can_read_and_links_to_keys_are_refused() {
    let folder = Folder::new("others");
    let db = folder.0.join("latchgate.db");
    let keyset = folder.0.join("latchgate.db.keyset.json");
    drop(Running::start(&["--db", db.to_str().unwrap()]));
    let link = folder.0.join("link.json");
    std::os::unix::fs::symlink(&keyset, &link).unwrap();
    for db in [&["--db", db.to_str().unwrap()][..], &[]] {
        let arguments = [&["--port", "0", "--keyset", link.to_str().unwrap()], db].concat();
        let said = refused(&arguments);
        assert!(said.contains("link.json") && said.contains("it is a symbolic link"), "{said}");
    }
    for mode in [0o644, 0o640, 0o602] {
        fs::set_permissions(&keyset, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
        for arguments in [["--db", db.to_str().unwrap()], ["--keyset", keyset.to_str().unwrap()]] {
            let said = refused(&[&["--port", "0"][..], &arguments].concat());
            assert!(said.contains(keyset.to_str().unwrap()) && said.contains("`chmod 600`"), "{said}");
        }
    }
    fs::set_permissions(&keyset, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    Running::start(&["--db", db.to_str().unwrap()]).login().await;
}

#[tokio::test]
async fn a_time_has_a_unit_or_is_in_seconds() {
    for (ttl, seconds) in [("30m", 1800), ("1h30m", 5400), ("90", 90)] {
        let running = Running::start(&["--access-ttl", ttl]);
        assert_eq!(running.login().await["expires_in"], seconds, "{ttl}");
    }
    for (arguments, said) in [
        (["--access-ttl", "2d"], "it has to be from 1s to 1d"),
        (["--idle-ttl", "2w"], "30m, 2h or 14d; here from 1s to 400d"),
        (["--leeway", "2m"], "it has to be from 0s to 1m"),
    ] {
        let output = command().args(arguments).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && text.contains(said), "{text}");
    }
}

#[test]
fn parameters_are_held_to_the_template() {
    for (parameter, said) in [
        ("SopeRules=x", "template.yaml has no parameter SopeRules: did you mean ScopeRules?"),
        ("AccessTtl=0", "it must be a number from 1 to 86400 (template.yaml, line "),
        ("AccessTtl=30m", "30m is 1800 seconds"),
        ("RevocationCheck=denlyist", "must be one of session, denylist, none: did you mean denylist?"),
        ("Issuer=https://x/?y", "it must be an https URL without query, fragment or trailing slash"),
    ] {
        let text = refused(&["--port", "0", "--parameter", parameter]);
        assert!(text.contains(said), "{text}");
    }
}

#[test]
fn a_value_that_a_function_refuses_names_its_parameter() {
    let said = refused(&["--port", "0", "--parameter", "ScopeRules=GET /sessions"]);
    assert!(
        said.starts_with("the parameter ScopeRules can't be \"GET /sessions\": a rule must end with a scope"),
        "{said}"
    );
    assert!(said.contains("(template.yaml, line ") && !said.contains("SCOPE_RULES"), "{said}");
}

#[test]
fn a_repeated_setting_is_refused() {
    for (arguments, expected) in [
        (
            ["--access-ttl", "70", "--parameter", "AccessTtl=60"],
            "AccessTtl is given twice, by --access-ttl and in",
        ),
        (
            ["--origin", "http://x", "--parameter", "AllowedOrigins=http://y"],
            "given twice, by --origin and in",
        ),
        (
            ["--parameter", "Leeway=1", "--parameter", "Leeway=2"],
            "Leeway is given twice, in --parameter: give it once",
        ),
        (["--sign-up", "closed", "--parameter", "SignUp=open"], "SignUp is given twice, by --sign-up and in"),
        (
            ["--mail-from", "a@example.com", "--parameter", "MailFrom=b@example.com"],
            "MailFrom is given twice, by --mail-from and in",
        ),
    ] {
        let said = refused(&[&["--port", "0"][..], &arguments].concat());
        assert!(said.contains(expected), "{said}");
    }
}

#[test]
fn rules_that_close_latchgates_own_endpoints_are_a_warning() {
    let said = Running::warnings(&["--parameter", "ScopeRules=GET /orders* orders:read"]);
    for expected in ["no scope rule names", "GET /sessions", "POST /password", "ScopeDefault=allow"] {
        assert!(said.contains(expected), "{said}");
    }
}

#[test]
fn the_version_names_the_program_and_a_surplus_comma_is_explained() {
    let version = command().arg("--version").output().unwrap();
    assert!(version.stdout.starts_with(b"latchgate-local "), "{version:?}");
    let output = command().args(["--origin", "http://a,"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && said.contains("a comma too many"), "{said}");
}

#[test]
fn a_rule_for_an_unserved_path_is_a_warning() {
    let said =
        Running::warnings(&["--parameter", "ScopeRules=GET /orders* orders:read; GET /session read,write"]);
    for expected in [
        "\"GET /orders* orders:read\" is for a path that nothing here serves",
        "did you mean /sessions?",
        "separated by spaces",
    ] {
        assert!(said.contains(expected), "{said}");
    }
}

#[test]
fn unread_output_is_not_a_failure() {
    let mut help = command().arg("--help").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(help.stdout.take());
    let output = help.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");

    // The test reads neither the banner nor the log, and requests are still answered.
    let mut running = command()
        .args(["--port", "0", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(running.stderr.take());
    let mut line = String::new();
    BufReader::new(running.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    let address = line["url"].as_str().unwrap().trim_start_matches("http://").to_owned();
    for _ in 0..3 {
        let mut stream = std::net::TcpStream::connect(&address).unwrap();
        write!(stream, "GET /sessions HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    }
    running.kill().unwrap();
    running.wait().unwrap();
}

fn private_file(path: &Path, content: &[u8]) {
    fs::write(path, content).unwrap();
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
}
