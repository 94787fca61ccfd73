//! The look of a deployment's mails: the name, logo and colours of its pages.

use minijinja::{Value, context};
use shared::{
    color::ButtonColors,
    environment::{Environment, EnvironmentError, variable},
};

const DEFAULT_NAME: &str = "Latchgate";

/// The look of a deployment's mails.
#[derive(Clone, Debug)]
pub(crate) struct Look {
    /// The service's name.
    service: String,
    /// URL of the logo.
    logo: Option<String>,
    colors: ButtonColors,
}

impl Look {
    pub(crate) fn from_environment(environment: &Environment) -> Result<Self, EnvironmentError> {
        let logo = environment.optional(variable::PAGES_LOGO);
        if logo.is_some_and(|url| !url.starts_with("https://") || !url.bytes().all(|b| b.is_ascii_graphic()))
        {
            return Err(EnvironmentError::Malformed(variable::PAGES_LOGO));
        }
        let service = environment.optional(variable::PAGES_NAME).unwrap_or(DEFAULT_NAME);
        if service.chars().any(char::is_control) {
            return Err(EnvironmentError::Malformed(variable::PAGES_NAME));
        }
        Ok(Self {
            service: service.to_owned(),
            logo: logo.map(str::to_owned),
            colors: ButtonColors::from_environment(environment)?,
        })
    }

    /// The variables of templates that are the same in every mail. A deployment without a logo has no `logo`.
    pub(crate) fn variables(&self) -> Value {
        let Self { service, logo, colors: ButtonColors { light, dark } } = self;
        context! {
            service,
            logo => defined(logo.clone()),
            button => light.to_string(),
            on_button => light.text_on().to_string(),
            button_dark => dark.to_string(),
            on_button_dark => dark.text_on().to_string(),
        }
    }
}

/// The value; undefined, if there is none, so that a template that prints it fails.
pub(crate) fn defined(value: Option<String>) -> Value {
    value.map_or(Value::UNDEFINED, Value::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_and_a_logo_is_an_https_url() {
        let look = |name: &str, value: &str| {
            Look::from_environment(&Environment::from_variables([(name.to_owned(), value.to_owned())]))
        };
        assert_eq!(look("", "").unwrap().service, DEFAULT_NAME);
        assert!(look("", "").unwrap().variables().get_attr("logo").unwrap().is_undefined());
        assert!(look(variable::PAGES_LOGO, "https://cdn.example/logo.png").is_ok());
        for (name, bad) in [
            (variable::PAGES_LOGO, "http://cdn.example/logo.png"),
            (variable::PAGES_LOGO, "https://cdn.example/a b"),
            (variable::PAGES_NAME, "Acme\r\nBcc: x@example.com"),
        ] {
            assert_eq!(look(name, bad).unwrap_err(), EnvironmentError::Malformed(name), "{bad}");
        }
    }
}
