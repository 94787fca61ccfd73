//! The functions' image: tests/sam-local/Dockerfile, with Debian instead of Lambda's Amazon Linux.

use std::{fs, path::Path, process::Stdio};

use super::docker::Docker;
use crate::{
    packages,
    shell::{TaskError, output, program, root, run, tool_folder},
};

/// The image's name in the README.
pub(super) const NAME: &str = "latchgate-sam-local";
/// The name of the base image.
const BASE: &str = "public.ecr.aws/lambda/provided:al2023";

/// The packed files of a minimal Debian. Creating them takes a minute, once.
pub(super) fn files() -> Result<String, TaskError> {
    let folder = tool_folder("sam-local")?;
    let packed = folder.join("debian.tar");
    if !packed.exists() {
        let (unpacked, unfinished) = (folder.join("debian"), folder.join("unfinished.tar"));
        let _ = fs::remove_dir_all(&unpacked);
        let debian = ["--variant=minbase", "--include=ca-certificates", "bookworm"];
        run(program(packages::path_of("debootstrap")?, &debian).arg(&unpacked).stdout(Stdio::null()))?;
        run(program("tar", &["--create", "--file"])
            .arg(&unfinished)
            .arg("--directory")
            .arg(&unpacked)
            .arg("."))?;
        let renamed = fs::rename(&unfinished, &packed).and_then(|()| fs::remove_dir_all(&unpacked));
        renamed.map_err(|e| TaskError(format!("{}: {e}", folder.display())))?;
    }
    Ok(packed.to_string_lossy().into_owned())
}

/// Builds the image with this keyset, as the README does.
pub(super) fn build(docker: &Docker, files: &str, keyset: &Path) -> Result<(), TaskError> {
    output(&mut docker.program(&["import", files, BASE]))?;
    let dockerfile = root().join("tests/sam-local/Dockerfile").to_string_lossy().into_owned();
    let folder = keyset.with_file_name("image");
    let copied = fs::create_dir_all(&folder).and_then(|()| fs::copy(keyset, folder.join("keyset.json")));
    copied.map_err(|e| TaskError(format!("{}: {e}", folder.display())))?;
    let build = ["build", "--quiet", "--tag", NAME, "--file", &dockerfile, &folder.to_string_lossy()];
    // The older builder, since the newer one is a separate package.
    output(docker.program(&build).env("DOCKER_BUILDKIT", "0")).map(drop)
}
