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
    let mut templates = Templates::from_environment(environment)?;
    check_all(&mut templates)
        .map_err(|reason| EnvironmentError::Unusable(variable::MAIL_TEMPLATES, reason))?;
    Ok(templates)
}

/// Checks every mail. A kind that is newer than an operator's layouts, and can't be shown in them, gets ours.
fn check_all(templates: &mut Templates) -> Result<(), String> {
    for (kind, language) in every_mail() {
        match check(templates, kind, language) {
            Err(_) if templates.fall_back(kind, language) => check(templates, kind, language)?,
            checked => checked?,
        }
    }
    Ok(())
}

/// Renders a mail with sample values, and looks for what its reader needs.
///
/// # Errors
///
/// The template and its mistake.
fn check(templates: &Templates, kind: Kind, language: Language) -> Result<(), String> {
    let name = |part| format!("{}/{}.{part}", language.tag(), kind.name());
    for words in Words::samples(kind, language) {
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
            let is_needed = kind.contents().has_token();
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

    /// Templates of which an operator has these.
    fn of_operator(replaced: &[(&'static str, &str)]) -> Templates {
        let look = Look::from_environment(&Environment::default()).unwrap();
        let replaced = replaced.iter().map(|(name, text)| (*name, (*text).to_owned())).collect();
        Templates::new(&replaced, &look).unwrap()
    }

    fn html(templates: &Templates, kind: Kind) -> String {
        templates.render(&Words::sample(kind, Language::English)).unwrap().html
    }

    /// A layer of the first release with mails.
    #[test]
    fn templates_of_the_original_kinds_alone_keep_working() {
        let text = "{% if link %}{{ link }}{% endif %} {% if code %}{{ code }}{% endif %}";
        let names: Vec<String> = every_mail()
            .filter(|(kind, _)| kind.is_original())
            .flat_map(|(kind, language)| {
                ["txt", "html"].map(|part| format!("{}/{}.{part}", language.tag(), kind.name()))
            })
            .collect();
        let replaced = names.iter().map(|name| (name.as_str(), text.to_owned())).collect();
        let look = Look::from_environment(&Environment::default()).unwrap();
        let mut templates = Templates::new(&replaced, &look).unwrap();
        check_all(&mut templates).unwrap();
        let kept = templates.render(&Words::sample(Kind::Reset, Language::English)).unwrap();
        assert!(kept.text.starts_with("https://") && kept.html.starts_with("https://"));
        let ours = html(&of_operator(&[]), Kind::NewDevice);
        assert_eq!(html(&templates, Kind::NewDevice), ours);
    }

    #[test]
    fn a_newer_kind_is_shown_in_an_operators_layout_if_that_can_show_it() {
        let layout = "<b>Acme</b>{% block lead %}{% endblock %}{{ link }}{% if code %}{{ code }}{% endif %}";
        let originals = every_mail().filter(|(kind, _)| kind.is_original());
        // The operator's mails don't extend the layout.
        let own = originals.map(|(kind, language)| format!("{}/{}.html", language.tag(), kind.name()));
        let own: Vec<String> = own.collect();
        let with_layout = |layout: &str| {
            let mut replaced: HashMap<&str, String> = own
                .iter()
                .map(|name| (name.as_str(), "{% if link %}{{ link }} {{ code }}{% endif %}".to_owned()))
                .collect();
            for language in Language::ALL {
                let text = "{% if link %}{{ link }}{% endif %}{% if code %}{{ code }}{% endif %}".to_owned();
                let name = if language == Language::English {
                    "en/already-registered.html"
                } else {
                    "vi/already-registered.html"
                };
                replaced.insert(name, text);
            }
            replaced.insert("layout.html", layout.to_owned());
            let look = Look::from_environment(&Environment::default()).unwrap();
            let mut templates = Templates::new(&replaced, &look).unwrap();
            check_all(&mut templates).unwrap();
            templates
        };
        // It always prints the link, which some notices lack.
        let templates = with_layout(layout);
        assert!(html(&templates, Kind::Invitation).starts_with("<b>Acme</b>"));
        assert_eq!(html(&templates, Kind::Theft), html(&of_operator(&[]), Kind::Theft));
        // It has no place for the link.
        let templates = with_layout("<b>Acme</b>{% block lead %}{% endblock %}");
        assert_eq!(html(&templates, Kind::Invitation), html(&of_operator(&[]), Kind::Invitation));
        assert!(html(&templates, Kind::Theft).starts_with("<b>Acme</b>"));
    }

    #[test]
    fn no_other_mistake_is_passed_over() {
        // A layout that the original kinds need too.
        let mut templates = of_operator(&[("layout.html", "{% block lead %}{% endblock %}")]);
        assert_eq!(check_all(&mut templates), Err("en/confirm.html lacks the link".to_owned()));
        // A template of a newer kind.
        let mut templates = of_operator(&[("vi/invitation.txt", "Hello")]);
        assert_eq!(check_all(&mut templates), Err("vi/invitation.txt lacks the link".to_owned()));
        let mut templates = of_operator(&[("en/theft.txt", "{{ link }}")]);
        assert_eq!(check_all(&mut templates), Err("undefined value (in en/theft.txt:1)".to_owned()));
    }
}
