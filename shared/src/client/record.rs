//! A client's record.

use std::fmt;

use aws_lc_rs::{constant_time, digest};
use aws_sdk_dynamodb::types::AttributeValue::{Bool, L, N, S, Ss};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};

use super::ClaimSelection;
use crate::{
    clock::Timestamp,
    ids::ClientId,
    lifetimes::{self, LifetimeOverrides, Lifetimes},
    scope::Scope,
    store::{Item, Row, StoreError, attribute},
};

/// A registered client.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its identifier.
    pub client_id: ClientId,
    /// What a person calls it.
    pub name: Option<String>,
    /// Whether it can keep a secret.
    pub kind: ClientKind,
    /// What it may ask for.
    pub scope: Scope,
    /// Which of a user's claims its access tokens carry.
    pub claims: ClaimSelection,
    /// Sessions created before this instant are over.
    pub not_before: Timestamp,
    /// Nothing is issued to it any more.
    pub disabled: bool,
    /// Lifetimes of its own, instead of the deployment's.
    pub overrides: LifetimeOverrides,
}

/// Whether a client can keep a secret (RFC 6749 section 2.1).
#[derive(Clone, Debug)]
pub enum ClientKind {
    /// A browser or a mobile app: it has no secret.
    Public,
    /// A server: it proves a secret; two are valid, the newest first, while it changes from one to the other.
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

    /// As stored.
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

/// A hash of full entropy is no secret, but nothing that a log needs either.
impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash")
    }
}

impl Client {
    /// Reads an item.
    ///
    /// # Errors
    ///
    /// [`StoreError::Malformed`], if it is not a client.
    pub fn from_item(item: &Item) -> Result<Self, StoreError> {
        let row = Row::new("Clients", item);
        Ok(Self {
            client_id: row.parsed(attribute::CLIENT_ID, ClientId::parse)?,
            name: row.optional_text(attribute::NAME)?.map(str::to_owned),
            kind: Self::kind(&row)?,
            scope: row.scope(attribute::SCOPE)?,
            claims: match row.optional_text(attribute::CLAIMS)? {
                None => ClaimSelection::All,
                Some(json) => {
                    ClaimSelection::from_json(json).ok_or_else(|| row.malformed(attribute::CLAIMS))?
                }
            },
            not_before: row.optional_instant(attribute::NOT_BEFORE)?.unwrap_or_default(),
            disabled: row.flag(attribute::DISABLED)?,
            overrides: LifetimeOverrides {
                access_ttl: row.optional_ttl(attribute::ACCESS_TTL, &lifetimes::ACCESS_TTL)?,
                idle_ttl: row.optional_ttl(attribute::IDLE_TTL, &lifetimes::IDLE_TTL)?,
                absolute_ttl: row.optional_ttl(attribute::ABSOLUTE_TTL, &lifetimes::ABSOLUTE_TTL)?,
                leeway: row.optional_ttl(attribute::LEEWAY, &lifetimes::LEEWAY)?,
            },
        })
    }

    /// The client as an item; what is absent is left out.
    pub fn to_item(&self) -> Item {
        let seconds = |ttl: Option<std::time::Duration>| ttl.map(|ttl| N(ttl.as_secs().to_string()));
        let scope: Vec<String> = self.scope.tokens().map(str::to_owned).collect();
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
            (attribute::SCOPE, (!scope.is_empty()).then_some(Ss(scope))),
            (attribute::CLAIMS, self.claims.to_json().map(S)),
            (
                attribute::NOT_BEFORE,
                (self.not_before > Timestamp::default()).then(|| N(self.not_before.to_string())),
            ),
            (attribute::DISABLED, self.disabled.then_some(Bool(true))),
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

    /// Whether the secret, or its absence, is what this client proves itself with.
    pub fn accepts(&self, secret: Option<&SecretString>) -> bool {
        match (&self.kind, secret) {
            (ClientKind::Public, None) => true,
            (ClientKind::Public, Some(_)) | (ClientKind::Confidential(_), None) => false,
            (ClientKind::Confidential(hashes), Some(secret)) => {
                let presented = SecretHash::of(secret);
                // No early end: the time taken doesn't tell which secret matched.
                hashes.iter().fold(false, |found, hash| found | hash.matches(&presented))
            }
        }
    }

    /// The lifetimes that apply to this client.
    pub fn lifetimes(&self, defaults: Lifetimes) -> Lifetimes {
        defaults.overridden_by(self.overrides)
    }
}
