//! A REST API's own answers: errors and preflights.

use std::collections::BTreeMap;

use serde_yaml_ng::Value;

use super::{
    api::Cors,
    property::{TemplateError, at, missing, text_at},
    resolve::Resolver,
};

/// One gateway response.
#[derive(Clone, Debug)]
pub struct GatewayResponse {
    /// The status, if the template changes API Gateway's default.
    pub status: Option<u16>,
    /// Headers it adds.
    pub headers: Vec<(String, String)>,
    /// The JSON body.
    pub body: String,
}

/// The gateway responses, by type.
#[derive(Clone, Debug)]
pub struct GatewayResponses(BTreeMap<String, GatewayResponse>);

impl GatewayResponses {
    pub(super) fn parse(api: &Value, resolver: Resolver<'_>) -> Result<Self, TemplateError> {
        let responses = at(api, &["Properties", "GatewayResponses"]).and_then(Value::as_mapping);
        let responses = responses.ok_or_else(|| missing("Api.GatewayResponses"))?;
        let response = |(kind, response): (&Value, &Value)| {
            let status = response.get("StatusCode").and_then(Value::as_u64);
            let status = status.map(u16::try_from).transpose().ok()?;
            let headers = at(response, &["ResponseParameters", "Headers"])?.as_mapping()?;
            let headers = headers.iter().map(|(name, value)| {
                Some((name.as_str()?.to_owned(), unquote(&resolver.resolve(value)?)?.to_owned()))
            });
            let body = text_at(response, &["ResponseTemplates", "application/json"])?.to_owned();
            Some((
                kind.as_str()?.to_owned(),
                GatewayResponse { status, headers: headers.collect::<Option<_>>()?, body },
            ))
        };
        responses
            .iter()
            .map(|entry| response(entry).ok_or_else(|| missing("one of Api.GatewayResponses")))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The response of this type, or the default for its status.
    pub fn find(&self, kind: &str, status: u16) -> Option<&GatewayResponse> {
        let default = if status < 500 { "DEFAULT_4XX" } else { "DEFAULT_5XX" };
        self.0.get(kind).or_else(|| self.0.get(default))
    }
}

impl Cors {
    pub(super) fn parse(api: &Value, resolver: Resolver<'_>) -> Result<Self, TemplateError> {
        let value = |property: &str| {
            let value = at(api, &["Properties", "Cors", property]).and_then(|v| resolver.resolve(v));
            let value = value.as_deref().and_then(unquote).map(str::to_owned);
            value.ok_or_else(|| missing(format!("Api.Cors.{property}")))
        };
        Ok(Self {
            origins: value("AllowOrigin")?,
            methods: value("AllowMethods")?,
            headers: value("AllowHeaders")?,
            max_age: value("MaxAge")?,
        })
    }
}

/// Removes the single quotes that API Gateway requires around static values.
fn unquote(text: &str) -> Option<&str> {
    text.strip_prefix('\'')?.strip_suffix('\'')
}
