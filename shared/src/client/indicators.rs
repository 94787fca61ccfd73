//! Which resources a client may ask for (RFC 8707).

use std::collections::BTreeSet;

use super::Client;
use crate::{
    environment::{Environment, EnvironmentError, variable},
    resource::{GrantedResources, Resource, Resources, TargetError, WantedResource, is_same_resource},
};

/// Reads the resource indicators of requests. Each names a registered resource, or the audience of tokens
/// that are for no resource.
#[derive(Clone, Debug)]
pub struct ResourceIndicators {
    audience: String,
    resources: Resources,
}

impl ResourceIndicators {
    /// Reads `AUDIENCE` and `PROTECTED_RESOURCES`.
    ///
    /// # Errors
    ///
    /// If the first is missing, or the second malformed.
    pub fn from_environment(environment: &Environment) -> Result<Self, EnvironmentError> {
        Ok(Self {
            audience: environment.required(variable::AUDIENCE)?.to_owned(),
            resources: Resources::from_environment(environment)?,
        })
    }

    /// The `aud` of tokens that are for no resource.
    pub fn audience(&self) -> &str {
        &self.audience
    }

    /// Whether any resource is registered.
    pub fn has_resources(&self) -> bool {
        !self.resources.is_empty()
    }

    /// The registered resource with this identifier. `None` for the audience, and for a resource that is no
    /// longer registered.
    pub fn find(&self, identifier: &str) -> Option<&Resource> {
        self.resources.find(identifier)
    }

    /// The resources that an authorization request asks for (section 2.1), in any number.
    ///
    /// # Errors
    ///
    /// [`TargetError`], if the client may not ask for one of them.
    pub fn asked<'n>(
        &self,
        named: impl Iterator<Item = &'n str>,
        client: &Client,
    ) -> Result<GrantedResources, TargetError> {
        let identifiers = named.map(|named| self.identifier(named, client).map(str::to_owned));
        Ok(GrantedResources::new(identifiers.collect::<Result<_, _>>()?, &self.audience))
    }

    /// The resource that a token request names (section 2.2). It may name only one, since a token has one
    /// `aud`.
    ///
    /// # Errors
    ///
    /// [`TargetError`], if the client may not ask for it, or the request names several.
    pub fn wanted<'n>(
        &self,
        named: impl Iterator<Item = &'n str>,
        client: &Client,
    ) -> Result<WantedResource<'_>, TargetError> {
        let named = named.map(|named| self.identifier(named, client));
        let mut named = named.collect::<Result<BTreeSet<_>, _>>()?.into_iter();
        let wanted = WantedResource { audience: &self.audience, named: named.next() };
        if named.next().is_some() { Err(TargetError::Several) } else { Ok(wanted) }
    }

    /// The resource that an access token is for; `None` means the audience.
    ///
    /// # Errors
    ///
    /// [`TargetError`], if the resource was not granted, is no longer registered, or is no longer allowed to
    /// this client.
    pub fn target(
        &self,
        wanted: WantedResource<'_>,
        granted: &GrantedResources,
        client: &Client,
    ) -> Result<Option<&Resource>, TargetError> {
        let identifier = wanted.among(granted)?;
        if identifier == self.audience { Ok(None) } else { self.registered(identifier, client).map(Some) }
    }

    /// The registered identifier that this text names.
    fn identifier(&self, named: &str, client: &Client) -> Result<&str, TargetError> {
        if is_same_resource(named, &self.audience) {
            return Ok(&self.audience);
        }
        self.registered(named, client).map(|resource| &*resource.identifier)
    }

    fn registered(&self, named: &str, client: &Client) -> Result<&Resource, TargetError> {
        let resource = self.resources.find(named).ok_or(TargetError::Unknown)?;
        if client.may_ask_for(resource) { Ok(resource) } else { Err(TargetError::NotAllowed) }
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue::{S, Ss};

    use super::*;
    use crate::store::Item;

    const NOTES: &str = "https://notes.example.com/mcp";
    const BILLING: &str = "https://billing.example.com";
    const API: &str = "https://api.example.com";

    fn indicators() -> ResourceIndicators {
        let variables = [
            (variable::AUDIENCE, API.to_owned()),
            (variable::PROTECTED_RESOURCES, format!("{NOTES};{BILLING}")),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value));
        ResourceIndicators::from_environment(&Environment::from_variables(variables)).unwrap()
    }

    fn client(resources: &[&str]) -> Client {
        let texts = [("client_id", "shop"), ("kind", "public")];
        let mut item: Item = texts.map(|(name, text)| (name.to_owned(), S(text.to_owned()))).into();
        if !resources.is_empty() {
            let resources = resources.iter().map(|&text| text.to_owned()).collect();
            item.insert("resources".to_owned(), Ss(resources));
        }
        Client::from_item(&item).unwrap()
    }

    fn asked(named: &[&str], client: &Client) -> Result<Vec<String>, TargetError> {
        let asked = indicators().asked(named.iter().copied(), client)?;
        Ok(asked.to_stored().unwrap_or_default())
    }

    #[test]
    fn a_client_may_ask_for_any_registered_resource_or_those_of_its_record() {
        let (any, one) = (client(&[]), client(&[BILLING]));
        assert_eq!(asked(&[NOTES, BILLING, NOTES], &any).unwrap(), [BILLING, NOTES]);
        assert_eq!(asked(&["https://billing.example.com/"], &one).unwrap(), [BILLING], "as it is registered");
        assert_eq!(asked(&[NOTES], &one), Err(TargetError::NotAllowed));
        for unknown in
            ["", "notes", "https://notes.example.com", "https://notes.example.com/mcp/", "https://x#y"]
        {
            assert_eq!(asked(&[unknown], &any), Err(TargetError::Unknown), "{unknown}");
            assert_eq!(asked(&[NOTES, unknown], &any), Err(TargetError::Unknown), "{unknown}");
        }
    }

    #[test]
    fn the_audience_alone_counts_as_no_resource_for_every_client() {
        for named in [&[][..], &[API], &["https://api.example.com/", API]] {
            assert_eq!(asked(named, &client(&[BILLING])), Ok(vec![]), "{named:?}");
        }
        assert_eq!(asked(&[API, BILLING], &client(&[])).unwrap(), [API, BILLING]);
    }

    #[test]
    fn a_token_is_for_one_resource_that_is_still_there() {
        let (indicators, any) = (indicators(), client(&[]));
        let wanted = |named: &[&'static str]| indicators.wanted(named.iter().copied(), &any);
        assert_eq!(wanted(&[NOTES, BILLING]).err(), Some(TargetError::Several));
        assert_eq!(wanted(&[NOTES, NOTES]).unwrap().named, Some(NOTES));
        let target = |granted: &[&str], client: &Client| {
            let granted =
                GrantedResources::stored(&granted.iter().map(|&id| id.to_owned()).collect::<Vec<_>>());
            let target = indicators.target(wanted(&[]).unwrap(), &granted, client);
            target.map(|resource| resource.map(|resource| resource.identifier.clone()))
        };
        assert_eq!(target(&[], &any), Ok(None));
        assert_eq!(target(&[NOTES], &any), Ok(Some(NOTES.to_owned())));
        assert_eq!(target(&[API], &any), Ok(None));
        assert_eq!(target(&["https://gone.example.com"], &any), Err(TargetError::Unknown));
        assert_eq!(target(&[NOTES], &client(&[BILLING])), Err(TargetError::NotAllowed));
    }
}
