//! The context of a command: its deployment, console and audit log.

use crate::{
    audit::{AuditDestination, AuditLog},
    console::Console,
    deployment::Deployment,
    error::AdminError,
};

/// The context of a command.
#[derive(Debug)]
pub struct Context {
    /// The deployment that it works on.
    pub deployment: Deployment,
    /// The console that it prints to.
    pub console: Console,
    /// The place of its audit log.
    pub audit: AuditDestination,
}

impl Context {
    /// Opens the audit log. Commands do this before any change, since a change that can't be recorded must
    /// not happen.
    ///
    /// # Errors
    ///
    /// [`AdminError`], if it can't be opened.
    pub async fn audit_log(&self) -> Result<AuditLog, AdminError> {
        AuditLog::open(&self.audit, &self.deployment).await
    }
}
