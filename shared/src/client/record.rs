//! A client's record.

use std::{collections::BTreeSet, fmt};

use aws_lc_rs::{constant_time, digest};
use aws_sdk_dynamodb::types::AttributeValue::{Bool, L, N, S, Ss};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};

use super::{ClaimSelection, ClientIdUrl, SignUp};
use crate::{
    clock::Timestamp,
    ids::ClientId,
    lifetimes::{self, LifetimeOverrides, Lifetimes},
    resource::{Resource, is_same_resource},
    scope::Scope,
    store::{Item, Row, StoreError, attribute},
};

/// The scopes that OpenID Connect defines.
const OPENID_CONNECT_SCOPES: [&str; 6] = ["openid", "profile", "email", "address", "phone", "offline_access"];

/// A registered client.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its identifier.
    pub client_id: ClientId,
    /// The name that people read.
    pub name: Option<String>,
    /// Whether it can keep a secret.
    pub kind: ClientKind,
    /// The scopes that it may ask for.
    pub scope: Scope,
    /// The identifiers of the resources that it may ask for (RFC 8707). An empty set allows all registered
    /// resources.
    pub resources: BTreeSet<String>,
    /// The user claims in its access tokens.
    pub claims: ClaimSelection,
    /// Sessions created before this instant are over.
    pub not_before: Timestamp,
    /// Whether the client is disabled. A disabled client is issued no tokens.
    pub disabled: bool,
    /// Whether the client has to send a DPoP proof to get tokens (RFC 9449 section 5.2,
    /// `dpop_bound_access_tokens`).
    pub requires_dpop: bool,
    /// The URIs to which `/authorize` may redirect (RFC 6749 section 3.1.2).
    pub redirect_uris: Vec<String>,
    /// The URIs to which `/end-session` may redirect (OpenID Connect RP-Initiated Logout 1.0 section 3).
    pub post_logout_redirect_uris: Vec<String>,
    /// Whether the client belongs to the operator, so that its users aren't asked for consent.
    pub is_first_party: bool,
    /// Who may create an account at this client; `None`: as the deployment says.
    pub sign_up: Option<SignUp>,
    /// The URL at which an unregistered client describes itself. Such a client uses it as its `client_id`.
    pub url: Option<ClientIdUrl>,
    /// Lifetimes that replace the deployment's.
    pub overrides: LifetimeOverrides,
}

/// Whether a client can keep a secret (RFC 6749 section 2.1).
#[derive(Clone, Debug)]
pub enum ClientKind {
    /// A browser or a mobile app, which has no secret.
    Public,
    /// A server, which authenticates with a secret. During a change of secrets two are valid, the newest
    /// first.
    Confidential(Vec<SecretHash>),
}

/// SHA-256 of a client secret. Secrets are generated with full entropy, so a fast hash is enough.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretHash([u8; digest::SHA256_OUTPUT_LEN]);

impl SecretHash {
    /// The hash of a secret.
    pub fn of(secret: &SecretString) -> Self {
        let mut hash = [0; digest::SHA256_OUTPUT_LEN];
        hash.copy_from_slice(digest::digest(&digest::SHA256, secret.expose_secret().as_bytes()).as_ref());
        Self(hash)
    }

    /// The stored form.
    pub fn to_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    fn matches(&self, other: &Self) -> bool {
        constant_time::verify_slices_are_equal(&self.0, &other.0).is_ok()
    }
}

/// Hides the hash. It isn't a secret, but logs don't need it.
impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash")
    }
}

impl Client {
    /// The value of the attribute if the client has to send proofs; otherwise the attribute is absent.
    pub const DPOP_REQUIRED: &str = "required";

    /// Reads an item.
    ///
    /// # Errors
    ///
    /// [`StoreError::Malformed`], if the item is not a client.
    pub fn from_item(item: &Item) -> Result<Self, StoreError> {
        let row = Row::new("Clients", item);
        let uris = |attribute| Ok(row.list(attribute)?.into_iter().map(str::to_owned).collect());
        Ok(Self {
            client_id: row.parsed(attribute::CLIENT_ID, ClientId::parse)?,
            name: row.optional_text(attribute::NAME)?.map(str::to_owned),
            kind: Self::kind(&row)?,
            scope: row.scope(attribute::SCOPE)?,
            resources: row.texts(attribute::RESOURCES)?.iter().cloned().collect(),
            claims: match row.optional_text(attribute::CLAIMS)? {
                None => ClaimSelection::All,
                Some(json) => {
                    ClaimSelection::from_json(json).ok_or_else(|| row.malformed(attribute::CLAIMS))?
                }
            },
            not_before: row.optional_instant(attribute::NOT_BEFORE)?.unwrap_or_default(),
            disabled: row.flag(attribute::DISABLED)?,
            requires_dpop: row
                .optional_parsed(attribute::DPOP, |text| (text == Self::DPOP_REQUIRED).then_some(()))?
                .is_some(),
            redirect_uris: uris(attribute::REDIRECT_URIS)?,
            post_logout_redirect_uris: uris(attribute::POST_LOGOUT_REDIRECT_URIS)?,
            is_first_party: row.flag(attribute::FIRST_PARTY)?,
            sign_up: row.optional_parsed(attribute::SIGN_UP, SignUp::parse)?,
            url: row.optional_parsed(attribute::DOCUMENT_URL, ClientIdUrl::parse)?,
            overrides: LifetimeOverrides {
                access_ttl: row.optional_ttl(attribute::ACCESS_TTL, &lifetimes::ACCESS_TTL)?,
                idle_ttl: row.optional_ttl(attribute::IDLE_TTL, &lifetimes::IDLE_TTL)?,
                absolute_ttl: row.optional_ttl(attribute::ABSOLUTE_TTL, &lifetimes::ABSOLUTE_TTL)?,
                leeway: row.optional_ttl(attribute::LEEWAY, &lifetimes::LEEWAY)?,
            },
        })
    }

    /// The client as an item. Absent values are left out.
    pub fn to_item(&self) -> Item {
        let seconds = |ttl: Option<std::time::Duration>| ttl.map(|ttl| N(ttl.as_secs().to_string()));
        let set = |texts: Vec<String>| (!texts.is_empty()).then_some(Ss(texts));
        let list =
            |uris: &[String]| (!uris.is_empty()).then(|| L(uris.iter().map(|uri| S(uri.clone())).collect()));
        let (kind, secret_hashes) = match &self.kind {
            ClientKind::Public => ("public", None),
            ClientKind::Confidential(hashes) => {
                ("confidential", Some(L(hashes.iter().map(|hash| S(hash.to_text())).collect())))
            }
        };
        let attributes = [
            (attribute::CLIENT_ID, Some(S(self.client_id.to_string()))),
            (attribute::NAME, self.name.clone().map(S)),
            (attribute::KIND, Some(S(kind.to_owned()))),
            (attribute::SECRET_HASHES, secret_hashes),
            (attribute::SCOPE, set(self.scope.tokens().map(str::to_owned).collect())),
            (attribute::RESOURCES, set(self.resources.iter().cloned().collect())),
            (attribute::CLAIMS, self.claims.to_json().map(S)),
            (
                attribute::NOT_BEFORE,
                (self.not_before > Timestamp::default()).then(|| N(self.not_before.to_string())),
            ),
            (attribute::DISABLED, self.disabled.then_some(Bool(true))),
            (attribute::DPOP, self.requires_dpop.then(|| S(Self::DPOP_REQUIRED.to_owned()))),
            (attribute::REDIRECT_URIS, list(&self.redirect_uris)),
            (attribute::POST_LOGOUT_REDIRECT_URIS, list(&self.post_logout_redirect_uris)),
            (attribute::FIRST_PARTY, self.is_first_party.then_some(Bool(true))),
            (attribute::SIGN_UP, self.sign_up.map(|sign_up| S(sign_up.name().to_owned()))),
            (attribute::DOCUMENT_URL, self.url.as_ref().map(|url| S(url.as_str().to_owned()))),
            (attribute::ACCESS_TTL, seconds(self.overrides.access_ttl)),
            (attribute::IDLE_TTL, seconds(self.overrides.idle_ttl)),
            (attribute::ABSOLUTE_TTL, seconds(self.overrides.absolute_ttl)),
            (attribute::LEEWAY, seconds(self.overrides.leeway)),
        ];
        attributes.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }

    fn kind(row: &Row<'_>) -> Result<ClientKind, StoreError> {
        match row.text(attribute::KIND)? {
            "public" => Ok(ClientKind::Public),
            "confidential" => {
                let hashes = row.list(attribute::SECRET_HASHES)?;
                let hashes: Option<Vec<_>> = hashes.into_iter().map(SecretHash::parse).collect();
                hashes
                    .filter(|hashes| (1..=2).contains(&hashes.len()))
                    .map(ClientKind::Confidential)
                    .ok_or_else(|| row.malformed(attribute::SECRET_HASHES))
            }
            _ => Err(row.malformed(attribute::KIND)),
        }
    }

    /// The scope of a login that names none: every scope of the client. For an OpenID Connect client it
    /// excludes the scopes that ask for an ID token, its claims, or a refresh token: the client has to name
    /// those itself (Core 1.0 sections 3.1.2.1, 5.4 and 11).
    pub fn default_scope(&self) -> Scope {
        let is_of_openid_connect = self.scope.tokens().any(|token| token == OPENID_CONNECT_SCOPES[0]);
        if is_of_openid_connect { self.scope.without(&OPENID_CONNECT_SCOPES) } else { self.scope.clone() }
    }

    /// Whether the client may ask for tokens for this resource.
    pub fn may_ask_for(&self, resource: &Resource) -> bool {
        let is_named = |identifier: &String| is_same_resource(identifier, &resource.identifier);
        self.resources.is_empty() || self.resources.iter().any(is_named)
    }

    /// The user claims in this client's access tokens. A third party reads the claims that the user has
    /// consented to from ID tokens and `/userinfo`. Its access tokens carry none, unless the client's record
    /// names them.
    pub fn token_claims(&self) -> &ClaimSelection {
        static NONE: ClaimSelection = ClaimSelection::NONE;
        if self.is_third_party() && matches!(self.claims, ClaimSelection::All) { &NONE } else { &self.claims }
    }

    /// Whether the client belongs to a third party, whose users sign in at the pages. A client without a
    /// redirect URI takes passwords itself, which only the operator's clients may do.
    pub fn is_third_party(&self) -> bool {
        !self.is_first_party && !self.redirect_uris.is_empty()
    }

    /// The `client_id` as the client knows it.
    pub fn own_id(&self) -> &str {
        self.url.as_ref().map_or(self.client_id.as_str(), ClientIdUrl::as_str)
    }

    /// Whether the client has no secret. Then only a key can tell one of its devices from another.
    pub fn is_public(&self) -> bool {
        matches!(self.kind, ClientKind::Public)
    }

    /// Whether this secret, or its absence, authenticates the client.
    pub fn accepts(&self, secret: Option<&SecretString>) -> bool {
        match (&self.kind, secret) {
            (ClientKind::Public, None) => true,
            (ClientKind::Public, Some(_)) | (ClientKind::Confidential(_), None) => false,
            (ClientKind::Confidential(hashes), Some(secret)) => {
                let presented = SecretHash::of(secret);
                // Compares all hashes: the time taken must not tell which secret matched.
                hashes.iter().fold(false, |found, hash| found | hash.matches(&presented))
            }
        }
    }

    /// The lifetimes that apply to this client.
    pub fn lifetimes(&self, defaults: Lifetimes) -> Lifetimes {
        defaults.overridden_by(self.overrides)
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue;

    use super::*;

    fn client(scope: &str) -> Client {
        let texts = [("client_id", "shop"), ("kind", "public")];
        let mut item: Item =
            texts.map(|(name, text)| (name.to_owned(), AttributeValue::S(text.to_owned()))).into();
        item.insert("scope".to_owned(), Ss(scope.split(' ').map(str::to_owned).collect()));
        Client::from_item(&item).unwrap()
    }

    #[test]
    fn scopes_of_openid_connect_are_asked_for_by_name() {
        for (scope, default) in [
            ("read write", "read write"),
            ("openid profile email address phone offline_access read", "read"),
            ("openid", ""),
            // Clients used these names for scopes of their own before they had anything to do with OpenID
            // Connect.
            ("email offline_access read", "email offline_access read"),
        ] {
            assert_eq!(client(scope).default_scope(), Scope::parse(default).unwrap(), "{scope}");
        }
    }
}
