//! Asks the operator's function whether a caller solved a captcha.

use std::time::Duration;

use aws_sdk_lambda::{
    Client,
    config::{Builder, retry::RetryConfig, timeout::TimeoutConfig},
    operation::invoke::InvokeOutput,
    primitives::Blob,
};
use mails::Purpose;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::Value;
use shared::{
    aws::{self, Trust},
    context::SdkConfig,
    environment::{Environment, EnvironmentError, variable},
    error::chain,
    ids::ClientId,
    json::UniqueObject,
    log::{Event, RequestLog},
};

use crate::{AccountsError, AccountsReason, captcha_error::CaptchaError};

/// How long the function may take, with the connection.
const CALL: Duration = Duration::from_secs(3);

/// How long the connection may take.
const CONNECTION: Duration = Duration::from_secs(1);

/// The solution of a captcha, as the widget in the caller's browser or app returned it.
#[derive(Clone, Debug)]
pub struct Solution(SecretString);

impl Solution {
    /// The longest solution, in bytes. Those of hCaptcha and reCAPTCHA have some 2,000.
    const MAX_LEN: usize = 4096;

    /// Parses a solution: a text that is neither empty nor too long.
    pub fn parse(text: &SecretString) -> Option<Self> {
        let fits = (1..=Self::MAX_LEN).contains(&text.expose_secret().len());
        fits.then(|| Self(text.clone()))
    }
}

/// The asker of a mail, as far as the captcha depends on it.
#[derive(Clone, Copy, Debug)]
pub enum Asker<'a> {
    /// A server of the operator, which checks its own users.
    Known,
    /// Anyone.
    Stranger {
        /// The solution of the captcha, if one came.
        solution: Option<&'a Solution>,
        /// The caller's IP address, if API Gateway names it.
        address: Option<&'a str>,
    },
}

/// The caller's request, as the operator's function learns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Action {
    /// A mail for a new account.
    SignUp,
    /// A mail for a new password.
    Reset,
    /// An earlier mail again.
    Resend,
}

impl Action {
    /// The action of a first request for a mail with this purpose. `None`, if no stranger asks for such mails.
    pub(crate) fn of(purpose: Purpose) -> Option<Self> {
        match purpose {
            Purpose::SignUp => Some(Self::SignUp),
            Purpose::Reset => Some(Self::Reset),
            Purpose::Email
            | Purpose::Undo
            | Purpose::Invitation
            | Purpose::Deleted
            | Purpose::Renamed
            | Purpose::Notice(_) => None,
        }
    }
}

/// Whether requests go on while the captcha can't be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OnFailure {
    Refuse,
    GoOn,
}

impl OnFailure {
    fn from_environment(environment: &Environment) -> Result<Self, EnvironmentError> {
        match environment.optional(variable::CAPTCHA_FAILURE) {
            None | Some("closed") => Ok(Self::Refuse),
            Some("open") => Ok(Self::GoOn),
            Some(_) => Err(EnvironmentError::Malformed(variable::CAPTCHA_FAILURE)),
        }
    }
}

/// The captcha of a deployment.
#[derive(Debug)]
pub(crate) struct Captcha {
    client: Client,
    /// The name of the operator's function.
    function: String,
    on_failure: OnFailure,
}

/// The input of the operator's function. It has neither the mail address nor anything of an account.
#[derive(Serialize)]
pub(crate) struct Question<'a> {
    captcha: &'a str,
    action: Action,
    client_id: &'a ClientId,
    ip: Option<&'a str>,
}

impl<'a> Question<'a> {
    /// The question about a caller. `None`, if the captcha isn't for this one.
    pub(crate) fn of(
        asker: Asker<'a>,
        action: Action,
        client_id: &'a ClientId,
    ) -> Result<Option<Self>, AccountsReason> {
        let Asker::Stranger { solution, address } = asker else { return Ok(None) };
        let Solution(captcha) = solution.ok_or(AccountsReason::CaptchaMissing)?;
        Ok(Some(Self { captcha: captcha.expose_secret(), action, client_id, ip: address }))
    }
}

impl Captcha {
    /// The captcha that the variables name. `None`, if the deployment has none.
    ///
    /// A call has a connection of its own and isn't repeated: the services accept a solution only once, so
    /// a repetition would refuse a caller who solved the captcha.
    pub(crate) fn new(environment: &Environment, aws: &SdkConfig) -> Result<Option<Self>, EnvironmentError> {
        let on_failure = OnFailure::from_environment(environment)?;
        let Some(function) = environment.optional(variable::CAPTCHA) else { return Ok(None) };
        let once = TimeoutConfig::builder()
            .connect_timeout(CONNECTION)
            .operation_timeout(CALL)
            .operation_attempt_timeout(CALL)
            .build();
        let mut config = Builder::from(aws)
            .retry_config(RetryConfig::disabled())
            .timeout_config(once)
            .http_client(aws::fresh_http_client(Trust::from_environment(environment)?));
        if let Some(endpoint) = environment.optional(variable::AWS_ENDPOINT_URL_LAMBDA) {
            config = config.endpoint_url(endpoint);
        }
        let client = Client::from_conf(config.build());
        Ok(Some(Self { client, function: function.to_owned(), on_failure }))
    }

    /// Checks that the caller solved the captcha.
    pub(crate) async fn check(&self, question: &Question<'_>, log: &RequestLog) -> Result<(), AccountsError> {
        match self.ask(question).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(AccountsReason::CaptchaUnsolved.into()),
            Err(error) if self.on_failure == OnFailure::Refuse => Err(AccountsReason::Captcha(error).into()),
            Err(error) => {
                log.happened(Event::CaptchaUnavailable);
                tracing::warn!(reason = chain(&error), "a request goes on without a captcha");
                Ok(())
            }
        }
    }

    /// The function's answer.
    async fn ask(&self, question: &Question<'_>) -> Result<bool, CaptchaError> {
        let question = serde_json::to_vec(question).map_err(|e| CaptchaError::NotCalled(e.to_string()))?;
        let call = self.client.invoke().function_name(&self.function).payload(Blob::new(question));
        let output = call.send().await.map_err(|error| CaptchaError::NotCalled(aws::reason(error)))?;
        answer(&output)
    }
}

/// Reads the function's answer: an object with a boolean `success`, as the `siteverify` of Turnstile, hCaptcha
/// and reCAPTCHA answers. Other fields are ignored. The text of an error isn't kept: it may repeat the solution.
fn answer(output: &InvokeOutput) -> Result<bool, CaptchaError> {
    if let Some(error) = output.function_error() {
        return Err(CaptchaError::Failed(error.to_owned()));
    }
    let payload = output.payload().map_or(&[][..], Blob::as_ref);
    let object = UniqueObject::parse(payload).map_err(|_| CaptchaError::Malformed)?;
    object.0.get("success").and_then(Value::as_bool).ok_or(CaptchaError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Environment::from_variables(variables)
    }

    fn captcha(variables: &[(&str, &str)]) -> Result<Option<Captcha>, EnvironmentError> {
        let aws = aws::config(&environment(&[(variable::AWS_REGION, "eu-west-1")])).unwrap();
        Captcha::new(&environment(variables), &aws)
    }

    fn answered(payload: &str) -> Result<bool, CaptchaError> {
        answer(&InvokeOutput::builder().status_code(200).payload(Blob::new(payload)).build())
    }

    #[test]
    fn a_deployment_without_a_function_has_no_captcha() {
        assert!(captcha(&[]).unwrap().is_none());
        assert!(captcha(&[(variable::CAPTCHA, ""), (variable::CAPTCHA_FAILURE, "open")]).unwrap().is_none());
        assert_eq!(
            captcha(&[(variable::CAPTCHA, "captcha:live")]).unwrap().unwrap().function,
            "captcha:live"
        );
    }

    #[test]
    fn a_failure_refuses_unless_the_operator_says_otherwise() {
        let on_failure = |value| {
            let captcha = captcha(&[(variable::CAPTCHA, "captcha"), (variable::CAPTCHA_FAILURE, value)]);
            captcha.map(|captcha| captcha.unwrap().on_failure)
        };
        assert_eq!(on_failure(""), Ok(OnFailure::Refuse));
        assert_eq!(on_failure("closed"), Ok(OnFailure::Refuse));
        assert_eq!(on_failure("open"), Ok(OnFailure::GoOn));
        for word in ["Open", "yes", " "] {
            assert_eq!(on_failure(word), Err(EnvironmentError::Malformed(variable::CAPTCHA_FAILURE)));
        }
    }

    #[test]
    fn an_answer_is_a_success_or_not_whatever_else_it_has() {
        for (payload, success) in [
            (r#"{"success":true}"#, true),
            (r#"{"success":false}"#, false),
            (r#"{"success":true,"challenge_ts":"2026-01-01T00:00:00Z","hostname":"example.com"}"#, true),
            (r#"{"error-codes":["timeout-or-duplicate"],"success":false}"#, false),
        ] {
            assert_eq!(answered(payload), Ok(success), "{payload}");
        }
    }

    #[test]
    fn any_other_answer_is_a_failure() {
        for payload in [
            "",
            "null",
            "true",
            "[true]",
            "{}",
            r#"{"success":"true"}"#,
            r#"{"success":1}"#,
            r#"{"success":null}"#,
            r#"{"success":true"#,
            r#"{"success":true,"success":false}"#,
            r#"{"statusCode":200,"body":"{\"success\":true}"}"#,
        ] {
            assert_eq!(answered(payload), Err(CaptchaError::Malformed), "{payload}");
        }
        assert_eq!(answer(&InvokeOutput::builder().build()), Err(CaptchaError::Malformed));
    }

    #[test]
    fn an_error_of_the_function_is_a_failure_even_if_its_payload_says_yes() {
        let output = InvokeOutput::builder().function_error("Unhandled");
        let output = output.payload(Blob::new(r#"{"success":true}"#)).build();
        assert_eq!(answer(&output), Err(CaptchaError::Failed("Unhandled".to_owned())));
    }

    #[test]
    fn the_function_gets_the_solution_and_neither_address_nor_account() {
        let client_id = ClientId::parse("app").unwrap();
        let question = |ip| Question { captcha: "solved", action: Action::SignUp, client_id: &client_id, ip };
        let json = serde_json::to_string(&question(Some("192.0.2.1"))).unwrap();
        assert_eq!(json, r#"{"captcha":"solved","action":"sign_up","client_id":"app","ip":"192.0.2.1"}"#);
        assert!(serde_json::to_string(&question(None)).unwrap().ends_with(r#""ip":null}"#));
        let actions = [Action::Reset, Action::Resend].map(|action| serde_json::to_string(&action).unwrap());
        assert_eq!(actions, [r#""reset""#, r#""resend""#]);
    }

    #[test]
    fn strangers_ask_for_mails_for_accounts_and_passwords_alone() {
        assert_eq!(Action::of(Purpose::SignUp), Some(Action::SignUp));
        assert_eq!(Action::of(Purpose::Reset), Some(Action::Reset));
        for other in [Purpose::Email, Purpose::Undo, Purpose::Invitation, Purpose::Deleted, Purpose::Renamed]
        {
            assert_eq!(Action::of(other), None, "{other:?}");
        }
    }

    #[test]
    fn a_solution_has_at_most_four_kilobytes_and_is_not_shown() {
        let solution = |len: usize| Solution::parse(&"x".repeat(len).into()).is_some();
        assert_eq!([0, 1, 4096, 4097].map(solution), [false, true, true, false]);
        let asker = Solution::parse(&"solved".into());
        let asker = Asker::Stranger { solution: asker.as_ref(), address: None };
        assert!(!format!("{asker:?}").contains("solved"));
    }
}
