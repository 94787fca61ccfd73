//! Metrics in CloudWatch's embedded metric format: log lines that CloudWatch counts.
//!
//! Besides their dimensions they contain a request's identifier, and nothing about users.

use std::time::{Duration, SystemTime};

use metrique_writer_core::{
    Entry, EntryWriter, MetricFlags, Observation, Unit, Value, ValueWriter, format::Format,
    unit::NegativeScale,
};
use metrique_writer_format_emf::{Emf, MetricDefinition, MetricDirective};

use super::counts::Count;
use crate::clock::Timestamp;

/// The namespace of all metrics.
pub const NAMESPACE: &str = "Latchgate";

/// How long a request took.
const DURATION: &str = "duration";
const MILLISECONDS: Unit = Unit::Second(NegativeScale::Milli);

const STACK: &str = "Stack";
const FUNCTION: &str = "Function";
const REQUEST_ID: &str = "request_id";

/// A line of metrics.
pub(super) struct Line<'a> {
    pub(super) stack: &'a str,
    pub(super) request_id: Option<&'a str>,
    pub(super) at: Timestamp,
    pub(super) counts: &'a [Count],
    /// The request's duration. Only the first line of a request has it.
    pub(super) duration: Option<Took>,
}

/// The duration of a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Took {
    pub(super) function: &'static str,
    pub(super) time: Duration,
    /// The number of requests that this one stands for, which are assumed to take as long.
    pub(super) requests: u32,
}

impl Line<'_> {
    /// Serialises the line for CloudWatch. `None` if that fails.
    pub(super) fn to_json(&self) -> Option<String> {
        let mut builder = Emf::builder(NAMESPACE.to_owned(), vec![vec![STACK.to_owned()]]);
        let extra = |name, unit, by| MetricDirective {
            namespace: NAMESPACE,
            dimensions: vec![vec![STACK, by]],
            metrics: vec![MetricDefinition { name, unit, storage_resolution: None }],
        };
        for Count { name, by, .. } in self.counts {
            if let Some(by) = by {
                builder = builder.directive(extra(name, Unit::Count, by.dimension()));
            }
        }
        if self.duration.is_some() {
            builder = builder.directive(extra(DURATION, MILLISECONDS, FUNCTION));
        }
        let mut line = Vec::new();
        builder.build().format(self, &mut line).ok()?;
        String::from_utf8(line).ok().map(|line| line.trim_end().to_owned())
    }
}

impl Entry for Line<'_> {
    fn write<'a>(&'a self, writer: &mut impl EntryWriter<'a>) {
        writer.timestamp(SystemTime::UNIX_EPOCH + Duration::from_secs(self.at.as_unix()));
        writer.value(STACK, self.stack);
        if let Some(request_id) = self.request_id {
            writer.value(REQUEST_ID, request_id);
        }
        for breakdown in self.counts.iter().filter_map(|count| count.by) {
            writer.value(breakdown.dimension(), breakdown.value());
        }
        for Count { name, times, .. } in self.counts {
            writer.value(&**name, &Measured(Observation::Unsigned(*times), Unit::Count));
        }
        if let Some(Took { function, time, requests }) = self.duration {
            writer.value(FUNCTION, function);
            let milliseconds = super::line::milliseconds(time);
            let observed = match requests {
                1 => Observation::Floating(milliseconds),
                _ => Observation::Repeated {
                    total: milliseconds * f64::from(requests),
                    occurrences: requests.into(),
                },
            };
            writer.value(DURATION, &Measured(observed, MILLISECONDS));
        }
    }
}

struct Measured(Observation, Unit);

impl Value for Measured {
    fn write(&self, writer: impl ValueWriter) {
        writer.metric([self.0], self.1, [], MetricFlags::empty());
    }
}
