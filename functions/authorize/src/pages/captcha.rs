//! The captcha's widget, which is a script of another site. Only pages on which a stranger asks for a mail
//! have it.

use shared::environment::{Environment, EnvironmentError, variable};

/// A kind of widget, with what its documentation says about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Widget {
    /// developers.cloudflare.com/turnstile/reference/content-security-policy
    Turnstile,
    /// docs.hcaptcha.com/#content-security-policy-settings
    HCaptcha,
    /// developers.google.com/recaptcha/docs/display (version 2), developers.google.com/recaptcha/docs/faq
    ReCaptcha,
}

/// The captcha of a deployment.
#[derive(Clone, Debug)]
pub(super) struct Captcha {
    pub(super) widget: Widget,
    /// The key by which the widget knows the site. It is public.
    pub(super) site_key: String,
}

impl Captcha {
    /// Reads the widget and its key. `None`, if the deployment has none.
    pub(super) fn from_environment(environment: &Environment) -> Result<Option<Self>, EnvironmentError> {
        let widget = match environment.optional(variable::CAPTCHA_WIDGET) {
            None | Some("none") => return Ok(None),
            Some("turnstile") => Widget::Turnstile,
            Some("hcaptcha") => Widget::HCaptcha,
            Some("recaptcha") => Widget::ReCaptcha,
            Some(_) => return Err(EnvironmentError::Malformed(variable::CAPTCHA_WIDGET)),
        };
        let site_key = environment.required(variable::CAPTCHA_KEY)?.to_owned();
        Ok(Some(Self { widget, site_key }))
    }
}

impl Widget {
    /// The script, which finds its place on the page by the class.
    pub(super) fn script(self) -> &'static str {
        match self {
            Self::Turnstile => "https://challenges.cloudflare.com/turnstile/v0/api.js",
            Self::HCaptcha => "https://js.hcaptcha.com/1/api.js",
            Self::ReCaptcha => "https://www.google.com/recaptcha/api.js",
        }
    }

    /// The class of the element that the script fills.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Turnstile => "cf-turnstile",
            Self::HCaptcha => "h-captcha",
            Self::ReCaptcha => "g-recaptcha",
        }
    }

    /// The field that the script adds to the form, with the solution.
    pub(super) fn field(self) -> &'static str {
        match self {
            Self::Turnstile => "cf-turnstile-response",
            Self::HCaptcha => "h-captcha-response",
            Self::ReCaptcha => "g-recaptcha-response",
        }
    }

    /// The sources of its scripts.
    pub(super) fn scripts(self) -> &'static str {
        match self {
            Self::Turnstile => "https://challenges.cloudflare.com",
            Self::HCaptcha => "https://hcaptcha.com https://*.hcaptcha.com",
            Self::ReCaptcha => "https://www.google.com/recaptcha/ https://www.gstatic.com/recaptcha/",
        }
    }

    /// The sources of its frames.
    pub(super) fn frames(self) -> &'static str {
        match self {
            Self::Turnstile | Self::HCaptcha => self.scripts(),
            Self::ReCaptcha => "https://www.google.com/recaptcha/ https://recaptcha.google.com/recaptcha/",
        }
    }

    /// The sources of its stylesheets, and those that it connects to.
    pub(super) fn styles_and_connections(self) -> Option<&'static str> {
        match self {
            Self::HCaptcha => Some(self.scripts()),
            Self::Turnstile | Self::ReCaptcha => None,
        }
    }

    /// Whether it sets `style` attributes.
    pub(super) fn has_style_attributes(self) -> bool {
        self == Self::ReCaptcha
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn captcha(widget: &str, key: &str) -> Result<Option<Captcha>, EnvironmentError> {
        let variables = [(variable::CAPTCHA_WIDGET, widget), (variable::CAPTCHA_KEY, key)];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Captcha::from_environment(&Environment::from_variables(variables))
    }

    #[test]
    fn a_widget_is_one_of_three_and_has_a_key() {
        for (name, widget) in [
            ("turnstile", Widget::Turnstile),
            ("hcaptcha", Widget::HCaptcha),
            ("recaptcha", Widget::ReCaptcha),
        ] {
            let captcha = captcha(name, "0x4AAA").unwrap().unwrap();
            assert_eq!((captcha.widget, &*captcha.site_key), (widget, "0x4AAA"));
        }
        for none in ["", "none"] {
            assert!(captcha(none, "0x4AAA").unwrap().is_none(), "{none:?}");
        }
        let error = EnvironmentError::Missing(variable::CAPTCHA_KEY);
        assert_eq!(captcha("turnstile", "").err(), Some(error));
        let error = EnvironmentError::Malformed(variable::CAPTCHA_WIDGET);
        assert_eq!(captcha("Turnstile", "0x4AAA").err(), Some(error));
    }

    #[test]
    fn the_sources_of_a_widget_allow_its_script() {
        for widget in [Widget::Turnstile, Widget::HCaptcha, Widget::ReCaptcha] {
            let matches = |source: &str| match source.split_once("*.") {
                Some((scheme, domain)) => {
                    widget.script().starts_with(scheme) && widget.script().contains(&format!(".{domain}/"))
                }
                None => widget.script().starts_with(source),
            };
            assert!(widget.scripts().split(' ').any(matches), "{widget:?}");
            assert!(widget.field().starts_with(widget.class()), "{widget:?}");
        }
    }
}
