//! Decides which requests leave a log line, and how long it is.

use super::Event;
use crate::{
    environment::{Environment, EnvironmentError, variable},
    random::{self, Random},
};

/// How many allowed calls one line of the authorizer stands for, if only problems leave whole lines.
pub const ALLOWED_CALLS_A_LINE: u32 = 100;

/// Which requests leave a whole line. Those that are refused or fail always do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RequestLines {
    /// Every request.
    All,
    /// Requests that are refused or fail, or that change more than a refresh does.
    Problems,
}

/// The output of a request that succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Trace {
    /// The length of the line; `None` for no line.
    pub(super) line: Option<Length>,
    /// How many requests its metrics stand for; 0 for no metrics.
    pub(super) counts_for: u32,
}

/// The length of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    /// All fields.
    Whole,
    /// The event, the time, the user, the client, the session and the network address.
    Short,
}

impl RequestLines {
    /// Reads `REQUEST_LINES`.
    pub(super) fn from_environment(environment: &Environment) -> Result<Self, EnvironmentError> {
        match environment.optional(variable::REQUEST_LINES) {
            None | Some("all") => Ok(Self::All),
            Some("problems") => Ok(Self::Problems),
            Some(_) => Err(EnvironmentError::Unusable(
                variable::REQUEST_LINES,
                "it must be all or problems".to_owned(),
            )),
        }
    }

    /// The output of a successful request with this event. A request without an event changed nothing.
    pub(super) fn of_success(self, outcome: Option<Event>, random: &dyn Random) -> Trace {
        match outcome {
            _ if self == Self::All => Trace::WHOLE,
            None => Trace { line: None, counts_for: 1 },
            // The choice is random, so that no caller knows which calls are logged.
            Some(Event::AccessAllowed) if is_drawn(random) => {
                Trace { line: Some(Length::Whole), counts_for: ALLOWED_CALLS_A_LINE }
            }
            Some(Event::AccessAllowed) => Trace::NOTHING,
            // These are so frequent that each byte counts.
            Some(Event::RefreshSucceeded | Event::RefreshRetryServed) => {
                Trace { line: Some(Length::Short), counts_for: 1 }
            }
            Some(
                Event::LoginSucceeded
                | Event::LoginPasswordExpired
                | Event::RefreshKeyUsedLate
                | Event::RefreshTokenReused
                | Event::RefreshTokenMisused
                | Event::SignInSucceeded
                | Event::CodeIssued
                | Event::ConsentGranted
                | Event::ConsentDenied
                | Event::SignOutSucceeded
                | Event::CodeRedeemed
                | Event::CodeReused
                | Event::LogoutSucceeded
                | Event::LogoutIgnored
                | Event::SessionRevoked
                | Event::PasswordChanged
                | Event::MailRequested
                | Event::CaptchaUnavailable
                | Event::AccountConfirmed
                | Event::PasswordReset
                | Event::AddressChanged
                | Event::AddressChangeUndone
                | Event::AccountDeleted
                | Event::NewDeviceMailsWanted
                | Event::NewDeviceMailsStopped
                | Event::MailSent
                | Event::MailSentAgain
                | Event::MailSuppressed
                | Event::MailRejected
                | Event::MailSentUnmarked
                | Event::MailBounced
                | Event::MailNoticed
                | Event::MailNoticeDropped
                | Event::PasswordRehashed
                | Event::KeysetPrepared
                | Event::KeysetRotated,
            ) => Trace::WHOLE,
        }
    }
}

impl Trace {
    /// The output of a request that was refused or failed.
    pub(super) const WHOLE: Self = Self { line: Some(Length::Whole), counts_for: 1 };
    /// The output of an allowed call that wasn't drawn.
    const NOTHING: Self = Self { line: None, counts_for: 0 };
}

/// True once in [`ALLOWED_CALLS_A_LINE`] times, on average.
fn is_drawn(random: &dyn Random) -> bool {
    u32::from_be_bytes(random::bytes(random)).is_multiple_of(ALLOWED_CALLS_A_LINE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SystemRandom;

    fn lines(value: &str) -> Result<RequestLines, EnvironmentError> {
        let variable = (variable::REQUEST_LINES.to_owned(), value.to_owned());
        RequestLines::from_environment(&Environment::from_variables([variable]))
    }

    #[test]
    fn a_word_that_is_unknown_is_refused() {
        assert_eq!(lines(""), Ok(RequestLines::All));
        assert_eq!(lines("all"), Ok(RequestLines::All));
        assert_eq!(lines("problems"), Ok(RequestLines::Problems));
        for word in ["none", "ALL", "problem", "off"] {
            assert!(lines(word).is_err(), "{word}");
        }
    }

    #[test]
    fn one_allowed_call_in_a_hundred_is_drawn_and_counts_for_all() {
        let random = SystemRandom::new();
        let allowed = || RequestLines::Problems.of_success(Some(Event::AccessAllowed), &random);
        let traces: Vec<_> = (0..100_000).map(|_| allowed()).collect();
        let drawn = traces.iter().filter(|trace| **trace != Trace::NOTHING).count();
        // Six standard deviations to each side.
        assert!((811..=1189).contains(&drawn), "{drawn}");
        let whole = Trace { line: Some(Length::Whole), counts_for: ALLOWED_CALLS_A_LINE };
        assert!(traces.iter().all(|trace| [whole, Trace::NOTHING].contains(trace)));
    }

    #[test]
    fn only_an_allowed_call_may_leave_no_trace() {
        let random = SystemRandom::new();
        for event in Event::ALL.into_iter().filter(|event| *event != Event::AccessAllowed) {
            let trace = RequestLines::Problems.of_success(Some(event), &random);
            assert_ne!(trace.line, None, "{event:?}");
            assert_eq!(trace.counts_for, 1, "{event:?}");
        }
        let all = |event| RequestLines::All.of_success(event, &random);
        assert!(Event::ALL.into_iter().map(Some).chain([None]).all(|event| all(event) == Trace::WHOLE));
    }
}
