//! The templates of mails.

use std::collections::HashMap;

use minijinja::{
    AutoEscape, Environment as Engine, Error as EngineError, UndefinedBehavior, Value, context,
    escape_formatter,
};
use shared::{
    environment::{Environment, EnvironmentError, variable},
    http::Language,
};

use crate::{Kind, folder, look::Look, ours::OURS, words::Words};

/// The templates of mails, ours or an operator's, with the look of the deployment.
#[derive(Debug)]
pub(crate) struct Templates {
    engine: Engine<'static>,
    look: Value,
    /// The names of the operator's templates.
    replaced: Vec<String>,
    /// Our templates alone, with our layouts. `None`, if the operator has none.
    ours: Option<Engine<'static>>,
    /// The mails that are made of our templates alone.
    only_ours: Vec<(Kind, Language)>,
}

/// A mail without its header.
pub(crate) struct Rendered {
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
}

impl Templates {
    /// Reads the templates. Callers want [`checked`](crate::check::checked) ones.
    pub(crate) fn from_environment(environment: &Environment) -> Result<Self, EnvironmentError> {
        let unusable = |reason| EnvironmentError::Unusable(variable::MAIL_TEMPLATES, reason);
        let folder = environment.optional(variable::MAIL_TEMPLATES);
        let replaced = folder.map(folder::read).transpose().map_err(unusable)?.unwrap_or_default();
        Self::new(&replaced, &Look::from_environment(environment)?).map_err(unusable)
    }

    /// Our templates, without those that are replaced.
    pub(crate) fn new(replaced: &HashMap<&str, String>, look: &Look) -> Result<Self, String> {
        Ok(Self {
            engine: engine(replaced)?,
            look: look.variables(),
            replaced: replaced.keys().map(|name| (*name).to_owned()).collect(),
            ours: (!replaced.is_empty()).then(|| engine(&HashMap::new())).transpose()?,
            only_ours: Vec::new(),
        })
    }

    /// Makes a mail of our templates and layouts alone. `false`, if that isn't allowed: the operator has
    /// templates for it, or could have checked the layouts with it. An operator's layouts may be older than
    /// the kind.
    pub(crate) fn fall_back(&mut self, kind: Kind, language: Language) -> bool {
        let prefix = format!("{}/{}.", language.tag(), kind.name());
        let has_none = !self.replaced.iter().any(|name| name.starts_with(&prefix));
        let may = self.ours.is_some() && has_none && !kind.is_original();
        if may {
            self.only_ours.push((kind, language));
        }
        may
    }

    pub(crate) fn render(&self, words: &Words) -> Result<Rendered, EngineError> {
        let (language, kind) = (words.language.tag(), words.kind.name());
        let is_ours = self.only_ours.contains(&(words.kind, words.language));
        let engine = self.ours.as_ref().filter(|_| is_ours).unwrap_or(&self.engine);
        let part = |part: &str, variables: &Value| {
            engine.get_template(&format!("{language}/{kind}.{part}"))?.render(variables)
        };
        let variables = context! { ..words.variables(), ..self.look.clone() };
        // A header is one line.
        let subject = part("subject", &variables)?.split_whitespace().collect::<Vec<_>>().join(" ");
        let text = format!("{}\n", part("txt", &variables)?.trim());
        let html = part("html", &context! { subject => subject.clone(), ..variables })?;
        Ok(Rendered { subject, text, html })
    }
}

/// An engine with our templates, without those that are replaced.
fn engine(replaced: &HashMap<&str, String>) -> Result<Engine<'static>, String> {
    let mut engine = Engine::new();
    engine.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    engine.set_formatter(|out, state, value| match (state.auto_escape(), value.as_str()) {
        (AutoEscape::Html, Some(text)) if !value.is_safe() => Ok(out.write_str(&escaped(text))?),
        _ => escape_formatter(out, state, value),
    });
    for (name, text) in OURS {
        let text = replaced.get(name).cloned().unwrap_or_else(|| text.to_owned());
        engine.add_template_owned(name, text).map_err(|error| error.to_string())?;
    }
    Ok(engine)
}

/// Every kind of mail in every language.
pub(crate) fn every_mail() -> impl Iterator<Item = (Kind, Language)> {
    Kind::ALL.into_iter().flat_map(|kind| Language::ALL.map(|language| (kind, language)))
}

/// The text for HTML, also within quotes. The engine's own would escape the slashes of links too, which some
/// mail clients show as they are.
pub(crate) fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn templates(variables: &[(&str, &str)]) -> Templates {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Templates::from_environment(&Environment::from_variables(variables)).unwrap()
    }

    #[test]
    fn a_name_is_text_and_not_html() {
        let templates = templates(&[(variable::PAGES_NAME, "Ben & \"Jerry\" <b>")]);
        for (kind, language) in every_mail() {
            let mail = templates.render(&Words::sample(kind, language)).unwrap();
            assert!(mail.subject.contains("Ben & \"Jerry\" <b>"), "{}", mail.subject);
            assert!(mail.text.contains("Ben & \"Jerry\" <b>"));
            assert!(mail.html.contains("Ben &amp; &quot;Jerry&quot; &lt;b&gt;"));
            assert!(!mail.html.contains("<b>"));
        }
    }

    /// A reader of text alone gets the same.
    #[test]
    fn both_parts_say_the_same() {
        let templates = templates(&[(variable::PAGES_NAME, "Acme")]);
        for words in every_mail().flat_map(|(kind, language)| Words::samples(kind, language)) {
            let mail = templates.render(&words).unwrap();
            let html = mail.html.replace("&#39;", "'");
            let code = words.code.as_ref().map(|_| "493175");
            for line in mail.text.lines().map(str::trim).filter(|line| Some(*line) != code) {
                let line = escaped(line).replace("&#39;", "'");
                let is_lead_in = line.ends_with(':') && words.link.is_some();
                assert!(is_lead_in || html.contains(&line), "{}: {line} in {html}", words.kind.name());
            }
        }
    }

    #[test]
    fn a_mail_loads_nothing_but_the_logo() {
        let logo = "https://cdn.example/logo.png";
        for (logo, count) in [(logo, 1), ("", 0)] {
            let templates = templates(&[(variable::PAGES_LOGO, logo)]);
            for (kind, language) in every_mail() {
                let html = templates.render(&Words::sample(kind, language)).unwrap().html;
                assert_eq!(html.matches("src=").count(), count);
                assert_eq!(html.matches(&format!("src=\"{logo}\"")).count(), count);
                for loads in ["url(", "<link", "<script", "@import", "srcset"] {
                    assert!(!html.contains(loads), "{loads}");
                }
            }
        }
    }

    #[test]
    fn no_line_of_a_text_is_longer_than_mail_allows() {
        // RFC 5322 section 2.1.1: 998 characters.
        let templates = templates(&[]);
        for words in every_mail().flat_map(|(kind, language)| Words::samples(kind, language)) {
            let mail = templates.render(&words).unwrap();
            assert!(mail.text.lines().chain(mail.html.lines()).all(|line| line.len() <= 998));
            assert!(!mail.text.contains("{{") && !mail.text.contains("\n\n\n"), "{}", mail.text);
        }
    }
}
