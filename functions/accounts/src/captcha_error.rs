//! Failures of the captcha's function.

/// Why the captcha could not be checked. The fault is in the operator's function, or on the way to it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CaptchaError {
    /// Lambda refused, failed, could not be reached, or took too long.
    #[error("the captcha's function could not be called: {0}")]
    NotCalled(String),
    /// The function returned an error of its own.
    #[error("the captcha's function failed: {0}")]
    Failed(String),
    /// The answer isn't an object with a boolean `success`.
    #[error("the captcha's function answered in another form")]
    Malformed,
}

impl CaptchaError {
    /// The name of this error in audit events.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NotCalled(_) => "captcha_not_called",
            Self::Failed(_) => "captcha_failed",
            Self::Malformed => "captcha_malformed",
        }
    }
}
