//! `/.well-known/…`: the documents with which clients get tokens and APIs verify them.

use std::collections::BTreeSet;

use axum::http::Request;
use local::{functions::Deployment, template::ApiKind};
use metadata::Metadata;
use serde_json::{Value, json};
use shared::{claims::SCOPE_CLAIMS, route, tokens::OPENID};

use crate::harness::{Api, Browser, Fault, Flow, WEB, claims, id_token};

const ISSUER: &str = "https://issuer.example.com";
const NOTES: &str = "https://notes.example.com/mcp";

#[tokio::test]
async fn the_documents_name_the_issuer_exactly_and_may_be_kept() {
    let api = Api::start().await;
    for path in [route::AUTHORIZATION_SERVER, route::OPENID_CONFIGURATION] {
        let reply = api.send(Request::get(path), "").await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.body["issuer"], ISSUER);
        assert_eq!(reply.body["jwks_uri"], format!("{ISSUER}{}", route::JWKS));
        assert_eq!(reply.body["authorization_endpoint"], format!("{ISSUER}/authorize"));
        assert_eq!(reply.body["token_endpoint"], format!("{ISSUER}/token"));
        assert_eq!(reply.body["revocation_endpoint"], format!("{ISSUER}/logout"));
        assert_eq!(reply.body["grant_types_supported"], json!(["authorization_code", "refresh_token"]));
        assert_eq!(reply.body["latchgate_audience"], "api");
        assert_eq!(reply.header("cache-control"), Some("public, max-age=300"));
        reply.assert_readable_by_all();
        assert_eq!(reply.header("pragma"), None);
    }
    let token = api.login().await.access;
    assert_eq!(crate::harness::claims(&token)["iss"], ISSUER);
}

/// Clients read these facts first: PKCE (RFC 9700 section 2.1.1), `iss` (RFC 9207), and the response modes.
#[tokio::test]
async fn the_documents_say_that_codes_need_pkce_and_that_answers_name_the_issuer() {
    let api = Api::start().await;
    for path in [route::AUTHORIZATION_SERVER, route::OPENID_CONFIGURATION] {
        let document = api.send(Request::get(path), "").await.body;
        for (member, expected) in [
            ("response_types_supported", json!(["code"])),
            ("response_modes_supported", json!(["query"])),
            ("code_challenge_methods_supported", json!(["S256"])),
            ("authorization_response_iss_parameter_supported", json!(true)),
            ("scopes_supported", json!(["openid", "profile", "email", "address", "phone", "offline_access"])),
            ("ui_locales_supported", json!(["en", "vi"])),
        ] {
            assert_eq!(document[member], expected, "{path} {member}");
        }
    }
}

/// OpenID Connect Discovery 1.0 section 3: the required members, and those whose absence would imply support.
#[tokio::test]
async fn openid_configuration_has_all_that_a_strict_reader_asks_for() {
    let api = Api::start().await;
    let document = api.send(Request::get(route::OPENID_CONFIGURATION), "").await.body;
    for (member, expected) in [
        ("userinfo_endpoint", json!(format!("{ISSUER}/userinfo"))),
        ("end_session_endpoint", json!(format!("{ISSUER}/end-session"))),
        ("subject_types_supported", json!(["public"])),
        ("id_token_signing_alg_values_supported", json!(["ES256"])),
        ("prompt_values_supported", json!(["none", "login", "consent", "select_account"])),
        ("claims_parameter_supported", json!(false)),
        ("request_parameter_supported", json!(false)),
        ("request_uri_parameter_supported", json!(false)),
    ] {
        assert_eq!(document[member], expected, "{member}");
    }
    let claims: BTreeSet<_> = texts(&document["claims_supported"]).into_iter().collect();
    assert_eq!(claims.len(), document["claims_supported"].as_array().unwrap().len(), "each stands once");
    let of_scopes =
        SCOPE_CLAIMS.into_iter().flat_map(|(_, claims)| claims.iter().map(|claim| (*claim).to_owned()));
    assert!(of_scopes.collect::<BTreeSet<_>>().is_subset(&claims), "{claims:?}");
    let scopes = texts(&document["scopes_supported"]);
    assert_eq!(scopes.first().map(String::as_str), Some(OPENID));
}

/// The pages have a file of texts for each language.
#[tokio::test]
async fn the_documents_name_the_languages_of_the_pages() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../functions/authorize/src/pages/messages");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let tags = files.map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned());
    let tags: BTreeSet<_> = tags.filter(|tag| tag != "mod").collect();
    let document = Api::start().await.send(Request::get(route::AUTHORIZATION_SERVER), "").await.body;
    assert_eq!(texts(&document["ui_locales_supported"]).into_iter().collect::<BTreeSet<_>>(), tags);
}

/// OpenID Connect Discovery 1.0 section 3: every value is taken, and each claim is in the ID token of all scopes.
#[tokio::test]
async fn the_documents_name_the_prompts_and_the_claims_of_id_tokens() {
    let api = Api::with_pages().await;
    let document = api.send(Request::get(route::OPENID_CONFIGURATION), "").await.body;
    for prompt in texts(&document["prompt_values_supported"]) {
        let page = Flow::of(WEB).with("prompt", &prompt).begin(&mut Browser::new(&api)).await;
        if prompt == "none" {
            assert_eq!(page.redirect().parameter("error"), "login_required");
        } else {
            assert!(page.asks_for_password(), "{prompt}");
        }
    }
    let reply = Flow::of(WEB).tokens(&api, &mut Browser::new(&api)).await;
    let token = claims(id_token(&reply));
    let of_token: BTreeSet<_> = token.as_object().unwrap().keys().cloned().collect();
    let named: BTreeSet<_> = texts(&document["claims_supported"]).into_iter().collect();
    assert!(of_token.is_subset(&named), "{of_token:?}");
    let of_user: BTreeSet<_> =
        SCOPE_CLAIMS.into_iter().flat_map(|(_, claims)| claims).map(|it| (*it).to_owned()).collect();
    let of_protocol: BTreeSet<_> = named.difference(&of_user).cloned().collect();
    assert!(of_protocol.is_subset(&of_token), "{of_protocol:?} {of_token:?}");
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_documents_name_the_audience_of_the_tokens() {
    let api = Api::start().await;
    let mut deployment = api.deployment.clone();
    deployment.parameters = deployment.parameters.with("Audience", "https://orders.example.com");
    let api = api.redeployed(deployment).await;
    let aud = claims(&api.login().await.access)["aud"].clone();
    assert_eq!(aud, "https://orders.example.com");
    for path in [route::AUTHORIZATION_SERVER, route::OPENID_CONFIGURATION] {
        let reply = api.send(Request::get(path), "").await;
        assert_eq!(reply.body["latchgate_audience"], aud, "{path}");
    }
}

/// A client that reads them sends proofs, and may insist on bound tokens.
#[tokio::test]
async fn the_documents_name_the_algorithms_of_proofs_where_new_sessions_are_bound() {
    for (dpop, expected) in [("off", None), ("on", Some(json!(["ES256", "EdDSA", "Ed25519", "RS256"])))] {
        let api = Api::with(|parameters| parameters.with("Dpop", dpop)).await;
        for path in [route::AUTHORIZATION_SERVER, route::OPENID_CONFIGURATION] {
            let reply = api.send(Request::get(path), "").await;
            let named = reply.body.get("dpop_signing_alg_values_supported");
            assert_eq!((reply.status, named), (200, expected.as_ref()), "{dpop} {path}");
        }
    }
}

/// This happens during an upgrade: CloudFormation may change a function's code before its environment.
#[tokio::test]
async fn without_an_audience_the_documents_are_served_all_the_same() {
    let api = Api::start().await;
    let mut functions = api.template.functions(&api.deployment.parameters).unwrap();
    let mut function = functions.remove("metadata").unwrap();
    assert_eq!(function.variables.remove("AUDIENCE").as_deref(), Some("api"));
    let metadata = Metadata::start(&api.deployment.context(function)).await.unwrap();
    let request = Request::get(route::AUTHORIZATION_SERVER).body(lambda_http::Body::Empty).unwrap();
    let reply = metadata.handle(&request).await;
    assert_eq!(reply.status(), 200);
    let document: Value = serde_json::from_slice(reply.body()).unwrap();
    assert_eq!((&document["issuer"], document.get("latchgate_audience")), (&json!(ISSUER), None));
}

const DOCUMENTS: [&str; 4] = [
    route::JWKS,
    route::AUTHORIZATION_SERVER,
    route::OPENID_CONFIGURATION,
    "/.well-known/oauth-protected-resource/notes.example.com/mcp",
];

/// An API with all documents.
async fn with_documents() -> Api {
    Api::with(|parameters| parameters.with("ProtectedResources", NOTES)).await
}

#[tokio::test]
async fn head_has_the_headers_of_get_and_no_body() {
    let api = with_documents().await;
    for path in DOCUMENTS {
        let (get, head) = (api.send(Request::get(path), "").await, api.send(Request::head(path), "").await);
        assert_eq!((get.status, head.status, &head.body), (200, 200, &Value::Null), "{path}");
        let mut expected = get.headers.clone();
        expected.insert("content-length", get.body.to_string().len().into());
        assert_eq!(head.headers, expected, "{path}");
        head.assert_readable_by_all();
    }
    let nowhere = api.send(Request::head("/.well-known/nothing"), "").await;
    nowhere.assert_gateway_error(404, "not_found");
}

/// This needs a REST API: an HTTP API has one configuration for all paths.
#[tokio::test]
async fn a_preflight_permits_what_get_permits() {
    let api = with_documents().await;
    let rest = Deployment { api: ApiKind::Rest, ..api.deployment.clone() };
    let api = api.redeployed(rest).await;
    for path in DOCUMENTS {
        for origin in ["https://elsewhere.example.com", "null"] {
            let ask = Request::options(path).header("origin", origin);
            let ask = ask.header("access-control-request-method", "GET");
            let asked = "authorization,x-anything,x-else";
            let reply = api.send(ask.header("access-control-request-headers", asked), "").await;
            assert_eq!((reply.status, &reply.body), (204, &Value::Null));
            for (name, expected) in [
                ("access-control-allow-origin", "*"),
                ("access-control-allow-methods", "GET, HEAD"),
                ("access-control-allow-headers", asked),
                ("access-control-max-age", "86400"),
                ("vary", "Access-Control-Request-Headers"),
                ("cache-control", "no-store"),
            ] {
                assert_eq!(reply.header(name), Some(expected), "{path}");
            }
        }
        let bare = api.send(Request::options(path), "").await;
        assert_eq!((bare.status, bare.header("access-control-allow-headers")), (204, Some("*")));
    }
    api.send(Request::options("/.well-known/nothing"), "").await.assert_error(404, "not_found");
}

/// Browsers visit the pages. No script of another origin may call them, even if it may call everything else (RFC 9700
/// section 2.6). This needs a REST API: an HTTP API has one configuration for all paths, which lets no script send
/// cookies.
#[tokio::test]
async fn a_preflight_of_a_page_permits_nothing() {
    let origin = "https://app.example.com";
    let api = Api::with(|parameters| parameters.with("AllowedOrigins", origin)).await;
    let rest = Deployment { api: ApiKind::Rest, ..api.deployment.clone() };
    let api = api.redeployed(rest).await;
    let ask = |path: &str| {
        let ask = Request::options(path).header("origin", origin);
        ask.header("access-control-request-method", "POST")
    };
    for path in [
        route::AUTHORIZE,
        route::ACCOUNT,
        route::ACCOUNT_NEW,
        route::ACCOUNT_CONFIRM,
        route::ACCOUNT_FORGOT,
        route::ACCOUNT_RESET,
        route::END_SESSION,
    ] {
        let reply = api.send(ask(path), "").await;
        assert_eq!((reply.status, &reply.body), (204, &Value::Null), "{path}");
        assert!(reply.headers.keys().all(|name| !name.as_str().starts_with("access-control-")), "{reply:?}");
    }
    for path in [route::TOKEN, route::USERINFO, route::SIGNUP, route::SIGNUP_CONFIRM, route::RESET] {
        let reply = api.send(ask(path), "").await;
        assert_eq!(reply.header("access-control-allow-origin"), Some(origin), "{path}");
    }
}

#[tokio::test]
async fn with_a_path_in_the_issuer_rfc_8414s_document_is_where_the_rfc_has_it() {
    let issuer = "https://issuer.example.com/tenants/one";
    let api = Api::with(|parameters| parameters.with("Issuer", issuer)).await;
    let place = format!("{}/tenants/one", route::AUTHORIZATION_SERVER);
    for path in [place.as_str(), route::AUTHORIZATION_SERVER] {
        let reply = api.send(Request::get(path), "").await;
        assert_eq!((reply.status, &reply.body["issuer"]), (200, &json!(issuer)), "{path}");
        assert_eq!(api.send(Request::head(path), "").await.status, 200);
    }
    for other in ["/tenants/two", "/tenants", "/tenants/one/x"] {
        let path = format!("{}{other}", route::AUTHORIZATION_SERVER);
        api.send(Request::get(&path), "").await.assert_error(404, "not_found");
    }
    let without = Api::start().await;
    without.send(Request::get(&place), "").await.assert_error(404, "not_found");
}

#[tokio::test]
async fn each_resource_has_metadata_as_it_is_registered() {
    let registered = format!("{NOTES} notes:read notes:write [Notes]; {ISSUER}/files");
    for (dpop, proofs) in [("off", None), ("on", Some(json!(["ES256", "EdDSA", "Ed25519", "RS256"])))] {
        let api =
            Api::with(|parameters| parameters.with("ProtectedResources", &registered).with("Dpop", dpop))
                .await;
        let notes = json!({
            "resource": NOTES,
            "authorization_servers": [ISSUER],
            "scopes_supported": ["notes:read", "notes:write"],
            "bearer_methods_supported": ["header"],
            "resource_name": "Notes",
        });
        let files = json!({
            "resource": format!("{ISSUER}/files"),
            "authorization_servers": [ISSUER],
            "bearer_methods_supported": ["header"],
        });
        for (place, mut expected) in [
            ("/notes.example.com/mcp", notes),
            ("/issuer.example.com/files", files.clone()),
            ("/files", files),
        ] {
            if let Some(proofs) = &proofs {
                expected["dpop_signing_alg_values_supported"] = proofs.clone();
            }
            let path = format!("{}{place}", route::PROTECTED_RESOURCE);
            let reply = api.send(Request::get(&path), "").await;
            assert_eq!((reply.status, &reply.body), (200, &expected), "{path}");
            assert_eq!(reply.header("cache-control"), Some("public, max-age=300"));
            reply.assert_readable_by_all();
            assert_eq!(api.send(Request::head(&path), "").await.status, 200);
        }
        for place in ["", "/mcp", "/notes.example.com", "/other.example.com/mcp"] {
            let path = format!("{}{place}", route::PROTECTED_RESOURCE);
            api.send(Request::get(&path), "").await.assert_error(404, "not_found");
        }
    }
}

#[tokio::test]
async fn the_documents_list_the_resources_that_have_metadata() {
    for (audience, registered, expected) in [
        ("api", "", None),
        ("api", NOTES, Some(json!([NOTES]))),
        (ISSUER, NOTES, Some(json!([NOTES, ISSUER]))),
    ] {
        let parameters = [("Audience", audience), ("ProtectedResources", registered)];
        let api =
            Api::with(|all| parameters.into_iter().fold(all, |all, (name, value)| all.with(name, value)))
                .await;
        for path in [route::AUTHORIZATION_SERVER, route::OPENID_CONFIGURATION] {
            let document = api.send(Request::get(path), "").await.body;
            assert_eq!(document.get("protected_resources"), expected.as_ref(), "{audience} {path}");
        }
    }
}

/// The 401 leads a client to a document that names the called API and the server that issues its tokens.
#[tokio::test]
async fn a_refusal_of_a_rest_api_leads_to_the_metadata_of_that_api() {
    let api = Api::with(|parameters| parameters.with("Audience", ISSUER)).await;
    let rest = Deployment { api: ApiKind::Rest, ..api.deployment.clone() };
    let api = api.redeployed(rest).await;
    let refused = api.send(Request::get(route::SESSIONS), "").await;
    let challenge = refused.header("www-authenticate").unwrap();
    let metadata = challenge.split("resource_metadata=\"").nth(1).unwrap().split('"').next().unwrap();
    let bare = format!("{ISSUER}{}", route::PROTECTED_RESOURCE);
    for url in [metadata, bare.as_str()] {
        let document = api.send(Request::get(url.strip_prefix(ISSUER).unwrap()), "").await;
        assert_eq!((document.status, &document.body["resource"]), (200, &json!(ISSUER)), "{url}");
        assert_eq!(document.body["authorization_servers"], json!([ISSUER]));
    }
}

#[tokio::test]
async fn the_key_set_has_the_public_halves_and_nothing_else() {
    let api = Api::start().await;
    let reply = api.send(Request::get(route::JWKS), "").await;
    let keyset = api.keyset();
    let signing = &keyset["signing_keys"][0];
    let expected = json!({ "keys": [{ "kty": "EC", "use": "sig", "crv": "P-256", "alg": "ES256",
        "kid": signing["kid"], "x": signing["x"], "y": signing["y"] }] });
    assert_eq!(reply.body, expected);
}

#[tokio::test]
async fn without_keys_the_key_set_is_a_503_that_is_not_cached_and_heals() {
    let api = Api::start().await;
    api.calls.fail(Fault::Before("Query Keys"));
    let cold = Metadata::start(&api.context("metadata")).await.unwrap();
    let request = Request::get(route::JWKS).body(lambda_http::Body::Empty).unwrap();
    let reply = cold.handle(&request).await;
    assert_eq!(reply.status(), 503);
    for (name, expected) in [
        ("cache-control", "no-store"),
        ("retry-after", "1"),
        ("access-control-allow-origin", "*"),
        ("access-control-expose-headers", "Retry-After, WWW-Authenticate, Date, DPoP-Nonce"),
    ] {
        assert_eq!(reply.headers()[name], expected);
    }
    api.calls.heal();
    assert_eq!(cold.handle(&request).await.status(), 200);
}
