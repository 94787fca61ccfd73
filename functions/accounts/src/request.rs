//! The requests of the endpoints.

use lambda_http::{Request, http::Method};
use mails::EmailAddress;
use passwords::Password;
use secrecy::{ExposeSecret, SecretString};
use shared::{
    client::ClientCredentials,
    http::{Language, Parameters, RequestError, client_credentials, device_name, parameter},
};

use crate::{
    AccountsError, Solution,
    means::{MailCode, Means},
};

/// The request for a mail.
#[derive(Debug)]
pub(crate) struct AskRequest {
    pub(crate) client: ClientCredentials,
    pub(crate) email: EmailAddress,
    pub(crate) language: Language,
    pub(crate) captcha: Option<Solution>,
}

impl AskRequest {
    pub(crate) fn parse(request: &Request) -> Result<Self, AccountsError> {
        let parameters = Parameters::from_request(request)?;
        Ok(Self {
            email: email(&parameters)?,
            language: language(request, &parameters)?,
            captcha: captcha(&parameters)?,
            client: client_credentials(request, &parameters)?,
        })
    }
}

/// A signed-in user's request for another mail address.
#[derive(Debug)]
pub(crate) struct EmailRequest {
    pub(crate) email: EmailAddress,
    pub(crate) current: Password,
    pub(crate) language: Language,
}

impl EmailRequest {
    pub(crate) fn parse(request: &Request) -> Result<Self, RequestError> {
        let parameters = Parameters::from_request(request)?;
        Ok(Self {
            email: email(&parameters)?,
            current: current_password(&parameters)?,
            language: language(request, &parameters)?,
        })
    }
}

/// A signed-in user's request to delete the account.
#[derive(Debug)]
pub(crate) struct DeletionRequest {
    pub(crate) current: Password,
    pub(crate) language: Language,
}

impl DeletionRequest {
    pub(crate) fn parse(request: &Request) -> Result<Self, RequestError> {
        let parameters = Parameters::from_request_of(request, &Method::DELETE)?;
        Ok(Self { current: current_password(&parameters)?, language: language(request, &parameters)? })
    }
}

/// The request for an earlier mail again.
#[derive(Debug)]
pub(crate) struct ResendRequest {
    pub(crate) client: ClientCredentials,
    /// The request token of the earlier request.
    pub(crate) request: SecretString,
    pub(crate) captcha: Option<Solution>,
}

impl ResendRequest {
    pub(crate) fn parse(request: &Request) -> Result<Self, AccountsError> {
        let parameters = Parameters::from_request(request)?;
        Ok(Self {
            request: parameters.required(parameter::REQUEST)?.clone(),
            captcha: captcha(&parameters)?,
            client: client_credentials(request, &parameters)?,
        })
    }
}

/// A request that uses a mail up.
#[derive(Debug)]
pub(crate) struct RedeemRequest {
    pub(crate) client: ClientCredentials,
    pub(crate) means: Means,
    /// The password as typed. Whether it is allowed depends on the address.
    pub(crate) password: SecretString,
    /// The user's name for the device of the session.
    pub(crate) device_name: Option<String>,
}

impl RedeemRequest {
    /// Parses a confirmation, which opens an account and a session.
    pub(crate) fn of_confirmation(request: &Request) -> Result<Self, AccountsError> {
        let parameters = Parameters::from_request(request)?;
        let device = parameters.optional(parameter::DEVICE_NAME)?;
        Ok(Self {
            device_name: device.and_then(|text| device_name(text.expose_secret())),
            ..Self::read(request, &parameters, parameter::PASSWORD)?
        })
    }

    /// Parses a reset, which opens no session.
    pub(crate) fn of_reset(request: &Request) -> Result<Self, AccountsError> {
        let parameters = Parameters::from_request(request)?;
        Self::read(request, &parameters, parameter::NEW_PASSWORD)
    }

    fn read(
        request: &Request,
        parameters: &Parameters,
        password: &'static str,
    ) -> Result<Self, AccountsError> {
        Ok(Self {
            means: means(parameters)?,
            password: parameters.required(password)?.clone(),
            device_name: None,
            client: client_credentials(request, parameters)?,
        })
    }
}

/// A request that confirms another mail address.
#[derive(Debug)]
pub(crate) struct AddressRequest {
    pub(crate) client: ClientCredentials,
    pub(crate) means: Means,
}

impl AddressRequest {
    pub(crate) fn parse(request: &Request) -> Result<Self, AccountsError> {
        let parameters = Parameters::from_request(request)?;
        Ok(Self { means: means(&parameters)?, client: client_credentials(request, &parameters)? })
    }
}

/// A request that undoes a change of the address. Its mail has a link, and no code.
#[derive(Debug)]
pub(crate) struct UndoRequest {
    pub(crate) client: ClientCredentials,
    pub(crate) token: SecretString,
    /// The new password as typed.
    pub(crate) password: SecretString,
}

impl UndoRequest {
    pub(crate) fn parse(request: &Request) -> Result<Self, AccountsError> {
        let parameters = Parameters::from_request(request)?;
        Ok(Self {
            token: parameters.required(parameter::TOKEN)?.clone(),
            password: parameters.required(parameter::NEW_PASSWORD)?.clone(),
            client: client_credentials(request, &parameters)?,
        })
    }
}

fn email(parameters: &Parameters) -> Result<EmailAddress, RequestError> {
    let email = parameters.required(parameter::EMAIL)?;
    EmailAddress::parse(email.expose_secret()).ok_or(RequestError::Mistyped(parameter::EMAIL))
}

/// The solution of a captcha. It isn't required here: only the flow knows who needs one.
fn captcha(parameters: &Parameters) -> Result<Option<Solution>, RequestError> {
    let solution = parameters.optional(parameter::CAPTCHA)?;
    let parse = |text| Solution::parse(text).ok_or(RequestError::Mistyped(parameter::CAPTCHA));
    solution.map(parse).transpose()
}

fn current_password(parameters: &Parameters) -> Result<Password, RequestError> {
    let current = parameters.required(parameter::CURRENT_PASSWORD)?;
    Password::parse(current).ok_or(RequestError::Mistyped(parameter::CURRENT_PASSWORD))
}

/// The language of the mail: the parameter's, otherwise the best of `Accept-Language`.
fn language(request: &Request, parameters: &Parameters) -> Result<Language, RequestError> {
    match parameters.optional(parameter::LANGUAGE)? {
        Some(tag) => Language::parse(tag.expose_secret()).ok_or(RequestError::Mistyped(parameter::LANGUAGE)),
        None => Ok(Language::chosen(None, request)),
    }
}

/// The link's token, or the request token and the code.
fn means(parameters: &Parameters) -> Result<Means, RequestError> {
    let request = parameters.optional(parameter::REQUEST)?;
    let code = parameters.optional(parameter::CODE)?;
    match (parameters.optional(parameter::TOKEN)?, request, code) {
        (Some(token), None, None) => Ok(Means::Link(token.clone())),
        (Some(_), _, _) => Err(RequestError::Repeated),
        (None, None, None) => Err(RequestError::Missing(parameter::TOKEN)),
        (None, None, Some(_)) => Err(RequestError::Missing(parameter::REQUEST)),
        (None, Some(_), None) => Err(RequestError::Missing(parameter::CODE)),
        (None, Some(request), Some(code)) => {
            let code = MailCode::parse(code).ok_or(RequestError::Mistyped(parameter::CODE))?;
            Ok(Means::Code { request: request.clone(), code })
        }
    }
}

#[cfg(test)]
mod tests {
    use lambda_http::{Body, http::Request as HttpRequest};
    use shared::http::EndpointError;

    use super::*;

    fn post(body: &str) -> Request {
        let request = HttpRequest::post("/").header("content-type", "application/x-www-form-urlencoded");
        request.body(Body::from(body)).unwrap()
    }

    fn redeem(means: &str) -> Result<Means, RequestError> {
        let request = post(&format!("client_id=app&password=p&{means}"));
        match RedeemRequest::of_confirmation(&request) {
            Ok(redeem) => Ok(redeem.means),
            Err(EndpointError::Request(error)) => Err(error),
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn a_mail_is_shown_by_its_link_or_by_its_code_and_request() {
        assert!(matches!(redeem("token=lgm1_x"), Ok(Means::Link(_))));
        assert!(matches!(redeem("request=lgq1_x&code=123+456"), Ok(Means::Code { .. })));
        for (means, error) in [
            ("", RequestError::Missing(parameter::TOKEN)),
            ("request=lgq1_x", RequestError::Missing(parameter::CODE)),
            ("code=123456", RequestError::Missing(parameter::REQUEST)),
            ("request=lgq1_x&code=12345", RequestError::Mistyped(parameter::CODE)),
            ("token=lgm1_x&code=123456", RequestError::Repeated),
            ("token=lgm1_x&request=lgq1_x", RequestError::Repeated),
            ("token=lgm1_x&request=lgq1_x&code=123456", RequestError::Repeated),
        ] {
            assert_eq!(redeem(means).err(), Some(error), "{means}");
        }
    }

    #[test]
    fn the_parameter_chooses_the_language_before_the_header() {
        let language = |parameter: &str, header: &'static str| {
            let mut request = post(&format!("client_id=app&email=a@example.com&{parameter}"));
            request.headers_mut().insert("accept-language", header.parse().unwrap());
            AskRequest::parse(&request).map(|ask| ask.language).ok()
        };
        assert_eq!(language("language=vi", "en"), Some(Language::Vietnamese));
        assert_eq!(language("language=en", "vi"), Some(Language::English));
        assert_eq!(language("", "vi-VN,en;q=0.5"), Some(Language::Vietnamese));
        assert_eq!(language("", "fr"), Some(Language::English));
        assert_eq!(language("language=fr", "vi"), None);
    }

    #[test]
    fn another_address_is_asked_for_with_the_password() {
        let refused = |body: &str| EmailRequest::parse(&post(body)).err();
        for (body, error) in [
            ("current_password=p", RequestError::Missing(parameter::EMAIL)),
            ("email=a@example.com", RequestError::Missing(parameter::CURRENT_PASSWORD)),
            ("email=a&current_password=p", RequestError::Mistyped(parameter::EMAIL)),
            ("email=a@example.com&current_password=%00", RequestError::Mistyped(parameter::CURRENT_PASSWORD)),
            (
                "email=a@example.com&current_password=p&language=fr",
                RequestError::Mistyped(parameter::LANGUAGE),
            ),
        ] {
            assert_eq!(refused(body), Some(error), "{body}");
        }
        assert_eq!(refused("email=a@example.com&current_password=p&language=vi"), None);
    }

    #[test]
    fn an_undo_needs_a_link_and_a_password() {
        let undo = |body: &str| UndoRequest::parse(&post(&format!("client_id=app&{body}"))).is_ok();
        assert!(undo("token=lgm1_x&new_password=p"));
        assert!(!undo("token=lgm1_x") && !undo("new_password=p"));
        assert!(!undo("request=lgq1_x&code=123456&new_password=p"), "its mail has no code");
    }

    #[test]
    fn an_account_is_deleted_by_delete_alone() {
        let ask = |method: Method| {
            let request = HttpRequest::builder().method(method).uri("/account");
            let request = request.header("content-type", "application/x-www-form-urlencoded");
            DeletionRequest::parse(&request.body(Body::from("current_password=p")).unwrap()).err()
        };
        assert_eq!(ask(Method::DELETE), None);
        for method in [Method::POST, Method::GET, Method::PUT] {
            assert_eq!(ask(method), Some(RequestError::Method));
        }
    }

    #[test]
    fn an_earlier_mail_is_asked_for_by_a_client() {
        assert!(ResendRequest::parse(&post("request=lgq1_x")).is_err());
        assert!(ResendRequest::parse(&post("client_id=app")).is_err());
        let resend = ResendRequest::parse(&post("client_id=app&request=lgq1_x")).unwrap();
        assert_eq!(resend.client.client_id.as_str(), "app");
    }

    #[test]
    fn a_captcha_is_optional_and_not_too_long() {
        let (short, long) = ("x".repeat(4096), "x".repeat(4097));
        for (captcha, is_good) in [("", true), ("solved", true), (&short, true), (&long, false)] {
            let ask = post(&format!("client_id=app&email=a@example.com&captcha={captcha}"));
            let resend = post(&format!("client_id=app&request=lgq1_x&captcha={captcha}"));
            let both = [AskRequest::parse(&ask).is_ok(), ResendRequest::parse(&resend).is_ok()];
            assert_eq!(both, [is_good; 2], "{} bytes", captcha.len());
        }
    }

    #[test]
    fn a_malformed_address_is_refused() {
        for bad in ["email=", "email=ada", "email=@example.com", "email=a+b@example.com", ""] {
            assert!(AskRequest::parse(&post(&format!("client_id=app&{bad}"))).is_err(), "{bad}");
        }
        let ask = AskRequest::parse(&post("client_id=app&email=+Ada@Example.com+")).unwrap();
        assert_eq!(ask.email.as_str(), "Ada@Example.com");
    }
}
