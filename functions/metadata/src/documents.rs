//! The metadata documents.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use shared::{
    claims::SCOPE_CLAIMS,
    clock::Timestamp,
    dpop,
    environment::{Environment, EnvironmentError, variable},
    keys::PublicKeys,
    resource::Resource,
    route,
    tokens::OPENID,
};

use crate::protected_resources::{self, ProtectedResources};

/// How clients authenticate at the token and the revocation endpoint (RFC 7591 section 2).
const AUTH_METHODS: [&str; 3] = ["client_secret_basic", "client_secret_post", "none"];

/// The scope that asks for a refresh token (OpenID Connect Core 1.0 section 11).
const OFFLINE_ACCESS: &str = "offline_access";

/// The claims of an ID token besides the user's own (OpenID Connect Core 1.0 sections 2 and 3.1.3.6).
const ID_TOKEN_CLAIMS: [&str; 11] =
    ["sub", "iss", "aud", "azp", "exp", "iat", "auth_time", "nonce", "amr", "at_hash", "sid"];

/// The `prompt` values that a client may send (OpenID Connect Core 1.0 section 3.1.2.1).
const PROMPTS: [&str; 4] = ["none", "login", "consent", "select_account"];

/// The languages of the pages (BCP 47). `functions/authorize` has a file for each.
const LOCALES: [&str; 2] = ["en", "vi"];

/// The JWK Set (RFC 7517 section 5), with keys that will sign, that sign, and that have signed tokens which
/// are still valid.
pub(crate) fn jwks(keys: &PublicKeys, now: Timestamp) -> Value {
    let keys: Vec<_> = keys.current(now).map(|key| &key.jwk).collect();
    json!({ "keys": keys })
}

/// The server that the other documents describe.
#[derive(Debug)]
pub(crate) struct Server {
    issuer: String,
    /// Absent only during an upgrade: the function may have this version before its environment has.
    audience: Option<String>,
    resources: ProtectedResources,
    binds_tokens: bool,
    takes_documents: bool,
}

impl Server {
    pub(crate) fn from_environment(environment: &Environment) -> Result<Self, EnvironmentError> {
        Ok(Self {
            issuer: environment.required(variable::ISSUER)?.to_owned(),
            audience: environment.optional(variable::AUDIENCE).map(str::to_owned),
            resources: ProtectedResources::from_environment(environment)?,
            binds_tokens: dpop::binds(environment)?,
            takes_documents: environment
                .choice(variable::CLIENT_METADATA_DOCUMENTS, [("off", false), ("on", true)])?,
        })
    }

    /// The `iss` of the server's tokens.
    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The resources that the server issues tokens for.
    pub(crate) fn resources(&self) -> &ProtectedResources {
        &self.resources
    }

    /// The document of RFC 8414 section 2, with `authorization_response_iss_parameter_supported` of RFC 9207
    /// section 3.
    ///
    /// `/refresh` is a token endpoint too, for clients that know an earlier document. A refresh token works
    /// at both.
    ///
    /// `latchgate_audience` is our own member, as section 2 allows: the `aud` of the access tokens, which
    /// verifiers have to know and the RFC has no member for. `protected_resources` (RFC 9728 section 4) lists
    /// only URLs with their own metadata, and an audience needn't be a URL.
    ///
    /// `dpop_signing_alg_values_supported` (RFC 9449 section 5.1) is present only if new sessions are bound.
    /// A client that finds it makes a key and sends proofs. If the server ignored these, a client that
    /// insists on bound tokens would have to discard the response (section 5). Bound sessions continue
    /// without it: their clients know from the `token_type`.
    ///
    /// `client_id_metadata_document_supported` (draft-ietf-oauth-client-id-metadata-document-02 section 6) is
    /// present only if it is true.
    pub(crate) fn authorization_server(&self) -> Value {
        let mut document = json!({
            "issuer": self.issuer,
            "authorization_endpoint": self.address(route::AUTHORIZE),
            "token_endpoint": self.address(route::TOKEN),
            "token_endpoint_auth_methods_supported": AUTH_METHODS,
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": true,
            "scopes_supported": scopes(),
            "ui_locales_supported": LOCALES,
            "revocation_endpoint": self.address(route::LOGOUT),
            "revocation_endpoint_auth_methods_supported": AUTH_METHODS,
            "jwks_uri": self.address(route::JWKS),
        });
        if let Some(audience) = &self.audience {
            document["latchgate_audience"] = json!(audience);
        }
        if !self.resources.identifiers().is_empty() {
            document["protected_resources"] = json!(self.resources.identifiers());
        }
        if self.binds_tokens {
            document["dpop_signing_alg_values_supported"] = json!(dpop::ALGORITHMS);
        }
        if self.takes_documents {
            document["client_id_metadata_document_supported"] = json!(true);
        }
        document
    }

    /// The document of OpenID Connect Discovery 1.0 section 3, with `end_session_endpoint` of RP-Initiated
    /// Logout 1.0 section 2.1 and `prompt_values_supported` of Initiating User Registration 1.0 section 5. If
    /// `request_uri_parameter_supported` were absent, it would mean true. The same key signs access tokens
    /// and ID tokens.
    pub(crate) fn openid_configuration(&self, keys: &PublicKeys, now: Timestamp) -> Value {
        let algorithms: BTreeSet<_> = keys.current(now).map(|key| &key.jwk.alg).collect();
        let own = SCOPE_CLAIMS.into_iter().flat_map(|(_, claims)| claims.iter().copied());
        let claims: Vec<_> = ID_TOKEN_CLAIMS.into_iter().chain(own).collect();
        let mut document = self.authorization_server();
        document["userinfo_endpoint"] = json!(self.address(route::USERINFO));
        document["end_session_endpoint"] = json!(self.address(route::END_SESSION));
        document["subject_types_supported"] = json!(["public"]);
        document["id_token_signing_alg_values_supported"] = json!(algorithms);
        document["claims_supported"] = json!(claims);
        document["prompt_values_supported"] = json!(PROMPTS);
        document["claims_parameter_supported"] = json!(false);
        document["request_parameter_supported"] = json!(false);
        document["request_uri_parameter_supported"] = json!(false);
        document
    }

    /// The metadata of a resource of this server.
    pub(crate) fn protected_resource(&self, resource: &Resource) -> Value {
        let proofs = self.binds_tokens.then_some(&dpop::ALGORITHMS[..]);
        protected_resources::document(resource, &self.issuer, proofs)
    }

    /// The URL of one of our paths.
    fn address(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }
}

/// The scopes that Latchgate itself interprets. All others belong to the owner, and each client's record
/// lists them.
fn scopes() -> Vec<&'static str> {
    let of_claims = SCOPE_CLAIMS.into_iter().map(|(scope, _)| scope);
    [OPENID].into_iter().chain(of_claims).chain([OFFLINE_ACCESS]).collect()
}
