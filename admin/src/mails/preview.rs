//! `latchgate mails preview`: every mail with sample values, as files.

use std::{fs, path::PathBuf};

use clap::Args;
use serde::Serialize;
use shared::{
    environment::{Environment, EnvironmentError, variable},
    http::Language,
};

use crate::{console::Console, error::AdminError, options::language};

pub(super) const HELP: &str = "\
The command needs no deployment. It writes each mail as KIND.LANGUAGE.html and KIND.LANGUAGE.txt, and replaces files of an
earlier run. Links and codes in them are samples. With --templates the mails are made of your templates, as a function
with the parameter MailTemplates makes them: templates that it would refuse are an error that says why. The mails have the
look of the variables PAGES_NAME, PAGES_LOGO, PAGES_COLOR and PAGES_COLOR_DARK, and of MAIL_REPLY_TO, if these are set.

Examples:
  latchgate mails preview /tmp/mails
  PAGES_NAME='Acme' latchgate mails preview --templates layer/mails --language vi /tmp/mails";

/// The look of mails, apart from their templates.
const LOOK: [&str; 5] = [
    variable::PAGES_NAME,
    variable::PAGES_LOGO,
    variable::PAGES_COLOR,
    variable::PAGES_COLOR_DARK,
    variable::MAIL_REPLY_TO,
];

/// `mails preview`
#[derive(Debug, Args)]
pub(crate) struct Preview {
    /// A folder with templates that replace those of the release, which stand in for missing ones
    #[arg(long, value_name = "FOLDER")]
    templates: Option<String>,
    /// Only the mails in this language [default: all languages]
    #[arg(long, value_name = "en|vi", value_parser = language)]
    language: Option<Language>,
    /// The folder to write to, which is created if it doesn't exist
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

/// A mail that was written.
#[derive(Debug, Serialize)]
struct Row {
    kind: &'static str,
    language: &'static str,
    subject: String,
    html: String,
    text: String,
}

/// Writes the mails, and lists them.
pub(super) fn preview(console: &Console, command: &Preview) -> Result<(), AdminError> {
    let Preview { templates, language, folder } = command;
    let process = Environment::from_process();
    let look = LOOK.into_iter().filter_map(|name| Some((name, process.optional(name)?)));
    let templates = templates.as_deref().map(|folder| (variable::MAIL_TEMPLATES, folder));
    let variables = look.chain(templates).map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mails = mailer::preview(&Environment::from_variables(variables)).map_err(not_rendered)?;
    let named = |path: &PathBuf| path.display().to_string();
    fs::create_dir_all(folder).map_err(AdminError::io(named(folder)))?;
    let mut rows = Vec::new();
    for mail in mails.into_iter().filter(|mail| language.is_none_or(|language| mail.language == language)) {
        let (kind, language) = (mail.kind.name(), mail.language.tag());
        let write = |ending: &str, content: &str| {
            let path = folder.join(format!("{kind}.{language}.{ending}"));
            fs::write(&path, content).map_err(AdminError::io(named(&path)))?;
            Ok::<_, AdminError>(named(&path))
        };
        let html = write("html", &mail.html)?;
        let text = write("txt", &format!("Subject: {}\n\n{}", mail.subject, mail.text))?;
        rows.push(Row { kind, language, subject: mail.subject, html, text });
    }
    console.print_list(&["kind", "language", "subject", "html", "text"], &rows)
}

/// The error of templates doesn't name the function's variable, which the operator hasn't set.
fn not_rendered(error: EnvironmentError) -> AdminError {
    AdminError::Mails(match error {
        EnvironmentError::Unusable(variable::MAIL_TEMPLATES, reason) => reason,
        other => other.to_string(),
    })
}
