//! Whether the templates can be used.

use secrecy::ExposeSecret;
use shared::{
    environment::{Environment, EnvironmentError, variable},
    http::Language,
};

use crate::{
    Kind,
    templates::{Templates, escaped, every_mail},
    words::Words,
};

/// Reads the templates, and renders each once with sample values. So a broken one stops the start, and no
/// mail.
///
/// # Errors
///
/// [`EnvironmentError`], if one is broken or a variable is malformed.
pub(crate) fn checked(environment: &Environment) -> Result<Templates, EnvironmentError> {
    let templates = Templates::from_environment(environment)?;
    for (kind, language) in every_mail() {
        let checked = check(&templates, kind, language);
        checked.map_err(|reason| EnvironmentError::Unusable(variable::MAIL_TEMPLATES, reason))?;
    }
    Ok(templates)
}

/// Renders a mail with sample values, and looks for what its reader needs.
///
/// # Errors
///
/// The template and its mistake.
fn check(templates: &Templates, kind: Kind, language: Language) -> Result<(), String> {
    let name = |part| format!("{}/{}.{part}", language.tag(), kind.name());
    for takes_answers in [true, false] {
        let words = Words { takes_answers, ..Words::sample(kind, language) };
        let mail = templates.render(&words).map_err(|error| error.to_string())?;
        if mail.subject.is_empty() {
            return Err(format!("{} is empty", name("subject")));
        }
        let secrets = [("link", &words.link), ("code", &words.code)];
        for (variable, value) in secrets.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?)))
        {
            let value = value.expose_secret();
            // Mail servers log subjects, and locked phones show them.
            if mail.subject.contains(value) {
                return Err(format!("{} must not contain the {variable}", name("subject")));
            }
            // The page that an account's owner may need is no must.
            let is_needed = kind.has_token();
            if is_needed && !mail.text.contains(value) {
                return Err(format!("{} lacks the {variable}", name("txt")));
            }
            if is_needed && !mail.html.contains(&escaped(value)) {
                return Err(format!("{} lacks the {variable}", name("html")));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::look::Look;

    /// The outcome for a mail one of whose templates is replaced.
    fn replaced(kind: Kind, part: &str, text: &str) -> Result<(), String> {
        let name = format!("en/{}.{part}", kind.name());
        let look = Look::from_environment(&Environment::default()).unwrap();
        let templates = Templates::new(&HashMap::from([(&*name, text.to_owned())]), &look)?;
        check(&templates, kind, Language::English)
    }

    #[test]
    fn a_broken_template_is_named_with_its_line() {
        for (text, reason) in [
            (
                "Hello\n{{ link",
                "syntax error: unexpected end of input, expected end of variable block (in en/reset.txt:2)",
            ),
            ("Hello\n{{ nothing }}", "undefined value (in en/reset.txt:2)"),
            ("{{ link }}", "en/reset.txt lacks the code"),
            ("{{ code }}", "en/reset.txt lacks the link"),
        ] {
            assert_eq!(replaced(Kind::Reset, "txt", text), Err(reason.to_owned()));
        }
        assert_eq!(replaced(Kind::Reset, "txt", "{{ link }} {{ code }}"), Ok(()));
        assert_eq!(
            replaced(Kind::Reset, "html", "{{ code }}"),
            Err("en/reset.html lacks the link".to_owned())
        );
    }

    #[test]
    fn a_subject_shows_no_token_and_no_code() {
        for (text, reason) in [
            ("{{ code }}", "en/confirm.subject must not contain the code"),
            ("{{ link }}", "en/confirm.subject must not contain the link"),
            (" \n", "en/confirm.subject is empty"),
        ] {
            assert_eq!(replaced(Kind::Confirm, "subject", text), Err(reason.to_owned()));
        }
    }

    #[test]
    fn a_mail_without_a_token_has_no_link_and_no_code_to_print() {
        for text in ["{{ link }}", "{{ code }}"] {
            let reason = "undefined value (in en/no-account.txt:1)";
            assert_eq!(replaced(Kind::NoAccount, "txt", text), Err(reason.to_owned()));
        }
        assert_eq!(replaced(Kind::NoAccount, "txt", "{% if link %}{{ link }}{% endif %}Hello"), Ok(()));
    }
}
