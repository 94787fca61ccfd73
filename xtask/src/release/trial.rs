//! Checks that the released programs run on a bare system.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::archives::{copy, failure};
use crate::{
    packages,
    server::LocalServer,
    shell::{TaskError, output, program, root, run},
};

/// Checks that Linux programs are static. Programs for this machine must print their version, and `doctor` must find no
/// fault with the local server. On Linux they run in a file system that only has these two files.
pub(super) fn check(
    programs: &[PathBuf; 2],
    is_of_this_machine: bool,
    version: &str,
) -> Result<(), TaskError> {
    for path in programs {
        let bytes = fs::read(path).map_err(|e| failure(path, &e))?;
        if let Some(interpreter) = interpreter(&bytes) {
            return Err(TaskError(format!("{} is not static: {interpreter} loads it", path.display())));
        }
        println!("{}: {} bytes", path.display(), bytes.len());
    }
    if !is_of_this_machine {
        println!("not run: they are for another kind of machine");
        return Ok(());
    }
    let alone = Alone::new(programs)?;
    for name in &alone.names {
        let said = output(&mut alone.program(name, &["--version"])?)?;
        if said.trim() != format!("{name} {version}") {
            return Err(TaskError(format!("{name} says that it is {}", said.trim())));
        }
    }
    let [latchgate, local] = &alone.names;
    let server = LocalServer::of(&mut alone.program(local, &["--port", "0", "--json"])?)?;
    let url = server.said("url")?;
    let port = url.rsplit(':').next().unwrap_or_default();
    run(&mut alone.program(latchgate, &["--local", port, "doctor"])?)
}

/// A folder with the two programs, which is the root of their file system.
struct Alone {
    folder: PathBuf,
    names: [String; 2],
}

impl Alone {
    fn new(programs: &[PathBuf; 2]) -> Result<Self, TaskError> {
        let folder = root().join("target/programs/alone");
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(|e| failure(&folder, &e))?;
        }
        let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let names = [name(&programs[0]), name(&programs[1])];
        for (path, name) in programs.iter().zip(&names) {
            copy(path, &folder.join(name))?;
        }
        Ok(Self { folder, names })
    }

    /// A command that runs one of them. On macOS it runs in the normal file system, since programs there need the
    /// system's libraries.
    fn program(&self, name: &str, arguments: &[&str]) -> Result<Command, TaskError> {
        let mut command = if cfg!(target_os = "linux") {
            let root = format!("--root={}", self.folder.display());
            let path = format!("/{name}");
            program(packages::path_of("unshare")?, &["--map-root-user", &root, "--wd=/", &path])
        } else {
            program(self.folder.join(name), &[])
        };
        let home = if cfg!(target_os = "linux") { Path::new("/") } else { &self.folder };
        command.args(arguments).env_clear().env("HOME", home);
        Ok(command)
    }
}

/// The dynamic loader of an ELF file, which `PT_INTERP` names, if it needs one.
fn interpreter(program: &[u8]) -> Option<String> {
    const INTERPRETER: u64 = 3;
    if !program.starts_with(b"\x7fELF\x02\x01") {
        return None;
    }
    let number = |offset: usize, length: usize| {
        let bytes = program.get(offset..offset + length)?;
        bytes.iter().rev().try_fold(0_u64, |number, byte| number.checked_shl(8)?.checked_add((*byte).into()))
    };
    let place = |offset: usize, length: usize| usize::try_from(number(offset, length)?).ok();
    let (table, size, count) = (place(32, 8)?, place(54, 2)?, place(56, 2)?);
    let header = (0..count).map(|i| table + i * size).find(|at| number(*at, 4) == Some(INTERPRETER))?;
    let (start, length) = (place(header + 8, 8)?, place(header + 32, 8)?);
    let path = program.get(start..start + length)?;
    Some(String::from_utf8_lossy(path).trim_end_matches('\0').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    fn this_program_is_not_static() {
        let this = fs::read(std::env::current_exe().unwrap()).unwrap();
        assert!(interpreter(&this).unwrap().contains("ld-linux"));
        assert!(check(&[std::env::current_exe().unwrap(), PathBuf::new()], false, "").is_err());
    }

    #[test]
    fn a_truncated_file_or_one_that_is_no_program_has_no_interpreter() {
        for bytes in [&b""[..], b"#!/bin/sh", b"\x7fELF\x02\x01", &[0x7f, b'E', b'L', b'F', 2, 1, 0, 0, 9]] {
            assert_eq!(interpreter(bytes), None);
        }
    }
}
