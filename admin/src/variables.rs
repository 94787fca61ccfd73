//! The operator's own variables. Only this module reads them.

use std::{ffi::OsString, path::PathBuf};

/// The stack to use if no deployment is named.
pub(crate) const STACK: &str = "LATCHGATE_STACK";

#[expect(clippy::disallowed_methods, reason = "the one home of the operator's variables")]
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// The stack to use if no deployment is named.
pub(crate) fn stack() -> Option<String> {
    variable(STACK)?.into_string().ok()
}

/// The AWS profile to use if none is named.
pub(crate) fn profile() -> Option<String> {
    ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"].into_iter().find_map(|name| variable(name)?.into_string().ok())
}

/// Whether the variables contain AWS credentials, which take precedence over any profile's.
pub(crate) fn has_credentials() -> bool {
    variable("AWS_ACCESS_KEY_ID").is_some() && variable("AWS_SECRET_ACCESS_KEY").is_some()
}

/// The folder for programs' state (XDG Base Directory Specification).
pub(crate) fn state_folder() -> Option<PathBuf> {
    let state = variable("XDG_STATE_HOME").map(PathBuf::from);
    state.or_else(|| Some(PathBuf::from(variable("HOME")?).join(".local/state")))
}

/// The operator's name according to the system. In a container it is often only a number.
pub(crate) fn operator() -> String {
    let name =
        ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(|name| variable(name)?.into_string().ok());
    name.or_else(owner_of_process).unwrap_or_else(|| "unknown".to_owned())
}

#[cfg(unix)]
fn owner_of_process() -> Option<String> {
    let process = std::fs::metadata("/proc/self").ok()?;
    Some(format!("uid {}", std::os::unix::fs::MetadataExt::uid(&process)))
}

#[cfg(not(unix))]
fn owner_of_process() -> Option<String> {
    None
}
