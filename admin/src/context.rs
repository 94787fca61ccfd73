//! The context of a command: its deployment, console and audit log.

use crate::{
    audit::{AuditDestination, AuditLog},
    console::Console,
    deployment::Deployment,
    error::AdminError,
};

/// What a command works with.
#[derive(Debug)]
pub struct Context {
    /// What it works on.
    pub deployment: Deployment,
    /// Whom it asks and tells.
    pub console: Console,
    /// Where it is written down.
    pub audit: AuditDestination,
}

impl Context {
    /// Opens the audit log: before anything is changed, so that what can't be written down isn't done.
    ///
    /// # Errors
    ///
    /// [`AdminError`], if it can't be opened.
    pub async fn audit_log(&self) -> Result<AuditLog, AdminError> {
        AuditLog::open(&self.audit, &self.deployment).await
    }
}
