//! `latchgate users import`.

use std::{fmt::Write, process::Stdio, time::Duration};

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use crate::harness::{Deployed, Login, PASSWORD, Ran};

/// A hash of `correct horse`, cheap enough for thousands of logins.
const HASH: &str = "$2b$04$j8k1UzEOfFcCLOp4HnWvQeIvj0xQjKs3C8ExJ0nku8tQGhcn8JmZ6";

fn line(i: usize) -> String {
    json!({"username": format!("user{i}"), "user_id": format!("u-{i}"), "password_hash": HASH}).to_string()
}

fn lines(numbers: impl IntoIterator<Item = usize>) -> String {
    numbers.into_iter().fold(String::new(), |mut text, i| {
        writeln!(text, "{}", line(i)).unwrap();
        text
    })
}

fn counts(imported: u64, there_already: u64, rejected: u64) -> Value {
    json!({"imported": imported, "there_already": there_already, "rejected": rejected})
}

#[tokio::test]
async fn good_lines_are_imported_and_bad_lines_are_kept_unchanged() {
    let deployed = Deployed::start().await;
    deployed.client("shop").await;
    let long = format!(r#"{{"username":"long","claims":{{"a":"{}"}}}}"#, "x".repeat(200_000));
    let mut bad: Vec<(usize, Vec<u8>)> = vec![
        (7, b"not json hunter2secret".to_vec()),
        (100, br#"{"username":"two words","password":"hunter2secret"}"#.to_vec()),
        (101, br#"{"username":"weak","password":"hunter2"}"#.to_vec()),
        (555, br#"{"username":"md5","password_hash":"hunter2secret5f4dcc3b5aa765d6"}"#.to_vec()),
        (1000, b"{\"username\":\"\xff\",\"password\":\"hunter2secret\"}".to_vec()),
        (1500, long.into_bytes()),
        (2000, br#"{"username":"user1","user_id":"u-other","password":"hunter2secret"}"#.to_vec()),
        (2001, br#"{"username":"newname","user_id":"u-2","password":"hunter2secret"}"#.to_vec()),
    ];
    // The last line has no line break.
    bad.push((3000, br#"{"username":"last"}"#.to_vec()));
    let mut file = b"\xef\xbb\xbf".to_vec();
    for number in 1..=3000 {
        match bad.iter().find(|(at, _)| *at == number) {
            Some((_, bytes)) => file.extend_from_slice(bytes),
            None if number == 50 => {}
            None => file.extend_from_slice(line(number).as_bytes()),
        }
        file.extend_from_slice(if number == 3000 {
            b""
        } else if number % 2 == 0 {
            b"\r\n"
        } else {
            b"\n"
        });
    }
    let path = deployed.folder.join("users.jsonl");
    std::fs::write(&path, &file).unwrap();

    let checked = deployed.run(&["users", "import", "users.jsonl", "--dry-run"]).await;
    let said = |ran: &Ran| {
        let mut lines: Vec<_> =
            ran.stderr.lines().filter(|l| l.starts_with("line ")).map(str::to_owned).collect();
        lines.sort_unstable();
        lines
    };
    assert_eq!(serde_json::from_str::<Value>(&checked.assert(4).stdout).unwrap(), counts(2990, 0, 9));
    assert!(
        deployed.items("UsersTable").await.is_empty()
            && !deployed.folder.join("users.jsonl.rejected").exists()
    );

    let ran = deployed.run(&["users", "import", "users.jsonl"]).await;
    assert_eq!(serde_json::from_str::<Value>(&ran.assert(4).stdout).unwrap(), counts(2990, 0, 9));
    assert_eq!(said(&ran), said(&checked), "a dry run is the run without writes");
    let mut numbers: Vec<usize> = ran
        .stderr
        .lines()
        .filter_map(|line| line.strip_prefix("line ")?.split(':').next()?.parse().ok())
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, bad.iter().map(|(number, _)| *number).collect::<Vec<_>>());
    assert!(ran.stderr.lines().any(|line| line == "2000 lines"), "no terminal: a line each thousand");
    assert!(!ran.stderr.contains("hunter2") && !ran.stderr.contains("$2b$"), "{}", ran.stderr);

    let rejected = std::fs::read(deployed.folder.join("users.jsonl.rejected")).unwrap();
    let mut kept: Vec<&[u8]> =
        rejected.split(|b| *b == b'\n').map(|l| l.strip_suffix(b"\r").unwrap_or(l)).collect();
    let mut expected: Vec<&[u8]> = bad.iter().map(|(_, bytes)| &bytes[..]).chain([&b""[..]]).collect();
    kept.sort_unstable();
    expected.sort_unstable();
    assert!(kept == expected, "none lost, none changed");
    let metadata = std::fs::metadata(deployed.folder.join("users.jsonl.rejected")).unwrap();
    assert_eq!(std::os::unix::fs::MetadataExt::mode(&metadata) & 0o777, 0o600);

    assert_eq!(deployed.items("UsersTable").await.len(), 2990);
    assert_eq!(deployed.events().iter().filter(|event| *event == "user_imported").count(), 2990);
    assert!(!format!("{:?}", deployed.audit()).contains("$2b$"));
    let login = Login { password: "correct horse", ..Login::on("shop", "user2999") };
    deployed.api().await.tokens(login).await;
}

#[tokio::test]
async fn a_file_that_is_imported_again_changes_nothing() {
    let deployed = Deployed::start().await;
    deployed.client("shop").await;
    let without_id = json!({"username": "ada", "password": PASSWORD, "claims": {"roles": ["admin"]}});
    let text = format!("{}{without_id}\n", lines(0..50));
    let import = ["users", "import", "-"];
    assert_eq!(deployed.run_with(&import, text.as_bytes()).await.json(), counts(51, 0, 0));
    let before = (deployed.items("UsersTable").await.len(), deployed.items("CredentialsTable").await.len());
    let tokens = deployed.api().await.tokens(Login::on("shop", "ada")).await;
    assert_eq!(crate::harness::claims(&tokens)["roles"], json!(["admin"]));
    for arguments in [&import[..], &["users", "import", "-", "--dry-run"]] {
        assert_eq!(deployed.run_with(arguments, text.as_bytes()).await.json(), counts(0, 51, 0));
    }
    assert_eq!(before, (51, 51));
    assert_eq!(deployed.api().await.call(&tokens).await, 200);
    assert!(!deployed.folder.join("import.rejected").exists(), "nothing was rejected");
}

#[tokio::test]
async fn the_first_line_with_a_name_or_identifier_is_imported() {
    let deployed = Deployed::start().await;
    // Spelled in two ways, and far enough apart to be handled in parallel or in sequence.
    let by_name = |i: usize| {
        let name = format!("user{}", i / 2);
        let name = if i.is_multiple_of(2) { name } else { name.to_uppercase() };
        json!({"username": name, "password_hash": HASH, "claims": {"line": i % 2}}).to_string()
    };
    let by_id = |i: usize| {
        let id = format!("u-{}", i / 2);
        json!({"username": format!("id{i}"), "user_id": id, "password_hash": HASH, "claims": {"line": i % 2}})
            .to_string()
    };
    let lines: Vec<_> = (0..40).map(by_name).chain((0..40).map(by_id)).collect();
    let text = lines.join("\n") + "\n";
    for arguments in [&["users", "import", "-", "--dry-run"][..], &["users", "import", "-"]] {
        let ran = deployed.run_with(arguments, text.as_bytes()).await;
        assert_eq!(serde_json::from_str::<Value>(&ran.assert(4).stdout).unwrap(), counts(40, 0, 40));
        assert!(ran.stderr.contains("line 2: it has the username of line 1\n"), "{ran:?}");
        assert!(ran.stderr.contains("line 80: it has the user_id of line 79\n"), "{ran:?}");
    }
    let users = deployed.run(&["users", "list"]).await.json();
    assert!(
        users["users"].as_array().unwrap().iter().all(|user| user["claims"] == json!({"line": 0})),
        "{users}"
    );
    let rejected = std::fs::read_to_string(deployed.folder.join("import.rejected")).unwrap();
    let second: Vec<_> = lines.iter().skip(1).step_by(2).map(String::as_str).collect();
    assert_eq!(rejected.lines().collect::<Vec<_>>(), second);
    // The first valid line wins: an invalid line claims no name.
    let bad = json!({"username": "grace", "password": "short"});
    let good = json!({"username": "Grace", "password_hash": HASH});
    let ran = deployed.run_with(&["users", "import", "-"], format!("{bad}\n{good}\n").as_bytes()).await;
    assert_eq!(serde_json::from_str::<Value>(&ran.assert(4).stdout).unwrap(), counts(1, 0, 1));
}

#[tokio::test]
async fn a_field_that_is_misspelt_is_named_with_the_nearest() {
    let deployed = Deployed::start().await;
    for (field, nearest) in
        [("usrname", "username"), ("userId", "user_id"), ("pasword_hash", "password_hash")]
    {
        let mut line = json!({"username": "ada", "password_hash": HASH});
        line[field] = json!("hunter2");
        let ran =
            deployed.run_with(&["users", "import", "-", "--dry-run"], line.to_string().as_bytes()).await;
        let said = format!("line 1: its field \"{field}\" isn't known: did you mean {nearest}?\n");
        assert!(ran.assert(4).stderr.contains(&said) && !ran.stderr.contains("hunter2"), "{ran:?}");
    }
}

#[tokio::test]
async fn a_dry_run_finds_the_same_as_the_run() {
    let deployed = Deployed::start().await;
    deployed.run_with(&["users", "import", "-"], lines(1..=2).as_bytes()).await.assert(0);
    // A user with a malformed record still has the identifier.
    let put = deployed.store.put_item().table_name(deployed.table("UsersTable"));
    let text = |text: &str| aws_sdk_dynamodb::types::AttributeValue::S(text.to_owned());
    put.item("user_id", text("broken")).item("claims", text("[")).send().await.unwrap();
    let text = [
        json!({"username": "USER1", "password_hash": HASH}),
        json!({"username": "user2", "user_id": "u-3", "password_hash": HASH}),
        json!({"username": "user3", "user_id": "u-1", "password_hash": HASH}),
        json!({"username": "user4", "user_id": "broken", "password_hash": HASH}),
        json!({"username": "user5", "password": PASSWORD}),
        json!({"username": "user6"}),
    ];
    let text = text.map(|line| line.to_string()).join("\n");
    for (arguments, users) in
        [(&["users", "import", "-", "--dry-run"][..], 3), (&["users", "import", "-"], 4)]
    {
        let ran = deployed.run_with(arguments, text.as_bytes()).await;
        assert_eq!(serde_json::from_str::<Value>(&ran.assert(4).stdout).unwrap(), counts(1, 1, 4), "{ran:?}");
        assert_eq!(deployed.items("UsersTable").await.len(), users);
    }
}

#[tokio::test]
async fn an_interrupted_import_says_where_to_resume() {
    let deployed = Deployed::start().await;
    let mut command = deployed.command(&["users", "import", "-"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(lines(1..=100).as_bytes()).await.unwrap();
    stdin.flush().await.unwrap();
    while deployed.events().len() < 100 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let pid = child.id().unwrap().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    // Standard input is still open, but nothing waits for it.
    let output = child.wait_with_output().await.unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("latchgate: the command stopped; go on with --from-line 101"), "{said}");
    assert_eq!(serde_json::from_slice::<Value>(&output.stdout).unwrap(), counts(100, 0, 0));
    drop(stdin);

    let resume = ["users", "import", "-", "--from-line", "101"];
    assert_eq!(deployed.run_with(&resume, lines(1..=150).as_bytes()).await.json(), counts(50, 0, 0));
    assert_eq!(deployed.items("UsersTable").await.len(), 150);
}

#[tokio::test]
async fn a_store_that_fails_stops_the_import_at_the_first_line_that_was_not_done() {
    let deployed = Deployed::start().await;
    deployed.run_with(&["users", "import", "-"], lines(1..=20).as_bytes()).await.assert(0);
    let mut command = deployed.command(&["users", "import", "-"]);
    command.env("USERS_TABLE", "no-such-table");
    let ran = crate::harness::run(command, lines(1..=40).as_bytes()).await;
    let said = &ran.assert(1).stderr;
    assert!(said.contains("go on with --from-line 1: DynamoDB did not carry out"), "{said}");
    assert_eq!(deployed.items("UsersTable").await.len(), 20);
}

#[tokio::test]
async fn bad_lines_are_never_added_to_the_file_that_is_read() {
    let deployed = Deployed::start().await;
    std::fs::write(deployed.folder.join("users.jsonl"), "bad\n").unwrap();
    deployed.run(&["users", "import", "users.jsonl", "--rejects", "./users.jsonl"]).await.assert(2);
    deployed.run(&["users", "import", "nowhere.jsonl"]).await.assert(1);
}

/// A line that is too long is read in pieces. Meanwhile, the results of earlier lines arrive.
#[tokio::test]
async fn a_bad_line_that_comes_in_pieces_stays_in_one() {
    let deployed = Deployed::start().await;
    std::fs::write(deployed.folder.join("first.jsonl"), lines([1])).unwrap();
    deployed.run(&["users", "import", "first.jsonl"]).await.assert(0);
    let taken = json!({"username": "user1", "user_id": "another", "password_hash": HASH}).to_string();
    let mut bad = Vec::new();
    for i in 0..20 {
        bad.extend([taken.clone(), taken.clone(), format!("{i}").repeat(2_000_000)]);
    }
    std::fs::write(deployed.folder.join("users.jsonl"), bad.join("\n") + "\n").unwrap();
    deployed.run(&["users", "import", "users.jsonl"]).await.assert(4);
    let rejected = std::fs::read_to_string(deployed.folder.join("users.jsonl.rejected")).unwrap();
    let mut rejected: Vec<_> = rejected.lines().collect();
    rejected.sort_unstable();
    bad.sort_unstable();
    assert!(rejected == bad, "{} lines of {}, as they were", rejected.len(), bad.len());
}

#[tokio::test]
async fn the_rejects_file_holds_every_reject_of_this_import() {
    let deployed = Deployed::start().await;
    let (file, rejects) = (deployed.folder.join("users.jsonl"), deployed.folder.join("users.jsonl.rejected"));
    let text = |path: &std::path::Path| std::fs::read_to_string(path).unwrap();
    std::fs::write(&file, format!("bad\n{}", lines([1]))).unwrap();
    let import = ["users", "import", "users.jsonl"];
    for _ in 0..2 {
        let ran = deployed.run(&import).await;
        let said =
            "1 line was rejected: correct it in users.jsonl.rejected and run the command with that file\n";
        assert!(ran.assert(4).stderr.ends_with(said), "{ran:?}");
        assert_eq!(text(&rejects), "bad\n");
    }
    // Corrected by hand, and set aside by an import of the whole file.
    std::fs::write(&rejects, lines([2])).unwrap();
    let checked = deployed.run(&["users", "import", "users.jsonl", "--dry-run"]).await;
    assert!(checked.assert(4).stderr.contains("1 line would be rejected"), "{checked:?}");
    assert_eq!(text(&rejects), lines([2]));
    let before = deployed.folder.join("users.jsonl.rejected.before");
    let ran = deployed.run(&import).await;
    assert!(ran.assert(4).stderr.contains("moved to users.jsonl.rejected.before"), "{ran:?}");
    assert_eq!((text(&rejects), text(&before)), ("bad\n".to_owned(), lines([2])));
    // An import that continues adds to the earlier rejects.
    std::fs::write(&file, "bad\nworse\n").unwrap();
    deployed.run(&[&import[..], &["--from-line", "2"]].concat()).await.assert(4);
    assert_eq!(text(&rejects), "bad\nworse\n");
    // The file of rejects is read completely, and stays.
    std::fs::write(&rejects, format!("{}bad\n", lines([3]))).unwrap();
    let again = ["users", "import", "users.jsonl.rejected"];
    let ran = deployed.run(&again).await;
    assert_eq!(serde_json::from_str::<Value>(&ran.assert(4).stdout).unwrap(), counts(1, 0, 1));
    assert_eq!(text(&rejects), format!("{}bad\n", lines([3])));
    let onto = ["users", "import", "users.jsonl.rejected.before", "--rejects", "users.jsonl.rejected"];
    deployed.run(&onto).await.assert(2);
    assert_eq!(text(&before), lines([2]));
    let mut command = deployed.command(&["users", "import", "-", "--rejects", "users.jsonl.rejected"]);
    command.stdin(std::fs::File::open(&rejects).unwrap()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = command.spawn().unwrap().wait_with_output().await.unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&output.stdout).unwrap(), counts(0, 1, 1));
    assert_eq!((text(&rejects), text(&before)), ("bad\n".to_owned(), format!("{}bad\n", lines([3]))));
}

#[tokio::test]
async fn a_folder_is_refused_and_an_empty_file_is_reported() {
    let deployed = Deployed::start().await;
    for kind in ["users", "clients"] {
        let ran = deployed.run(&[kind, "import", "."]).await;
        assert!(ran.assert(2).stderr.contains("is a folder: name a file"), "{ran:?}");
        assert_eq!(ran.stdout, "");
        for nothing in ["", "\n"] {
            let ran = deployed.run_with(&[kind, "import", "-"], nothing.as_bytes()).await;
            assert_eq!((ran.json(), ran.stderr.as_str()), (counts(0, 0, 0), "There was no line.\n"));
        }
        let past = [kind, "import", "-", "--from-line", "7"];
        let ran = deployed.run_with(&past, lines([1]).as_bytes()).await;
        assert!(ran.assert(0).stderr.contains("There was no line from line 7 on."), "{ran:?}");
    }
}

#[tokio::test]
async fn a_file_of_the_other_kind_is_reported_once() {
    let deployed = Deployed::start().await;
    deployed.client("shop").await;
    deployed.client("blog").await;
    let clients = deployed.run(&["clients", "export"]).await.assert(0).stdout.clone();
    for (kind, other, field, file) in
        [("users", "clients", "client_id", &clients), ("clients", "users", "username", &lines([1, 2]))]
    {
        let ran = deployed.run_with(&[kind, "import", "-", "--dry-run"], file.as_bytes()).await;
        let of = other.trim_end_matches('s');
        let line = |n: u32| format!("line {n}: it is a {of}'s, by its field \"{field}\"\n");
        let advice = format!("This looks like a file of {other}: `latchgate {other} import` takes it.\n");
        let said = format!("{advice}{}{}latchgate: 2 lines would be", line(1), line(2));
        assert!(ran.assert(4).stderr.starts_with(&said), "{ran:?}");
    }
}

/// A line without a password.
fn without_password(username: &str) -> String {
    json!({"username": username, "user_id": format!("id-of-{username}"), "claims": {"tier": 1}}).to_string()
}

#[tokio::test]
async fn a_user_without_a_password_exists_and_is_refused_as_by_a_wrong_one() {
    let deployed = Deployed::start().await;
    deployed.client("shop").await;
    deployed.user("grace@example.com").await;
    let line = without_password("ada@example.com");
    let ran = deployed.run_with(&["users", "import", "-"], line.as_bytes()).await;
    assert!(ran.assert(4).stderr.contains("line 1: it has neither password_hash nor password"), "{ran:?}");
    let import = ["users", "import", "-", "--without-passwords"];
    for (dry_run, expected) in [(true, counts(1, 0, 0)), (false, counts(1, 0, 0)), (false, counts(0, 1, 0))] {
        let options: &[&str] = if dry_run { &["--dry-run"] } else { &[] };
        let ran = deployed.run_with(&[&import, options].concat(), line.as_bytes()).await;
        assert_eq!(ran.json(), expected);
    }
    let shown = deployed.run(&["users", "show", "ada@example.com"]).await.json();
    assert_eq!(
        (&shown["user_id"], &shown["without_password"]),
        (&json!("id-of-ada@example.com"), &json!(true))
    );

    let api = deployed.api().await;
    let wrong = api.login(Login { password: "wrong horse", ..Login::on("shop", "grace@example.com") }).await;
    assert_eq!(wrong.0, 400);
    for password in [PASSWORD, "$none", "none"] {
        assert_eq!(api.login(Login { password, ..Login::on("shop", "ada@example.com") }).await, wrong);
    }
    let guesses =
        deployed.run(&["users", "show", "ada@example.com"]).await.json()["guesses"][0]["spent"].clone();
    assert_eq!(guesses, 3, "each counts");

    let set = ["users", "set-password", "ada@example.com", "--password-stdin"];
    deployed.run_with(&set, PASSWORD.as_bytes()).await.assert(0);
    let tokens = deployed.api().await.login(Login::on("shop", "ada@example.com")).await;
    assert_eq!(tokens.0, 200, "{tokens:?}");
    let shown = deployed.run(&["users", "show", "ada@example.com"]).await.json();
    assert!(shown["without_password"].is_null(), "{shown}");
}

#[tokio::test]
async fn only_an_address_can_be_a_user_without_a_password() {
    let deployed = Deployed::start().await;
    let text = [without_password("ada"), without_password("ada@example.com"), line(1)].join("\n");
    for options in [&["--dry-run"][..], &[], &["--update"]] {
        let import = [&["users", "import", "-", "--without-passwords"], options].concat();
        let ran = deployed.run_with(&import, text.as_bytes()).await;
        assert!(
            ran.assert(4).stderr.contains("line 1: nobody has its username yet, and it has neither"),
            "{ran:?}"
        );
        assert!(ran.stderr.contains("its username is no mail address"), "{ran:?}");
    }
    assert_eq!(deployed.items("UsersTable").await.len(), 2);
}

#[tokio::test]
async fn a_user_without_a_password_is_exported_and_imported_as_one() {
    let deployed = Deployed::start().await;
    let text = [without_password("ada@example.com"), line(1)].join("\n");
    let import = ["users", "import", "-", "--without-passwords"];
    assert_eq!(deployed.run_with(&import, text.as_bytes()).await.json(), counts(2, 0, 0));
    let exported = deployed.run(&["users", "export", "--with-hashes"]).await.assert(0).stdout.clone();
    assert!(exported.contains(r#""password_hash":"$none""#), "{exported}");

    let other = Deployed::start().await;
    assert_eq!(other.run_with(&["users", "import", "-"], exported.as_bytes()).await.json(), counts(2, 0, 0));
    let again = other.run(&["users", "export", "--with-hashes"]).await.assert(0).stdout.clone();
    let sorted = |text: &str| {
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&again), sorted(&exported));

    // A password that was set since is newer, and stays.
    let set = ["users", "set-password", "ada@example.com", "--password-stdin"];
    other.run_with(&set, PASSWORD.as_bytes()).await.assert(0);
    let update = ["users", "import", "-", "--update", "--without-passwords"];
    let ran = other.run_with(&update, exported.as_bytes()).await;
    assert!(ran.assert(0).stderr.contains("the stored password is newer, and stays"), "{ran:?}");
    let ran = other.run_with(&update, without_password("ada@example.com").as_bytes()).await;
    assert_eq!(ran.json()["there_already"], 1, "{ran:?}");
    let shown = other.run(&["users", "show", "ada@example.com"]).await.json();
    assert!(shown["without_password"].is_null(), "{shown}");
}
