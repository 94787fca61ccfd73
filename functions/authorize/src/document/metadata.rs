//! The metadata in a client's document (draft section 4, RFC 7591 section 2).

use serde_json::{Map, Value};
use shared::{
    client::{ClientIdUrl, RedirectUri},
    json::UniqueObject,
    scope::Scope,
};

use super::DocumentError;

/// The most URIs of a kind, as for registered clients.
const MAX_URIS: usize = 20;
/// The longest name, in characters.
const MAX_NAME_LEN: usize = 100;

/// The metadata in a client's document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClientMetadata {
    /// The client's own name for itself.
    pub(crate) name: Option<String>,
    pub(crate) redirect_uris: Vec<String>,
    pub(crate) post_logout_redirect_uris: Vec<String>,
    /// The scope that it may ask for; `None`, if the document has none.
    pub(crate) scope: Option<Scope>,
    /// Whether its `grant_types` include refresh tokens.
    pub(crate) uses_refresh_tokens: bool,
    pub(crate) requires_dpop: bool,
}

impl ClientMetadata {
    /// Parses the document of this URL. Further members are ignored, and no URL in it is fetched.
    ///
    /// A missing `token_endpoint_auth_method` would mean `client_secret_basic` in RFC 7591, which the draft
    /// forbids (section 4.1). So such a client is public.
    pub(super) fn parse(json: &[u8], url: &ClientIdUrl) -> Result<Self, DocumentError> {
        let object = UniqueObject::parse(json).map_err(|_| DocumentError::Malformed)?.0;
        if text(&object, "client_id")? != Some(url.as_str()) {
            return Err(DocumentError::OtherClient);
        }
        let has_secret =
            ["client_secret", "client_secret_expires_at"].iter().any(|name| object.contains_key(*name));
        if has_secret || text(&object, "token_endpoint_auth_method")?.is_some_and(|method| method != "none") {
            return Err(DocumentError::Authentication);
        }
        let grants = texts(&object, "grant_types")?;
        let has = |list: &Option<Vec<&str>>, wanted| list.as_ref().is_some_and(|list| list.contains(&wanted));
        let responses = texts(&object, "response_types")?;
        if (grants.is_some() && !has(&grants, "authorization_code"))
            || (responses.is_some() && !has(&responses, "code"))
        {
            return Err(DocumentError::Flow);
        }
        let redirect_uris = uris(&object, "redirect_uris")?;
        if redirect_uris.is_empty() {
            return Err(DocumentError::RedirectUris);
        }
        let scope = text(&object, "scope")?;
        let scope = scope.map(|scope| Scope::parse(scope).ok_or(DocumentError::Malformed)).transpose()?;
        let is_shown = |name: &&str| {
            !name.trim().is_empty()
                && name.chars().count() <= MAX_NAME_LEN
                && !name.chars().any(char::is_control)
        };
        Ok(Self {
            name: text(&object, "client_name")?.filter(is_shown).map(str::to_owned),
            redirect_uris,
            post_logout_redirect_uris: uris(&object, "post_logout_redirect_uris")?,
            scope,
            uses_refresh_tokens: has(&grants, "refresh_token"),
            requires_dpop: match object.get("dpop_bound_access_tokens") {
                None => false,
                Some(value) => value.as_bool().ok_or(DocumentError::Malformed)?,
            },
        })
    }
}

fn text<'a>(object: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, DocumentError> {
    object.get(name).map(|value| value.as_str().ok_or(DocumentError::Malformed)).transpose()
}

fn texts<'a>(object: &'a Map<String, Value>, name: &str) -> Result<Option<Vec<&'a str>>, DocumentError> {
    let Some(value) = object.get(name) else { return Ok(None) };
    let texts = value.as_array().and_then(|values| values.iter().map(Value::as_str).collect());
    texts.map(Some).ok_or(DocumentError::Malformed)
}

/// The URIs that may be registered, without duplicates. A document for many servers may list others, such as
/// app schemes without a dot. Users are never sent to those.
fn uris(object: &Map<String, Value>, name: &str) -> Result<Vec<String>, DocumentError> {
    let mut uris: Vec<String> = Vec::new();
    for uri in texts(object, name)?.unwrap_or_default() {
        if RedirectUri::parse(uri).is_some() && !uris.iter().any(|known| known == uri) {
            uris.push(uri.to_owned());
        }
    }
    if uris.len() > MAX_URIS { Err(DocumentError::RedirectUris) } else { Ok(uris) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const URL: &str = "https://app.example.com/client.json";

    /// Parses a plain document with these changes. A null removes a member.
    fn parse(changes: &Value) -> Result<ClientMetadata, DocumentError> {
        let mut document = json!({
            "client_id": URL,
            "client_name": "An app",
            "redirect_uris": ["https://app.example.com/cb"],
            "token_endpoint_auth_method": "none",
        });
        for (name, value) in changes.as_object().unwrap() {
            document[name] = value.clone();
        }
        document.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        ClientMetadata::parse(document.to_string().as_bytes(), &ClientIdUrl::parse(URL).unwrap())
    }

    #[test]
    fn a_document_is_parsed_into_the_metadata_of_its_client() {
        let plain = ClientMetadata {
            name: Some("An app".to_owned()),
            redirect_uris: vec!["https://app.example.com/cb".to_owned()],
            post_logout_redirect_uris: vec![],
            scope: None,
            uses_refresh_tokens: false,
            requires_dpop: false,
        };
        assert_eq!(parse(&json!({})), Ok(plain.clone()));
        assert_eq!(parse(&json!({ "token_endpoint_auth_method": null })), Ok(plain));
        let whole = parse(&json!({
            "redirect_uris": ["http://127.0.0.1/cb", "myapp://cb", "http://127.0.0.1/cb", "com.example.app:/cb"],
            "post_logout_redirect_uris": ["https://app.example.com/bye"],
            "scope": "openid read",
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "dpop_bound_access_tokens": true,
            "logo_uri": "http://127.0.0.1/logo",
            "jwks_uri": "http://127.0.0.1/keys",
        }));
        let whole = whole.unwrap();
        assert_eq!(whole.redirect_uris, ["http://127.0.0.1/cb", "com.example.app:/cb"]);
        assert_eq!(whole.post_logout_redirect_uris, ["https://app.example.com/bye"]);
        assert_eq!(whole.scope, Scope::parse("openid read"));
        assert!(whole.uses_refresh_tokens && whole.requires_dpop);
    }

    #[test]
    fn a_bad_document_is_refused_with_its_reason() {
        use DocumentError::{Authentication, Flow, Malformed, OtherClient, RedirectUris};
        let many: Vec<_> = (0..=20).map(|i| format!("https://app.example.com/{i}")).collect();
        for (changes, reason) in [
            (json!({ "client_id": null }), OtherClient),
            (json!({ "client_id": "https://app.example.com/Client.json" }), OtherClient),
            (json!({ "client_id": "https://app.example.com:443/client.json" }), OtherClient),
            (json!({ "client_id": "https://app.example.com/client%2ejson" }), OtherClient),
            (json!({ "client_id": [URL] }), Malformed),
            (json!({ "redirect_uris": null }), RedirectUris),
            (json!({ "redirect_uris": [] }), RedirectUris),
            (json!({ "redirect_uris": ["http://app.example.com/cb", "javascript:alert(1)"] }), RedirectUris),
            (json!({ "redirect_uris": many }), RedirectUris),
            (json!({ "redirect_uris": "https://app.example.com/cb" }), Malformed),
            (json!({ "redirect_uris": [1] }), Malformed),
            (json!({ "token_endpoint_auth_method": "client_secret_basic" }), Authentication),
            (json!({ "token_endpoint_auth_method": "private_key_jwt" }), Authentication),
            (json!({ "client_secret": "x" }), Authentication),
            (json!({ "client_secret_expires_at": 0 }), Authentication),
            (json!({ "grant_types": [] }), Flow),
            (json!({ "grant_types": ["client_credentials"] }), Flow),
            (json!({ "response_types": ["token"] }), Flow),
            (json!({ "scope": "a\"b" }), Malformed),
            (json!({ "scope": ["a"] }), Malformed),
            (json!({ "dpop_bound_access_tokens": "true" }), Malformed),
        ] {
            assert_eq!(parse(&changes), Err(reason), "{changes}");
        }
        let url = ClientIdUrl::parse(URL).unwrap();
        for bad in
            ["", "[]", "null", "<html>", "{\"client_id\":", "{\"scope\":\"a\",\"scope\":\"b\"}", "{} {}"]
        {
            assert_eq!(ClientMetadata::parse(bad.as_bytes(), &url), Err(Malformed), "{bad}");
        }
    }

    #[test]
    fn a_client_name_that_can_not_be_shown_is_dropped() {
        for name in ["", "  ", "a\nb", "a\u{7}", &"x".repeat(101)] {
            assert_eq!(parse(&json!({ "client_name": name })).unwrap().name, None, "{name}");
        }
        assert_eq!(parse(&json!({ "client_name": "x".repeat(100) })).unwrap().name.unwrap().len(), 100);
    }
}
