//! The templates, and the architecture that they are built for here.

/// The template of the stack.
pub(super) const TEMPLATE: &str = "template.yaml";
/// The template of the alarms.
pub(super) const ALARMS_TEMPLATE: &str = "template-alarms.yaml";
/// The template of the HTTP API.
pub(super) const HTTP_TEMPLATE: &str = "template-http.yaml";
/// In the place of the default, arm64: the standard library of another processor isn't everywhere.
pub(crate) const ARCHITECTURE: &str = "x86_64";
