//! The short way to a deployment: samconfig.toml's environments and the pipeline of `examples/pipeline`.

use std::{
    collections::BTreeMap,
    env, fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use local::template::Template;

const SAMCONFIG: &str = include_str!("../samconfig.toml");
const TEMPLATE: &str = include_str!("../template.yaml");
const GUIDE: &str = include_str!("../docs/guide/environments.md");
/// The stacks of an environment: their suffixes and templates.
const KINDS: [(&str, &str, &str); 3] = [
    ("", "template.yaml", TEMPLATE),
    ("-alarms", "template-alarms.yaml", include_str!("../template-alarms.yaml")),
    ("-http", "template-http.yaml", include_str!("../template-http.yaml")),
];

/// The settings of samconfig.toml by section. This parses only the TOML that the file uses: one line per setting, with
/// texts and lists of texts.
fn settings() -> BTreeMap<String, BTreeMap<String, Vec<String>>> {
    let mut sections: BTreeMap<String, BTreeMap<String, Vec<String>>> = BTreeMap::new();
    let mut section = String::new();
    for line in SAMCONFIG.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            name.clone_into(&mut section);
            continue;
        }
        let (key, value) = line.split_once(" = ").unwrap_or_else(|| panic!("what is {line}?"));
        let values = match value.strip_prefix('[') {
            Some(list) => {
                list.trim_end_matches(']').split(", ").map(|text| text.trim_matches('"').to_owned()).collect()
            }
            None => vec![value.trim_matches('"').to_owned()],
        };
        sections.entry(section.clone()).or_default().insert(key.to_owned(), values);
    }
    sections
}

fn setting(section: &str, key: &str) -> Vec<String> {
    settings().get(section).and_then(|section| section.get(key)).cloned().unwrap_or_default()
}

#[test]
fn each_environment_presets_parameters_that_its_template_has_and_allows() {
    for environment in ["production", "staging"] {
        let stack = format!("latchgate-{environment}");
        for (kind, file, source) in KINDS {
            let name = format!("{environment}{kind}");
            let template = Template::parse(source).unwrap();
            let section = format!("{name}.deploy.parameters");
            let values = setting(&section, "parameter_overrides");
            assert!(values.len() > 1, "{section}");
            for value in values.iter().filter(|value| !value.starts_with("file://")) {
                let (parameter, value) = value.split_once('=').unwrap();
                template.check(parameter, value).unwrap_or_else(|error| panic!("{section}: {error}"));
                if parameter == "LatchgateStack" {
                    assert_eq!(value, stack, "{section}");
                }
            }
            assert_eq!(
                setting(&format!("{name}.global.parameters"), "stack_name"),
                [format!("{stack}{kind}")]
            );
            let named = setting(&section, "template_file");
            assert_eq!(named, if kind.is_empty() { vec![] } else { vec![file.to_owned()] }, "{section}");
        }
    }
}

/// A first deployment asks for its file's values; the next one asks for none.
#[test]
fn each_environment_has_a_file_and_the_guide_an_example_of_required_values() {
    for environment in ["production", "staging"] {
        for (kind, ..) in KINDS {
            let name = format!("{environment}{kind}");
            let values = setting(&format!("{name}.deploy.parameters"), "parameter_overrides");
            // The last file wins.
            assert_eq!(values.last(), Some(&format!("file://parameters-{name}.yaml")));
            assert!(GUIDE.contains(&format!("| `{name}` | `latchgate-{name}` | ")), "{name}");
        }
    }
    let (_, example) = GUIDE.split_once("```yaml\n").unwrap();
    let example: BTreeMap<String, serde_yaml_ng::Value> =
        serde_yaml_ng::from_str(example.split("```").next().unwrap()).unwrap();
    let template = Template::parse(TEMPLATE).unwrap();
    for (parameter, value) in &example {
        template.check(parameter, value.as_str().unwrap()).unwrap();
    }
    // The example has every parameter without a default.
    let all: serde_yaml_ng::Value = serde_yaml_ng::from_str(TEMPLATE).unwrap();
    for (name, parameter) in all["Parameters"].as_mapping().unwrap() {
        let name = name.as_str().unwrap();
        assert!(parameter.get("Default").is_some() || example.contains_key(name), "{name}");
    }
}

#[test]
fn an_environment_asks_nothing_where_nothing_has_changed() {
    for (section, settings) in settings() {
        if section.ends_with(".deploy.parameters")
            && (section.contains("production") || section.contains("staging"))
        {
            assert_eq!(settings.get("fail_on_empty_changeset"), Some(&vec!["false".to_owned()]), "{section}");
        }
    }
}

/// A folder in which the pipeline runs, with stand-ins for the programs that it calls. Each logs its arguments.
struct Pipeline(PathBuf);

impl Pipeline {
    fn new(name: &str) -> Self {
        let folder = env::temp_dir().join(format!("latchgate-pipeline-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("bin")).unwrap();
        let pipeline = Self(folder);
        for program in ["sam", "gh"] {
            pipeline.stand_in(&format!("bin/{program}"), &format!("echo \"{program} $*\" >> calls"));
        }
        pipeline
    }

    fn stand_in(&self, path: &str, script: &str) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// A stand-in for the doctor that exits with each of these codes in turn, and then keeps the last.
    fn doctor(&self, codes: &str) {
        let script = format!(
            "echo \"latchgate $*\" >> calls; set -- {codes}; n=$(grep -c latchgate calls)\n\
             while [ \"$n\" -gt 1 ] && [ $# -gt 1 ]; do shift; n=$((n - 1)); done; exit \"$1\""
        );
        self.stand_in("release/programs/latchgate", &script);
    }

    fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/pipeline/pipeline.sh");
        let path = format!("{}:/usr/bin:/bin", self.0.join("bin").display());
        let mut command = Command::new("bash");
        command
            .arg(script)
            .args(arguments)
            .current_dir(&self.0)
            .env("PATH", path)
            .env("LATCHGATE_PAUSE", "0");
        command.envs(variables.iter().copied()).output().unwrap()
    }

    fn calls(&self) -> String {
        fs::read_to_string(self.0.join("calls")).unwrap_or_default()
    }

    /// Creates a repository with a release of version 1.2.3. Returns its URL.
    fn publish(&self) -> String {
        let script = r"
            set -e; mkdir -p published/releases/download/v1.2.3; cd published/releases/download/v1.2.3
            stack=latchgate-stack-1.2.3-arm64; programs=latchgate-1.2.3-x86_64-unknown-linux-musl
            mkdir $stack $programs; echo template > $stack/template.yaml
            printf '#!/bin/sh\necho latchgate 1.2.3\n' > $programs/latchgate; chmod +x $programs/latchgate
            python3 -m zipfile -c $stack.zip $stack; tar -czf $programs.tar.gz $programs
            echo sbom > $stack.cdx.json; echo sbom > $programs.cdx.json
            sha256sum $stack.zip $stack.cdx.json > $stack.sha256
            sha256sum $programs.tar.gz $programs.cdx.json > $programs.sha256";
        let made = Command::new("bash").args(["-c", script]).current_dir(&self.0).output().unwrap();
        assert!(made.status.success(), "{made:?}");
        format!("file://{}/published", self.0.display())
    }
}

impl Drop for Pipeline {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_release_is_unpacked_once_its_checksums_and_its_origin_are_verified() {
    let pipeline = Pipeline::new("download");
    let address = pipeline.publish();
    let variables = [("LATCHGATE_REPOSITORY", &*address), ("LATCHGATE_VERSION", "1.2.3")];
    let output = pipeline.run(&["download"], &variables);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "latchgate 1.2.3\n");
    assert!(pipeline.0.join("release/stack/template.yaml").exists());
    let calls = fs::read_to_string(pipeline.0.join("release/calls")).unwrap();
    let verified = ["latchgate-stack-1.2.3-arm64.zip", "latchgate-1.2.3-x86_64-unknown-linux-musl.tar.gz"];
    assert_eq!(
        calls,
        verified.map(|file| format!("gh attestation verify {file} --repo {address}\n")).concat()
    );

    // If any file was changed, nothing is unpacked.
    for file in verified {
        let path = pipeline.0.join("published/releases/download/v1.2.3").join(file);
        let whole = fs::read(&path).unwrap();
        fs::write(&path, [&whole[..], b"x"].concat()).unwrap();
        let output = pipeline.run(&["download"], &variables);
        assert!(!output.status.success() && !pipeline.0.join("release/stack").exists(), "{file}: {output:?}");
        fs::write(&path, whole).unwrap();
    }
    pipeline.stand_in("bin/gh", "exit 1");
    assert!(!pipeline.run(&["download"], &variables).status.success());
    let skipping = [variables[0], variables[1], ("LATCHGATE_ATTESTATION", "skip")];
    assert!(pipeline.run(&["download"], &skipping).status.success());
    let other = [variables[0], ("LATCHGATE_VERSION", "1.2.4")];
    assert!(!pipeline.run(&["download"], &other).status.success());
}

#[test]
fn an_environment_is_deployed_by_its_name_without_a_question() {
    let pipeline = Pipeline::new("deploy");
    assert!(pipeline.run(&["deploy", "staging"], &[]).status.success());
    let calls = pipeline.calls();
    for words in ["deploy --config-env staging ", "/release/stack/samconfig.toml ", " --no-confirm-changeset"]
    {
        assert!(calls.contains(words), "{calls}");
    }
    for arguments in [&["deploy"][..], &["deploy", "test"], &["check", ""], &["destroy", "staging"], &[]] {
        assert!(!pipeline.run(arguments, &[]).status.success(), "{arguments:?}");
    }
    assert_eq!(pipeline.calls(), calls);
}

#[test]
fn the_doctor_is_retried_and_stops_the_pipeline_if_it_never_passes() {
    // The codes are those in `latchgate --help`.
    for (codes, succeeds, asked) in
        [("0", true, 1), ("5 1 0", true, 3), ("5", false, 4), ("1", false, 4), ("3", false, 1)]
    {
        let pipeline = Pipeline::new(&format!("check-{}", codes.replace(' ', "-")));
        pipeline.doctor(codes);
        let output = pipeline.run(&["check", "staging"], &[("LATCHGATE_TRIES", "4")]);
        assert_eq!(output.status.success(), succeeds, "{codes}: {output:?}");
        assert_eq!(pipeline.calls(), "latchgate --stack latchgate-staging doctor\n".repeat(asked), "{codes}");
    }
}
