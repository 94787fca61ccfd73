//! The templates, and the architecture for which they are built here.

/// The template of the stack.
pub(super) const TEMPLATE: &str = "template.yaml";
/// The template of the alarms.
pub(super) const ALARMS_TEMPLATE: &str = "template-alarms.yaml";
/// The template of the HTTP API.
pub(super) const HTTP_TEMPLATE: &str = "template-http.yaml";
/// Replaces the default, arm64, because not every machine has another processor's standard library.
pub(crate) const ARCHITECTURE: &str = "x86_64";
