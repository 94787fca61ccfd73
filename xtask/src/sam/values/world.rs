//! A world: a partition, and a value for each parameter of a template.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::samples::{samples, text};
use crate::shell::TaskError;

/// A partition of AWS.
#[derive(Debug)]
pub(super) struct Partition {
    pub(super) name: &'static str,
    /// One of its regions.
    pub(super) region: &'static str,
    /// The suffix of its host names.
    pub(super) suffix: &'static str,
}

/// The partitions. Updates are checked in the first.
pub(super) const PARTITIONS: [Partition; 4] = [
    Partition { name: "aws", region: "eu-west-1", suffix: "amazonaws.com" },
    Partition { name: "aws-cn", region: "cn-north-1", suffix: "amazonaws.com.cn" },
    Partition { name: "aws-us-gov", region: "us-gov-west-1", suffix: "amazonaws.com" },
    // This one isn't public and lacks some services. Its names are checked, but nothing is linted.
    Partition { name: "aws-iso", region: "us-iso-east-1", suffix: "c2s.ic.gov" },
];

/// The only values of parameters in partitions that lack a service: SES isn't in China.
const LACKING: [(&str, &str, &str); 3] =
    [("aws-cn", "MailFrom", ""), ("aws-cn", "NewDeviceMails", "no"), ("aws-cn", "SignUp", "closed")];

/// The parameters of a template, by name.
pub(super) type Parameters = Map<String, Value>;

/// A partition, and a value for each parameter.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct World {
    /// An index of [`PARTITIONS`].
    pub(super) partition: usize,
    /// Its name in files and messages.
    pub(super) name: String,
    pub(super) values: BTreeMap<String, String>,
}

impl World {
    /// The worlds of these parameters in one partition: one with the first sample of each, one with the second, and so
    /// on. A parameter with fewer samples keeps its last.
    pub(super) fn all(parameters: &Parameters, partition: usize) -> Result<Vec<Self>, TaskError> {
        let samples = parameters.iter().map(|(name, definition)| Ok((name, samples(name, definition)?)));
        let samples = samples.collect::<Result<Vec<_>, TaskError>>()?;
        let count = samples.iter().map(|(_, samples)| samples.len()).max().unwrap_or(1);
        let world = |index: usize| {
            let value = |name: &str, samples: &[String]| {
                let sample = &samples[index.min(samples.len() - 1)];
                only_value(name, partition).map_or_else(|| in_partition(sample, partition), str::to_owned)
            };
            let values =
                samples.iter().map(|(name, samples)| ((*name).clone(), value(name, samples))).collect();
            Self { partition, name: format!("{}-{}", PARTITIONS[partition].name, index + 1), values }
        };
        Ok((0..count).map(world).collect())
    }

    /// This world with each number at its lowest bound except 0, which often turns something off, and with each at its
    /// highest.
    pub(super) fn bounds(&self, parameters: &Parameters) -> [Self; 2] {
        let at = |bound: &str, suffix: &str| {
            let is_number = |(_, definition): &(&String, &Value)| definition["Type"] == "Number";
            let bounds = parameters.iter().filter(is_number).filter_map(|(name, definition)| {
                let bound = definition.get(bound).map(text)?;
                Some((name.clone(), if bound == "0" { "1".to_owned() } else { bound }))
            });
            let name = format!("{}-{suffix}", self.name);
            let values = self.values.clone().into_iter().chain(bounds).collect();
            Self { partition: self.partition, name, values }
        };
        [at("MinValue", "least"), at("MaxValue", "most")]
    }

    /// This world with each other sample of one parameter.
    pub(super) fn others(&self, parameter: &str, definition: &Value) -> Result<Vec<Self>, TaskError> {
        let samples: BTreeSet<String> = samples(parameter, definition)?.into_iter().collect();
        let samples = samples.into_iter().map(|sample| in_partition(&sample, self.partition));
        let others = samples.filter(|sample| self.values.get(parameter) != Some(sample));
        let world = |value: String| {
            let mut other = self.clone();
            other.name = format!("{} and {parameter} {value:?}", self.name);
            other.values.insert(parameter.to_owned(), value);
            other
        };
        Ok(others.map(world).collect())
    }

    pub(super) fn partition(&self) -> &'static Partition {
        &PARTITIONS[self.partition]
    }

    /// A setting for `translate.py`.
    pub(super) fn setting(&self, template: &str) -> Value {
        json!({ "template": template, "region": self.partition().region, "values": self.values })
    }
}

/// The value of a parameter in a partition that takes no other.
fn only_value(parameter: &str, partition: usize) -> Option<&'static str> {
    let of_it = |(lacking, name, _): &&(&str, &str, &str)| {
        *lacking == PARTITIONS[partition].name && *name == parameter
    };
    LACKING.iter().find(of_it).map(|(.., value)| *value)
}

/// A sample with the partition's names in place of pseudo parameters.
fn in_partition(sample: &str, partition: usize) -> String {
    let Partition { name, region, .. } = PARTITIONS[partition];
    sample.replace("${AWS::Partition}", name).replace("${AWS::Region}", region)
}
