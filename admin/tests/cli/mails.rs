//! `latchgate mails …`

use std::{fs, path::PathBuf};

use serde_json::Value;
use tokio::process::Command;

use crate::harness::{Ran, run};

const KINDS: [&str; 5] = ["confirm", "already-registered", "reset", "no-account", "disabled"];

/// An empty folder for one test.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("mails-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Runs the command where no deployment is named.
async fn preview(variables: &[(&str, &str)], arguments: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_latchgate"));
    command.env_clear().envs(variables.iter().copied()).env("LATCHGATE_OUTPUT", "json");
    command.args(["mails", "preview"]).args(arguments);
    run(command, b"").await
}

#[tokio::test]
async fn a_preview_has_every_mail_in_each_language() {
    let folder = folder("all").join("new");
    let path = folder.to_str().unwrap();
    let written = preview(&[("PAGES_NAME", "Acme & Co")], &[path]).await.json();
    assert_eq!(written.as_array().unwrap().len(), 10);
    for kind in KINDS {
        for language in ["en", "vi"] {
            let read = |ending: &str| {
                fs::read_to_string(folder.join(format!("{kind}.{language}.{ending}"))).unwrap()
            };
            let (html, text) = (read("html"), read("txt"));
            assert!(html.contains("Acme &amp; Co") && text.contains("Acme & Co"), "{kind} {language}");
            let is_it = |row: &&Value| row["kind"] == kind && row["language"] == language;
            let row = written.as_array().unwrap().iter().find(is_it).unwrap();
            let subject = row["subject"].as_str().unwrap();
            assert!(text.starts_with(&format!("Subject: {subject}\n\n")), "{text}");
            assert!(row["html"].as_str().unwrap().ends_with(&format!("{kind}.{language}.html")));
        }
    }
}

#[tokio::test]
async fn a_preview_uses_an_operators_templates_and_one_language() {
    let folder = folder("own");
    let templates = folder.join("templates");
    fs::create_dir_all(templates.join("vi")).unwrap();
    fs::write(templates.join("vi/disabled.subject"), "Xin chào").unwrap();
    let (out, templates_path) = (folder.join("out"), templates.to_str().unwrap());
    let arguments = ["--language", "vi", "--templates", templates_path, out.to_str().unwrap()];
    let written = preview(&[], &arguments).await.json();
    assert_eq!(written.as_array().unwrap().len(), KINDS.len());
    let disabled = fs::read_to_string(out.join("disabled.vi.txt")).unwrap();
    assert!(disabled.starts_with("Subject: Xin chào\n"), "{disabled}");
    assert!(!out.join("disabled.en.txt").exists());

    fs::write(templates.join("vi/disabling.subject"), "").unwrap();
    let refused = preview(&[], &arguments).await;
    assert!(refused.assert(4).stderr.contains("disabling.subject"), "{refused:?}");
    assert!(!refused.stderr.contains("MAIL_TEMPLATES"), "{refused:?}");
    preview(&[], &["--language", "fr", "x"]).await.assert(2);
}
