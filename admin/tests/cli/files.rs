//! Only their owner can read files with passwords or hashes.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    path::Path,
    process::Stdio,
};

use crate::harness::{Deployed, PASSWORD, run};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o777
}

fn put(path: &Path, mode: u32) {
    fs::write(path, "before\n").unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[tokio::test]
async fn an_export_creates_a_private_file_and_replaces_none() {
    let deployed = Deployed::start().await;
    deployed.user("ada").await;
    deployed.client("shop").await;
    for (kind, more) in [("users", &["--with-hashes"][..]), ("users", &[]), ("clients", &[])] {
        let name = format!("{kind}{}.jsonl", more.len());
        let path = deployed.folder.join(&name);
        let export = [&[kind, "export", "--file", &name], more].concat();
        let ran = deployed.run(&export).await;
        assert_eq!(ran.assert(0).stdout, "");
        assert_eq!((mode(&path), fs::read_to_string(&path).unwrap().lines().count()), (0o600, 1));
        let before = fs::read(&path).unwrap();
        let ran = deployed.run(&export).await;
        let said = format!("latchgate: {name} exists already: name a new file\n");
        assert_eq!(ran.assert(4).stderr, said);
        assert_eq!(fs::read(&path).unwrap(), before, "one that exists is left alone");
        let (link, target) = (deployed.folder.join("link"), deployed.folder.join("target"));
        symlink(&target, &link).unwrap();
        deployed.run(&[&[kind, "export", "--file", "link"], more].concat()).await.assert(4);
        assert!(!target.exists());
        fs::remove_file(link).unwrap();
    }
}

#[tokio::test]
async fn hashes_are_never_written_to_a_shared_standard_output() {
    let deployed = Deployed::start().await;
    deployed.user("ada").await;
    for (mode, arguments, code) in [
        (0o644, &["users", "export", "--with-hashes"][..], 4),
        (0o640, &["clients", "export"], 4),
        (0o644, &["users", "export"], 0),
        (0o600, &["users", "export", "--with-hashes"], 0),
    ] {
        let path = deployed.folder.join("out");
        put(&path, mode);
        let mut command = deployed.command(arguments);
        command.stdin(Stdio::null()).stdout(fs::File::create(&path).unwrap()).stderr(Stdio::piped());
        let output = command.spawn().unwrap().wait_with_output().await.unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        let is_empty = fs::read(&path).unwrap().is_empty();
        assert_eq!(is_empty, code != 0, "{arguments:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(code == 0 || said.contains("--file PATH"), "{said}");
    }
}

#[tokio::test]
async fn rejects_are_never_written_to_a_shared_file_or_through_a_link() {
    let deployed = Deployed::start().await;
    let line = format!("{{\"username\":\"two words\",\"password\":\"{PASSWORD}\"}}\n");
    let (target, rejects) = (deployed.folder.join("target"), deployed.folder.join("rejects"));
    put(&target, 0o600);
    for kind in ["users", "clients"] {
        for dry_run in [&["--dry-run"][..], &[]] {
            let import = [&[kind, "import", "-", "--rejects", "rejects"], dry_run].concat();
            put(&rejects, 0o644);
            let ran = deployed.run_with(&import, line.as_bytes()).await;
            assert!(ran.assert(1).stderr.contains("chmod 600"), "{ran:?}");
            fs::remove_file(&rejects).unwrap();
            symlink(&target, &rejects).unwrap();
            let ran = deployed.run_with(&import, line.as_bytes()).await;
            assert!(ran.assert(1).stderr.contains("symbolic link"), "{ran:?}");
            fs::remove_file(&rejects).unwrap();
        }
        assert_eq!(fs::read_to_string(&target).unwrap(), "before\n");
        // The owner's own file, from an earlier import.
        put(&rejects, 0o600);
        let import = [kind, "import", "-", "--rejects", "rejects"];
        deployed.run_with(&import, line.as_bytes()).await.assert(4);
        assert_eq!(fs::read_to_string(&rejects).unwrap(), line);
        let aside = deployed.folder.join("rejects.before");
        assert_eq!((fs::read_to_string(&aside).unwrap(), mode(&aside)), ("before\n".to_owned(), 0o600));
        // Another user may have prepared the name.
        fs::remove_file(&aside).unwrap();
        symlink(&target, &aside).unwrap();
        deployed.run_with(&import, line.as_bytes()).await.assert(4);
        assert_eq!(fs::read_to_string(&target).unwrap(), "before\n");
        assert_eq!(fs::read_to_string(&aside).unwrap(), line);
        fs::remove_file(&aside).unwrap();
        deployed.run_with(&[kind, "import", "-", "--rejects", "/dev/null"], line.as_bytes()).await.assert(4);
        fs::remove_file(&rejects).unwrap();
    }
    // A permissive umask makes no difference.
    let mut command = tokio::process::Command::new("sh");
    let import = deployed.command(&["users", "import", "-", "--rejects", "rejects"]);
    let import = import.as_std();
    command.args(["-c", "umask 000; exec \"$@\"", "sh"]).arg(import.get_program()).args(import.get_args());
    command.env_clear().envs(import.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.current_dir(&deployed.folder);
    run(command, line.as_bytes()).await.assert(4);
    assert_eq!(mode(&rejects), 0o600);
}
