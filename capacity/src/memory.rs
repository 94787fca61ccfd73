//! The memory of the functions, as template.yaml has it.

use serde_yaml_ng::Value;

const TEMPLATE: &str = include_str!("../../template.yaml");

/// What of the template can't be read.
#[derive(Debug, thiserror::Error)]
pub enum MemoryError {
    /// Not YAML.
    #[error("template.yaml is not YAML: {0}")]
    Yaml(#[from] serde_yaml_ng::Error),
    /// No number of megabytes, nor a parameter whose default is one.
    #[error("template.yaml says nothing of the memory of {0}")]
    Memory(String),
}

/// The memory of the functions in MB.
#[derive(Debug)]
pub(crate) struct Memory(Value);

impl Memory {
    pub(crate) fn of_template() -> Result<Self, MemoryError> {
        Ok(Self(serde_yaml_ng::from_str(TEMPLATE)?))
    }

    /// That of the function with this logical id: its own, or else that of all.
    pub(crate) fn of(&self, function: &str) -> Result<u32, MemoryError> {
        let at = |path: &[&str]| path.iter().try_fold(&self.0, |value, key| value.get(*key));
        let own = at(&["Resources", function, "Properties", "MemorySize"]);
        let value = own.or_else(|| at(&["Globals", "Function", "MemorySize"]));
        let value = match value {
            // `!Ref PARAMETER`
            Some(Value::Tagged(reference)) => {
                reference.value.as_str().and_then(|name| at(&["Parameters", name, "Default"]))
            }
            value => value,
        };
        let megabytes = value.and_then(Value::as_u64).and_then(|mb| mb.try_into().ok());
        megabytes.ok_or_else(|| MemoryError::Memory(function.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_has_its_own_memory_that_of_a_parameter_or_that_of_all() {
        let template = "
            Globals: { Function: { MemorySize: 256 } }
            Parameters: { Size: { Default: 512 } }
            Resources:
              One: { Properties: { MemorySize: 1769 } }
              Two: { Properties: { MemorySize: !Ref Size } }
              Three: { Properties: {} }
              Four: { Properties: { MemorySize: !Ref Missing } }";
        let memory = Memory(serde_yaml_ng::from_str(template).unwrap());
        assert_eq!(["One", "Two", "Three"].map(|name| memory.of(name).unwrap()), [1769, 512, 256]);
        assert!(memory.of("Four").is_err());
    }
}
