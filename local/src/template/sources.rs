//! The streams of tables that call a function. The template has them as events of the function or as separate resources.

use serde_yaml_ng::{Mapping, Value};

use super::{
    filter::Filter,
    function,
    property::{TemplateError, at, missing, text_at},
    resolve::{Resolver, argument},
    resources::of_type,
};

/// A table's stream that calls a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamSource {
    /// The logical id of the table.
    pub table: String,
    /// The content of the records: `KEYS_ONLY`, `NEW_IMAGE` and so on.
    pub view: String,
    /// The records that call the function match one of these.
    pub filters: Vec<Filter>,
    /// The most records in an event.
    pub batch_size: usize,
}

/// The streams that call the function of this name.
pub(super) fn of(
    resources: &Mapping,
    name: &str,
    resolver: Resolver<'_>,
) -> Result<Vec<StreamSource>, TemplateError> {
    let fault = |id: &str| missing(format!("{id}.Condition"));
    let mut sources = Vec::new();
    for (id, resource) in of_type(resources, "AWS::Serverless::Function") {
        if function::name(id, resource).ok() != Some(name)
            || !resolver.has(resource).ok_or_else(|| fault(id))?
        {
            continue;
        }
        let events = at(resource, &["Properties", "Events"]).and_then(Value::as_mapping);
        for event in events.into_iter().flat_map(|events| events.values()) {
            if text_at(event, &["Type"]) == Some("DynamoDB") {
                let source = Source { resources, id, properties: &event["Properties"], stream: "Stream" };
                sources.push(source.parse(resolver)?);
            }
        }
        for (mapping_id, mapping) in of_type(resources, "AWS::Lambda::EventSourceMapping") {
            let properties = &mapping["Properties"];
            let is_of_function =
                properties.get("FunctionName").and_then(|name| argument(name, "Ref")) == Some(id);
            if is_of_function && resolver.has(mapping).ok_or_else(|| fault(mapping_id))? {
                let source = Source { resources, id: mapping_id, properties, stream: "EventSourceArn" };
                sources.push(source.parse(resolver)?);
            }
        }
    }
    Ok(sources)
}

/// A mapping as it is written.
struct Source<'a> {
    resources: &'a Mapping,
    id: &'a str,
    properties: &'a Value,
    /// The property that names the stream.
    stream: &'static str,
}

impl Source<'_> {
    fn parse(&self, resolver: Resolver<'_>) -> Result<StreamSource, TemplateError> {
        let fault = |name: &str| missing(format!("{}.{name}", self.id));
        let stream = self.properties.get(self.stream).and_then(|stream| argument(stream, "GetAtt"));
        let table = stream.and_then(|stream| stream.strip_suffix(".StreamArn"));
        let table = table.ok_or_else(|| fault(self.stream))?;
        let filters = at(self.properties, &["FilterCriteria", "Filters"]).and_then(Value::as_sequence);
        let filters =
            filters.into_iter().flatten().map(|filter| Filter::parse(text_at(filter, &["Pattern"])?));
        let batch_size = self.properties.get("BatchSize").and_then(Value::as_u64);
        Ok(StreamSource {
            table: table.to_owned(),
            view: self
                .view(table, resolver)
                .ok_or_else(|| missing(format!("{table}.StreamSpecification")))?,
            filters: filters.collect::<Option<_>>().ok_or_else(|| fault("FilterCriteria"))?,
            batch_size: batch_size
                .and_then(|size| usize::try_from(size).ok())
                .filter(|size| *size > 0)
                .ok_or_else(|| fault("BatchSize"))?,
        })
    }

    fn view(&self, table: &str, resolver: Resolver<'_>) -> Option<String> {
        let (_, table) = of_type(self.resources, "AWS::DynamoDB::Table").find(|(id, _)| *id == table)?;
        let stream = resolver.chosen(at(table, &["Properties", "StreamSpecification"])?)?;
        text_at(stream, &["StreamViewType"]).map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::{Parameters, Template};

    fn tables(change: impl FnOnce(Parameters) -> Parameters) -> Vec<(String, String)> {
        let template = Template::of_project().unwrap();
        let parameters = change(template.parameters());
        let sources = template.streams("mailer", &parameters).unwrap().into_iter();
        sources.map(|source| (source.table, source.view)).collect()
    }

    fn named(tables: &[(&str, &str)]) -> Vec<(String, String)> {
        tables.iter().map(|(table, view)| ((*table).to_owned(), (*view).to_owned())).collect()
    }

    #[test]
    fn the_mailer_has_the_streams_that_the_parameters_ask_for() {
        let usual =
            [("MailsTable", "KEYS_ONLY"), ("UsersTable", "NEW_IMAGE"), ("RevocationsTable", "NEW_IMAGE")];
        let sending = |parameters: Parameters| parameters.with("MailFrom", "login@example.com");
        assert_eq!(tables(|parameters| parameters), []);
        assert_eq!(tables(|parameters| parameters.with("NewDeviceMails", "yes")), []);
        assert_eq!(tables(sending), named(&usual));
        let with_devices = [&usual[..], &[("SessionsTable", "KEYS_ONLY")]].concat();
        let all = tables(|parameters| sending(parameters).with("NewDeviceMails", "yes"));
        assert_eq!(all, named(&with_devices));
    }

    #[test]
    fn other_functions_have_none() {
        let template = Template::of_project().unwrap();
        let parameters = template.parameters().with("MailFrom", "login@example.com");
        for name in function::NAMES.into_iter().filter(|name| *name != "mailer") {
            assert_eq!(template.streams(name, &parameters).unwrap(), [], "{name}");
        }
    }
}
