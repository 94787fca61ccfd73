//! The look of a deployment: its name, logo and colours.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::STANDARD};
use shared::{
    color::{ButtonColors, Color},
    environment::{Environment, EnvironmentError, variable},
};

use super::source::Source;

const DEFAULT_NAME: &str = "Latchgate";

/// The look of a deployment.
#[derive(Clone, Debug)]
pub(super) struct Brand {
    /// The service's name.
    pub(super) name: String,
    pub(super) logo: Option<Logo>,
    /// The stylesheet, which every page contains.
    pub(super) style: String,
    /// The stylesheet's hash as a source expression (CSP Level 3 section 2.3.1), so that browsers apply no
    /// other style.
    pub(super) allowed_style: String,
}

/// An image on another server.
#[derive(Clone, Debug)]
pub(super) struct Logo {
    pub(super) url: String,
    pub(super) source: Source,
}

impl Brand {
    pub(super) fn from_environment(environment: &Environment) -> Result<Self, EnvironmentError> {
        let logo = environment
            .optional(variable::PAGES_LOGO)
            .map(|url| Logo::parse(url).ok_or(EnvironmentError::Malformed(variable::PAGES_LOGO)));
        let style = style(ButtonColors::from_environment(environment)?);
        let hash = STANDARD.encode(digest(&SHA256, style.as_bytes()));
        Ok(Self {
            name: environment.optional(variable::PAGES_NAME).unwrap_or(DEFAULT_NAME).to_owned(),
            logo: logo.transpose()?,
            allowed_style: format!("'sha256-{hash}'"),
            style,
        })
    }
}

impl Logo {
    fn parse(url: &str) -> Option<Self> {
        let source = Source::of(url).filter(|source| source.host().is_some())?;
        let is_url = url.starts_with("https://") && url.bytes().all(|b| b.is_ascii_graphic());
        is_url.then(|| Self { url: url.to_owned(), source })
    }
}

/// The stylesheet of all pages, with the buttons' colours in the light and the dark scheme.
fn style(ButtonColors { light, dark }: ButtonColors) -> String {
    let colors = |color: Color| format!(":root {{ --button: {color}; --on-button: {}; }}", color.text_on());
    let (light, dark) = (colors(light), colors(dark));
    let rules = include_str!("style.css");
    format!("{light}\n@media (prefers-color-scheme: dark) {{ {dark} }}\n{rules}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brand(name: &str, value: &str) -> Result<Brand, EnvironmentError> {
        Brand::from_environment(&Environment::from_variables([(name.to_owned(), value.to_owned())]))
    }

    #[test]
    fn colours_are_those_of_the_parameters_with_readable_text() {
        let default = brand("", "").unwrap();
        assert!(default.style.starts_with(":root { --button: #1f5fbf; --on-button: #ffffff; }\n"));
        let dark =
            "@media (prefers-color-scheme: dark) { :root { --button: #8ab4f8; --on-button: #000000; } }";
        assert_eq!(default.style.lines().nth(1), Some(dark));
        let light = brand(variable::PAGES_COLOR, "#FFCC00").unwrap();
        assert!(light.style.starts_with(":root { --button: #ffcc00; --on-button: #000000; }\n"));
        assert_ne!(light.allowed_style, default.allowed_style);
        for name in [variable::PAGES_COLOR, variable::PAGES_COLOR_DARK] {
            for bad in ["blue", "#123", "#123456;}"] {
                assert_eq!(brand(name, bad).unwrap_err(), EnvironmentError::Malformed(name), "{bad}");
            }
        }
    }

    #[test]
    fn a_logo_is_an_https_url() {
        let logo = brand(variable::PAGES_LOGO, "https://cdn.example/logo.svg?v=1").unwrap().logo.unwrap();
        assert_eq!(logo.source.to_string(), "https://cdn.example");
        for bad in [
            "http://cdn.example/logo.svg",
            "//cdn.example/logo.svg",
            "data:image/png;base64,AAAA",
            "https://",
            "https://*/logo.svg",
            "https://cdn.example/a b",
            "https://cdn.example; script-src *",
        ] {
            let refused = brand(variable::PAGES_LOGO, bad).unwrap_err();
            assert_eq!(refused, EnvironmentError::Malformed(variable::PAGES_LOGO), "{bad}");
        }
        assert!(brand(variable::PAGES_LOGO, "").unwrap().logo.is_none());
    }

    #[test]
    fn no_rule_can_end_the_style_element() {
        assert!(!brand("", "").unwrap().style.contains('<'));
    }
}
