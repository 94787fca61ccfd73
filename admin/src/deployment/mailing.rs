//! Whether a deployment sends mails, and who may create an account in it.

use shared::{client::SignUp, environment::variable};

use super::reached::Deployment;

/// The variables of functions, one of which is set where mails are sent.
const OF_MAILS: [&str; 3] = [variable::MAIL_FROM, variable::MAIL_KEY_SECRET, variable::MAIL_KEY];

impl Deployment {
    /// Whether it sends mails; `None`, if that isn't known: a store alone doesn't tell.
    pub fn sends_mail(&self) -> Option<bool> {
        let sends = OF_MAILS.iter().any(|name| self.environment.optional(name).is_some());
        if sends { Some(true) } else { self.stack.as_ref().map(|_| false) }
    }

    /// Who may create an account at clients whose records don't say it; `None`, if that isn't known. A stack of
    /// a release without the parameter takes no sign-ups.
    pub fn sign_up(&self) -> Option<SignUp> {
        let known = self.environment.optional(variable::SIGN_UP).and_then(SignUp::parse);
        known.or_else(|| self.stack.as_ref().map(|_| SignUp::Closed))
    }
}
