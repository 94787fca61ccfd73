//! The packaged template.yaml.

use crate::shell::TaskError;

/// The template of a release, with zips instead of folders for SAM to build.
#[derive(Debug)]
pub(super) struct Packaged {
    pub(super) text: String,
    /// Each function's logical id and zip.
    pub(super) functions: Vec<(String, String)>,
}

/// The line that makes SAM build a function.
const METADATA: &str = "Metadata: { BuildMethod: rust-cargolambda }";
const CODE: &str = "CodeUri: ";

impl Packaged {
    /// Converts the template line by line, to keep its comments. The zips' architecture becomes the only one allowed.
    pub(super) fn new(template: &str, architecture: &str) -> Result<Self, TaskError> {
        let (mut text, mut functions, mut built) = (String::new(), Vec::new(), 0);
        let mut resource = "";
        let mut parameter = "";
        for line in template.lines() {
            let (trimmed, depth) = (line.trim_start(), line.len() - line.trim_start().len());
            if let (2, Some(name)) = (depth, trimmed.strip_suffix(':')) {
                (resource, parameter) = (name, name);
            }
            if trimmed == METADATA {
                built += 1;
                continue;
            }
            let indent = &line[..depth];
            let line = match trimmed.strip_prefix(CODE) {
                Some(folder) => {
                    let zip = format!("{}.zip", folder.trim_end_matches('/'));
                    functions.push((resource.to_owned(), zip.clone()));
                    format!("{indent}{CODE}{zip}")
                }
                None if parameter == "Architecture" && trimmed.starts_with("Default:") => {
                    format!("{indent}Default: {architecture}")
                }
                None if parameter == "Architecture" && trimmed.starts_with("AllowedValues:") => {
                    format!("{indent}AllowedValues: [{architecture}]")
                }
                None => line.to_owned(),
            };
            text.push_str(&line);
            text.push('\n');
        }
        if functions.is_empty() || functions.len() != built {
            let (functions, built) = (functions.len(), built);
            return Err(TaskError(format!(
                "template.yaml has code for {functions} functions, and builds {built}"
            )));
        }
        Ok(Self { text, functions })
    }

    /// The packages of the functions.
    pub(super) fn packages(&self) -> Vec<&str> {
        self.functions.iter().filter_map(|(_, zip)| zip.rsplit('/').next()?.strip_suffix(".zip")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "\
Parameters:
  Architecture:
    Default: arm64
    AllowedValues: [arm64, x86_64]
  Other:
    Default: arm64
Resources:
  # Why it is there.
  LoginFunction:
    Metadata: { BuildMethod: rust-cargolambda }
    Properties:
      CodeUri: functions/login/
  KeysFunction:
    Metadata: { BuildMethod: rust-cargolambda }
    Properties:
      CodeUri: functions/keys/
";

    #[test]
    fn code_is_in_zips_for_one_architecture_and_all_else_stays() {
        let packaged = Packaged::new(TEMPLATE, "x86_64").unwrap();
        assert_eq!(
            packaged.text,
            "\
Parameters:
  Architecture:
    Default: x86_64
    AllowedValues: [x86_64]
  Other:
    Default: arm64
Resources:
  # Why it is there.
  LoginFunction:
    Properties:
      CodeUri: functions/login.zip
  KeysFunction:
    Properties:
      CodeUri: functions/keys.zip
"
        );
        let functions = [("LoginFunction", "functions/login.zip"), ("KeysFunction", "functions/keys.zip")];
        assert_eq!(packaged.functions, functions.map(|(id, zip)| (id.to_owned(), zip.to_owned())));
        assert_eq!(packaged.packages(), ["login", "keys"]);
    }

    #[test]
    fn an_unexpected_template_is_not_packaged() {
        let other = TEMPLATE.replacen("{ BuildMethod: rust-cargolambda }", "{ BuildMethod: makefile }", 1);
        assert!(Packaged::new(&other, "arm64").is_err());
        assert!(Packaged::new("Resources:\n", "arm64").is_err());
    }

    #[test]
    fn the_projects_template_is_one_that_can_be_packaged() {
        let template = include_str!("../../../template.yaml");
        let packaged = Packaged::new(template, "x86_64").unwrap();
        assert_eq!(packaged.functions.len(), template.matches("Type: AWS::Serverless::Function").count());
        assert!(packaged.text.contains("    Default: x86_64\n    AllowedValues: [x86_64]\n"));
    }
}
