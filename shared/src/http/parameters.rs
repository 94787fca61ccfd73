//! The parameters of a request: from a form or from JSON, the same in both.

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
    /// RFC 6749 section 2.3.1.
    pub const CLIENT_ID: &str = "client_id";
    /// RFC 6749 section 2.3.1.
    pub const CLIENT_SECRET: &str = "client_secret";
    /// RFC 7009 section 2.1.
    pub const TOKEN: &str = "token";
    /// RFC 7009 section 2.1.
    pub const TOKEN_TYPE_HINT: &str = "token_type_hint";
    /// Login: who signs in.
    pub const USERNAME: &str = "username";
    /// Login: with what.
    pub const PASSWORD: &str = "password";
    /// Change of password: the one that is to be replaced.
    pub const CURRENT_PASSWORD: &str = "current_password";
    /// Change of password: the one that replaces it.
    pub const NEW_PASSWORD: &str = "new_password";
    /// Login: what the user calls the device.
    pub const DEVICE_NAME: &str = "device_name";
    /// Logout: all of the user's sessions.
    pub const EVERYWHERE: &str = "everywhere";

    /// All of them; none may be in the query, where logs and histories keep it.
    pub const ALL: [&str; 13] = [
        GRANT_TYPE,
        REFRESH_TOKEN,
        SCOPE,
        CLIENT_ID,
        CLIENT_SECRET,
        TOKEN,
        TOKEN_TYPE_HINT,
        USERNAME,
        PASSWORD,
        CURRENT_PASSWORD,
        NEW_PASSWORD,
        DEVICE_NAME,
        EVERYWHERE,
    ];
}

/// The longest body, in bytes: ten times what the longest legitimate request takes.
const MAX_BODY_LEN: usize = 32 * 1024;

enum Parameter {
    Text(SecretString),
    Flag(bool),
    Other,
}

/// The parameters of a request that have a value. Any of them may be a secret, so none is shown.
pub struct Parameters(HashMap<String, Parameter>);

impl Parameters {
    /// Reads the parameters of a POST.
    ///
    /// # Errors
    ///
    /// [`RequestError`], if it is none, or its body can't be read whole.
    pub fn from_request(request: &Request) -> Result<Self, RequestError> {
        if request.method() != Method::POST {
            return Err(RequestError::Method);
        }
        let media_type = MediaType::of(request).ok_or(RequestError::MediaType)?;
        let query = request.query_string_parameters_ref();
        if query.is_some_and(|query| parameter::ALL.iter().any(|name| query.first(name).is_some())) {
            return Err(RequestError::InQuery);
        }
        let body: &[u8] = match request.body() {
            Body::Text(text) => text.as_bytes(),
            Body::Binary(bytes) => bytes,
            _ => &[],
        };
        if body.len() > MAX_BODY_LEN {
            return Err(RequestError::TooLarge);
        }
        match media_type {
            MediaType::Form => Self::from_form(body),
            MediaType::Json => Self::from_json(body),
        }
    }

    fn from_form(body: &[u8]) -> Result<Self, RequestError> {
        let body = std::str::from_utf8(body).map_err(|_| RequestError::Malformed)?;
        let (mut parameters, mut names) = (HashMap::new(), std::collections::HashSet::new());
        for pair in form::pairs(body) {
            let (name, value) = pair.ok_or(RequestError::Malformed)?;
            if !names.insert(name.clone()) {
                return Err(RequestError::Repeated);
            }
            if !value.is_empty() {
                parameters.insert(name, Parameter::Text(value.into()));
            }
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
                Value::Number(_) | Value::Array(_) | Value::Object(_) => Parameter::Other,
            };
            Some((name, parameter))
        };
        Ok(Self(object.0.into_iter().filter_map(parameter).collect()))
    }

    /// A parameter, if it has a value.
    ///
    /// # Errors
    ///
    /// [`RequestError::Mistyped`], if it is not text.
    pub fn optional(&self, name: &'static str) -> Result<Option<&SecretString>, RequestError> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Parameter::Text(text)) => Ok(Some(text)),
            Some(Parameter::Flag(_) | Parameter::Other) => Err(RequestError::Mistyped(name)),
        }
    }

    /// A parameter.
    ///
    /// # Errors
    ///
    /// [`RequestError`], if it is missing or not text.
    pub fn required(&self, name: &'static str) -> Result<&SecretString, RequestError> {
        self.optional(name)?.ok_or(RequestError::Missing(name))
    }

    /// A flag: `true` or `false`, in a form as text; absent means no.
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
            Some(Parameter::Other) => Err(RequestError::Mistyped(name)),
        }
    }
}

/// Shows nothing: a name may be a misplaced secret, and every value is one.
impl fmt::Debug for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Parameters")
    }
}

enum MediaType {
    Form,
    Json,
}

impl MediaType {
    /// That of the one header: of two, somebody before us may have looked at the other.
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
    fn what_is_neither_a_form_nor_json_is_refused() {
        for media_type in ["", "text/plain", "multipart/form-data", "application/jsonp"] {
            assert_eq!(post(media_type, "").err(), Some(RequestError::MediaType), "{media_type:?}");
        }
        let large = "x".repeat(MAX_BODY_LEN + 1);
        assert_eq!(post("application/json", &large).err(), Some(RequestError::TooLarge));
    }
}
