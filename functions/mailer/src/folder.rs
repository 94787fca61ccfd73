//! The folder with an operator's templates.

use std::{collections::HashMap, fs, io, path::Path};

use shared::http::Language;

use crate::ours::OURS;

/// Reads the templates of the folder, by name. The folder has any of ours; ours stand in for the others.
///
/// # Errors
///
/// The reason, if a file can't be read or has another name: it would never be used.
pub(crate) fn read(folder: &str) -> Result<HashMap<&'static str, String>, String> {
    let folder = Path::new(folder);
    fs::read_dir(folder).map_err(|error| error.to_string())?;
    for language in Language::ALL {
        refuse_others(folder, language.tag()).map_err(|error| format!("{}: {error}", language.tag()))?;
    }
    let mut found = HashMap::new();
    for (name, _) in OURS {
        match fs::read_to_string(folder.join(name)) {
            Ok(text) => drop(found.insert(name, text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(format!("{name}: {error}")),
        }
    }
    Ok(found)
}

/// Finds misspelt names. Hidden files aren't templates.
fn refuse_others(folder: &Path, language: &str) -> io::Result<()> {
    let entries = match fs::read_dir(folder.join(language)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let is_known = OURS.iter().any(|(known, _)| *known == format!("{language}/{name}"));
        if !is_known && !name.starts_with('.') {
            return Err(io::Error::other(format!("no template has the name {name}")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{env, path::PathBuf, process};

    use super::*;

    /// A folder that is removed at the end of its test.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str, files: &[(&str, &str)]) -> Self {
            let path = env::temp_dir().join(format!("latchgate-mails-{name}-{}", process::id()));
            fs::create_dir_all(path.join("en")).unwrap();
            for (file, text) in files {
                fs::write(path.join(file), text).unwrap();
            }
            Self(path)
        }

        fn read(&self) -> Result<HashMap<&'static str, String>, String> {
            read(self.0.to_str().unwrap())
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_folder_replaces_the_templates_that_it_has() {
        let folder = Folder::new("some", &[("en/reset.subject", "Hello"), ("en/.hidden", "")]);
        let found = folder.read().unwrap();
        assert_eq!(found, HashMap::from([("en/reset.subject", "Hello".to_owned())]));
    }

    #[test]
    fn a_misspelt_name_and_a_missing_folder_are_errors() {
        let folder = Folder::new("misspelt", &[("en/rest.html", "")]);
        assert_eq!(folder.read().unwrap_err(), "en: no template has the name rest.html");
        assert!(read("/nowhere/at/all").is_err());
    }
}
