//! Metrics, in CloudWatch's embedded metric format: lines of the log that CloudWatch counts.
//!
//! Beside their dimensions they have a request's identifier on them, and nothing of whom it was about.

use std::time::{Duration, SystemTime};

use metrique_writer_core::{
    Entry, EntryWriter, MetricFlags, Observation, Unit, Value, ValueWriter, format::Format,
    unit::NegativeScale,
};
use metrique_writer_format_emf::{Emf, MetricDefinition, MetricDirective};

use super::counts::Count;
use crate::clock::Timestamp;

/// The namespace of all of them.
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
    /// How long which function took; on the first line of a request.
    pub(super) duration: Option<(&'static str, Duration)>,
}

impl Line<'_> {
    /// As CloudWatch takes it, without a line break; `None`, if there were a mistake in it.
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
        if let Some((function, duration)) = self.duration {
            writer.value(FUNCTION, function);
            let milliseconds = Observation::Floating(super::line::milliseconds(duration));
            writer.value(DURATION, &Measured(milliseconds, MILLISECONDS));
        }
    }
}

struct Measured(Observation, Unit);

impl Value for Measured {
    fn write(&self, writer: impl ValueWriter) {
        writer.metric([self.0], self.1, [], MetricFlags::empty());
    }
}
