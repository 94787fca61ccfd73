//! Every mail with sample values, for its author to look at.

use shared::{
    environment::{Environment, EnvironmentError, variable},
    http::Language,
};

use crate::{Kind, check, templates::every_mail, words::Words};

/// A mail with sample values.
#[derive(Clone, Debug)]
pub struct Preview {
    /// Its kind.
    pub kind: Kind,
    /// Its language.
    pub language: Language,
    /// Its subject.
    pub subject: String,
    /// Its body as plain text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}

/// Renders every kind of mail in every language, with the templates and the look that `MAIL_TEMPLATES`,
/// `PAGES_NAME`, `PAGES_LOGO`, `PAGES_COLOR` and `PAGES_COLOR_DARK` name. Other variables aren't needed.
///
/// # Errors
///
/// [`EnvironmentError`], if one of them is malformed or a template is broken.
pub fn preview(environment: &Environment) -> Result<Vec<Preview>, EnvironmentError> {
    let templates = check::checked(environment)?;
    let takes_answers = environment.optional(variable::MAIL_REPLY_TO).is_some();
    let render = |(kind, language)| {
        let words = Words { takes_answers, ..Words::sample(kind, language) };
        let mail = templates
            .render(&words)
            .map_err(|error| EnvironmentError::Unusable(variable::MAIL_TEMPLATES, error.to_string()))?;
        Ok(Preview { kind, language, subject: mail.subject, text: mail.text, html: mail.html })
    };
    every_mail().map(render).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_preview_needs_no_variables_and_shows_each_mail_once() {
        let mails = preview(&Environment::default()).unwrap();
        let names: HashSet<_> = mails.iter().map(|mail| (mail.kind.name(), mail.language.tag())).collect();
        assert_eq!((mails.len(), names.len()), (32, 32));
        let subjects: HashSet<_> = mails.iter().map(|mail| &mail.subject).collect();
        assert_eq!(subjects.len(), 32, "each says which it is");
    }

    #[test]
    fn answers_are_asked_for_where_somebody_reads_them() {
        let texts = |reply_to: &str| {
            let variables = [(variable::MAIL_REPLY_TO.to_owned(), reply_to.to_owned())];
            let mails = preview(&Environment::from_variables(variables)).unwrap();
            mails.iter().map(|mail| mail.text.clone()).collect::<String>()
        };
        assert!(texts("help@example.com").contains("reply to this mail"));
        assert!(!texts("").contains("reply to this mail"));
    }
}
