//! The parameters of a request, from a form or from JSON alike.

use std::{collections::HashMap, fmt};

use lambda_http::{
    Body, Request, RequestExt,
    http::{Method, header},
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::{RequestError, form};
use crate::json::{ObjectError, UniqueObject};

/// The names of parameters.
pub mod parameter {
    /// RFC 6749 section 6.
    pub const GRANT_TYPE: &str = "grant_type";
    /// RFC 6749 section 6.
    pub const REFRESH_TOKEN: &str = "refresh_token";
    /// RFC 6749 section 3.3.
    pub const SCOPE: &str = "scope";
    /// RFC 8707 section 2. Only this parameter may be repeated.
    pub const RESOURCE: &str = "resource";
    /// RFC 6749 section 2.3.1.
    pub const CLIENT_ID: &str = "client_id";
    /// RFC 6749 section 2.3.1.
    pub const CLIENT_SECRET: &str = "client_secret";
    /// RFC 6749 section 4.1.3.
    pub const CODE: &str = "code";
    /// RFC 6749 section 4.1.1.
    pub const REDIRECT_URI: &str = "redirect_uri";
    /// RFC 7636 section 4.5.
    pub const CODE_VERIFIER: &str = "code_verifier";
    /// RFC 7009 section 2.1.
    pub const TOKEN: &str = "token";
    /// RFC 7009 section 2.1.
    pub const TOKEN_TYPE_HINT: &str = "token_type_hint";
    /// Login: the user name.
    pub const USERNAME: &str = "username";
    /// Login: the password.
    pub const PASSWORD: &str = "password";
    /// Change of the password or the mail address, deletion of the account: the current password.
    pub const CURRENT_PASSWORD: &str = "current_password";
    /// Change of password, reset, undoing a change of the mail address: the new password.
    pub const NEW_PASSWORD: &str = "new_password";
    /// Login: the user's name for the device.
    pub const DEVICE_NAME: &str = "device_name";
    /// Logout: whether to end all of the user's sessions.
    pub const EVERYWHERE: &str = "everywhere";
    /// Accounts by mail: the mail address.
    pub const EMAIL: &str = "email";
    /// Accounts by mail: the language of the mail, `en` or `vi`.
    pub const LANGUAGE: &str = "language";
    /// Accounts by mail: the token of an earlier request for a mail.
    pub const REQUEST: &str = "request";
    /// Accounts by mail: the solution of a captcha.
    pub const CAPTCHA: &str = "captcha";

    /// All parameters. None of them may be in the query, which logs and histories keep.
    pub const ALL: [&str; 20] = [
        GRANT_TYPE,
        REFRESH_TOKEN,
        SCOPE,
        RESOURCE,
        CLIENT_ID,
        CLIENT_SECRET,
        CODE,
        CODE_VERIFIER,
        TOKEN,
        TOKEN_TYPE_HINT,
        USERNAME,
        PASSWORD,
        CURRENT_PASSWORD,
        NEW_PASSWORD,
        DEVICE_NAME,
        EVERYWHERE,
        EMAIL,
        LANGUAGE,
        REQUEST,
        CAPTCHA,
    ];
}

/// The longest body, in bytes: ten times what the longest legitimate request takes.
const MAX_BODY_LEN: usize = 32 * 1024;

enum Parameter {
    Text(SecretString),
    Flag(bool),
    /// Several values, from a repeated parameter or a JSON array.
    Texts(Vec<SecretString>),
    Other,
}

/// The parameters of a request that have a value. `Debug` shows none of them, since any may be a secret.
pub struct Parameters(HashMap<String, Parameter>);

impl Parameters {
    /// Reads the parameters of a POST.
    ///
    /// # Errors
    ///
    /// [`RequestError`], if the request isn't a POST, has parameters in its query, or its body can't be read.
    pub fn from_request(request: &Request) -> Result<Self, RequestError> {
        Self::from_request_of(request, &Method::POST)
    }

    /// Like [`Self::from_request`], for another method than POST.
    ///
    /// # Errors
    ///
    /// As for [`Self::from_request`].
    pub fn from_request_of(request: &Request, method: &Method) -> Result<Self, RequestError> {
        if request.method() != method {
            return Err(RequestError::Method);
        }
        let media_type = MediaType::of(request).ok_or(RequestError::MediaType)?;
        let query = request.query_string_parameters_ref();
        if query.is_some_and(|query| parameter::ALL.iter().any(|name| query.first(name).is_some())) {
            return Err(RequestError::InQuery);
        }
        let body = body_of(request)?;
        match media_type {
            MediaType::Form => Self::from_form(body),
            MediaType::Json => Self::from_json(body),
        }
    }

    /// Reads the parameters of a query (RFC 6749 section 3.1), for a path whose parameters belong there.
    ///
    /// # Errors
    ///
    /// [`RequestError::Repeated`], if a parameter occurs twice.
    pub fn of_query(request: &Request) -> Result<Self, RequestError> {
        let (mut parameters, mut names) = (HashMap::new(), std::collections::HashSet::new());
        let query = request.query_string_parameters_ref();
        for (name, value) in query.into_iter().flat_map(|query| query.iter()) {
            if !names.insert(name) {
                return Err(RequestError::Repeated);
            }
            if !value.is_empty() {
                parameters.insert(name.to_owned(), Parameter::Text(value.into()));
            }
        }
        Ok(Self(parameters))
    }

    /// Reads the form in a request's body, and ignores the query.
    ///
    /// # Errors
    ///
    /// [`RequestError`], if the body isn't a form, or can't be read.
    pub fn of_form(request: &Request) -> Result<Self, RequestError> {
        match MediaType::of(request) {
            Some(MediaType::Form) => Self::from_form(body_of(request)?),
            Some(MediaType::Json) | None => Err(RequestError::MediaType),
        }
    }

    fn from_form(body: &[u8]) -> Result<Self, RequestError> {
        let body = std::str::from_utf8(body).map_err(|_| RequestError::Malformed)?;
        let (mut parameters, mut names) = (HashMap::new(), std::collections::HashSet::new());
        let mut resources = Vec::new();
        for pair in form::pairs(body) {
            let (name, value) = pair.ok_or(RequestError::Malformed)?;
            if name == parameter::RESOURCE {
                resources.push(value.into());
                continue;
            }
            if !names.insert(name.clone()) {
                return Err(RequestError::Repeated);
            }
            if !value.is_empty() {
                parameters.insert(name, Parameter::Text(value.into()));
            }
        }
        if !resources.is_empty() {
            parameters.insert(parameter::RESOURCE.to_owned(), Parameter::Texts(resources));
        }
        Ok(Self(parameters))
    }

    fn from_json(body: &[u8]) -> Result<Self, RequestError> {
        let object = UniqueObject::parse(body).map_err(|error| match error {
            ObjectError::Malformed => RequestError::Malformed,
            ObjectError::Repeated => RequestError::Repeated,
        })?;
        let parameter = |(name, value)| {
            let parameter = match value {
                Value::Null => return None,
                Value::String(text) if text.is_empty() => return None,
                Value::String(text) => Parameter::Text(text.into()),
                Value::Bool(flag) => Parameter::Flag(flag),
                Value::Array(values) => texts(values).map_or(Parameter::Other, Parameter::Texts),
                Value::Number(_) | Value::Object(_) => Parameter::Other,
            };
            Some((name, parameter))
        };
        Ok(Self(object.0.into_iter().filter_map(parameter).collect()))
    }

    /// The value of a parameter, if it has one.
    ///
    /// # Errors
    ///
    /// [`RequestError::Mistyped`], if the value is not text.
    pub fn optional(&self, name: &'static str) -> Result<Option<&SecretString>, RequestError> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Parameter::Text(text)) => Ok(Some(text)),
            Some(Parameter::Flag(_) | Parameter::Texts(_) | Parameter::Other) => {
                Err(RequestError::Mistyped(name))
            }
        }
    }

    /// The value of a required parameter.
    ///
    /// # Errors
    ///
    /// [`RequestError`], if it is missing or not text.
    pub fn required(&self, name: &'static str) -> Result<&SecretString, RequestError> {
        self.optional(name)?.ok_or(RequestError::Missing(name))
    }

    /// Reads a flag: `true` or `false`, as text in a form. An absent flag is `false`.
    ///
    /// # Errors
    ///
    /// [`RequestError::Mistyped`], if it is anything else.
    pub fn flag(&self, name: &'static str) -> Result<bool, RequestError> {
        match self.0.get(name) {
            None => Ok(false),
            Some(Parameter::Flag(flag)) => Ok(*flag),
            Some(Parameter::Text(text)) => {
                text.expose_secret().parse().map_err(|_| RequestError::Mistyped(name))
            }
            Some(Parameter::Texts(_) | Parameter::Other) => Err(RequestError::Mistyped(name)),
        }
    }

    /// All values of the parameter that may be repeated ([`parameter::RESOURCE`]). In JSON it's a text or an
    /// array.
    ///
    /// # Errors
    ///
    /// [`RequestError::Mistyped`], if it is anything else.
    pub fn all(&self, name: &'static str) -> Result<Vec<SecretString>, RequestError> {
        let values = match self.0.get(name) {
            None => Vec::new(),
            Some(Parameter::Text(text)) => vec![text.clone()],
            Some(Parameter::Texts(texts)) => texts.clone(),
            Some(Parameter::Flag(_) | Parameter::Other) => {
                return Err(RequestError::Mistyped(name));
            }
        };
        // A parameter without a value counts as absent (RFC 6749 section 3.2).
        Ok(values.into_iter().filter(|text| !text.expose_secret().is_empty()).collect())
    }
}

/// The elements of an array, if all are texts.
fn texts(values: Vec<Value>) -> Option<Vec<SecretString>> {
    let text = |value| if let Value::String(text) = value { Some(text.into()) } else { None };
    values.into_iter().map(text).collect()
}

/// The names and values of a form, in order, with repeated and empty ones. It's for an endpoint that explains
/// what is wrong with a form.
///
/// # Errors
///
/// [`RequestError`], if the body isn't a form, or is malformed.
pub fn form_pairs(request: &Request) -> Result<Vec<(String, SecretString)>, RequestError> {
    let Some(MediaType::Form) = MediaType::of(request) else { return Err(RequestError::MediaType) };
    let body = std::str::from_utf8(body_of(request)?).map_err(|_| RequestError::Malformed)?;
    let pair = |pair: Option<(String, String)>| pair.map(|(name, value)| (name, value.into()));
    form::pairs(body).map(|it| pair(it).ok_or(RequestError::Malformed)).collect()
}

/// Shows nothing: values are secrets, and so may a misplaced name be.
impl fmt::Debug for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Parameters")
    }
}

fn body_of(request: &Request) -> Result<&[u8], RequestError> {
    let body: &[u8] = match request.body() {
        Body::Text(text) => text.as_bytes(),
        Body::Binary(bytes) => bytes,
        _ => &[],
    };
    if body.len() > MAX_BODY_LEN { Err(RequestError::TooLarge) } else { Ok(body) }
}

enum MediaType {
    Form,
    Json,
}

impl MediaType {
    /// The media type of the only `Content-Type` header. With two, a proxy might have read the other.
    fn of(request: &Request) -> Option<Self> {
        let mut headers = request.headers().get_all(header::CONTENT_TYPE).iter();
        let text = headers.next().filter(|_| headers.next().is_none())?.to_str().ok()?;
        let essence = text.split(';').next()?.trim().to_ascii_lowercase();
        match essence.as_str() {
            "application/x-www-form-urlencoded" => Some(Self::Form),
            "application/json" => Some(Self::Json),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use lambda_http::http::Request as HttpRequest;

    use super::*;

    fn post(media_type: &str, body: &str) -> Result<Parameters, RequestError> {
        let request = HttpRequest::post("/").header("content-type", media_type).body(Body::from(body));
        Parameters::from_request(&request.unwrap())
    }

    fn text<'a>(parameters: &'a Parameters, name: &'static str) -> Option<&'a str> {
        parameters.optional(name).unwrap().map(ExposeSecret::expose_secret)
    }

    #[test]
    fn a_form_and_json_read_alike() {
        let form =
            post("application/x-www-form-urlencoded;charset=UTF-8", "scope=a+b&everywhere=true&token=");
        let json = post("Application/JSON", r#"{"scope":"a b","everywhere":true,"token":null,"more":[1]}"#);
        for parameters in [form.unwrap(), json.unwrap()] {
            assert_eq!(text(&parameters, parameter::SCOPE), Some("a b"));
            assert_eq!(parameters.flag(parameter::EVERYWHERE), Ok(true));
            assert_eq!(text(&parameters, parameter::TOKEN), None);
        }
    }

    #[test]
    fn a_repeated_parameter_is_refused_even_if_it_is_unknown_or_empty() {
        let form = |body| post("application/x-www-form-urlencoded", body).err();
        let json = |body| post("application/json", body).err();
        assert_eq!(form("x=1&x=1"), Some(RequestError::Repeated));
        assert_eq!(form("token=&token=1"), Some(RequestError::Repeated));
        assert_eq!(json(r#"{"x":1,"x":1}"#), Some(RequestError::Repeated));
    }

    #[test]
    fn a_resource_may_be_one_of_several() {
        let form = |body| post("application/x-www-form-urlencoded", body).unwrap().all(parameter::RESOURCE);
        let json = |body| post("application/json", body).unwrap().all(parameter::RESOURCE);
        for (named, expected) in [
            (form("resource=a&x=1&resource=b"), &["a", "b"][..]),
            (form("resource=&resource=a"), &["a"]),
            (form("x=1"), &[]),
            (json(r#"{"resource":["a","b",""]}"#), &["a", "b"]),
            (json(r#"{"resource":"a"}"#), &["a"]),
            (json(r#"{"resource":null}"#), &[]),
        ] {
            let named = named.unwrap();
            assert_eq!(named.iter().map(ExposeSecret::expose_secret).collect::<Vec<_>>(), expected);
        }
        for bad in [r#"{"resource":1}"#, r#"{"resource":["a",1]}"#, r#"{"resource":true}"#] {
            assert_eq!(json(bad).err(), Some(RequestError::Mistyped(parameter::RESOURCE)), "{bad}");
        }
    }

    #[test]
    fn a_mistyped_parameter_is_refused_when_it_is_asked_for() {
        for value in ["1", "[]", "{}", "true"] {
            let parameters = post("application/json", &format!(r#"{{"token":{value}}}"#)).unwrap();
            let error = RequestError::Mistyped(parameter::TOKEN);
            assert_eq!(parameters.required(parameter::TOKEN).err(), Some(error), "{value}");
        }
        let parameters = post("application/x-www-form-urlencoded", "everywhere=1").unwrap();
        assert!(parameters.flag(parameter::EVERYWHERE).is_err());
    }

    #[test]
    fn a_body_that_is_neither_a_form_nor_json_is_refused() {
        for media_type in ["", "text/plain", "multipart/form-data", "application/jsonp"] {
            assert_eq!(post(media_type, "").err(), Some(RequestError::MediaType), "{media_type:?}");
        }
        let large = "x".repeat(MAX_BODY_LEN + 1);
        assert_eq!(post("application/json", &large).err(), Some(RequestError::TooLarge));
    }
}
