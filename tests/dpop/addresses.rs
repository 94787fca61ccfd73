//! The URL that a proof names has to be API Gateway's, in any equivalent spelling, or one of the deployment's known
//! URLs.

use local::template::ApiKind;
use serde_json::json;
use shared::route;

use super::place::{Case, Expected, Place, Scene, everywhere, try_at};
use crate::harness::{API_KIND, Api, BodyEndpoint, Device, Lambdas, address};

fn case(scene: &Scene, htu: &str, expected: Expected) -> Case {
    Case::new(format!("htu {htu:?}"), scene.proof().claim("htu", json!(htu)).sign(), expected)
}

/// The equivalent spellings (RFC 3986 sections 6.2.2 and 6.2.3). Query and fragment don't count (RFC 9449 section 4.3).
fn equivalent(scene: &Scene) -> Vec<Case> {
    let path = scene.place.path();
    let own = address(path);
    let rest = own.strip_prefix("https://localhost").unwrap();
    let first = path.as_bytes()[1];
    let encoded = own.replace(path, &format!("/%{first:02x}{}", &path[2..]));
    [
        own.clone(),
        format!("{own}?a=b"),
        format!("{own}?"),
        format!("{own}#a"),
        format!("{own}?a=b#c?d"),
        format!("HTTPS://localhost{rest}"),
        format!("https://LocalHost{rest}"),
        format!("https://localhost:443{rest}"),
        format!("https://localhost:{rest}"),
        format!("https://localhost/.{rest}"),
        format!("https://localhost/x/..{rest}"),
        format!("https://localhost/x/%2e%2E{rest}"),
        encoded,
    ]
    .map(|htu| case(scene, &htu, Expected::Accepted))
    .into()
}

fn others(scene: &Scene) -> Vec<Case> {
    let path = scene.place.path();
    let own = address(path);
    let rest = own.strip_prefix("https://localhost").unwrap();
    let mut cases = Vec::new();
    for htu in [
        format!("http://localhost{rest}"),
        format!("https://localhost:8443{rest}"),
        format!("https://localhost:80{rest}"),
        format!("https://localhost.{rest}"),
        format!("https://localhost.example.com{rest}"),
        format!("https://example.com{rest}"),
        format!("https://127.0.0.1{rest}"),
        format!("{own}/"),
        format!("{own}//"),
        format!("https://localhost/{rest}"),
        format!("https://localhost/other{rest}"),
        format!("https://localhost{}", rest.to_ascii_uppercase()),
        format!("https://localhost/{}", rest[1..].replacen(&path[1..2], "%2F", 1)),
        format!("{own}%2F"),
        format!("{own}%20"),
        format!("{own};a=b"),
        format!("{own}x"),
        format!("https://localhost{}", &path[..path.len() - 1]),
        "https://localhost".to_owned(),
        "https://localhost/".to_owned(),
        format!("https://localhost/dev{path}"),
        format!("https://localhost/prod/prod{path}"),
        format!("https://localhost/prod{}", if path == "/login" { "/refresh" } else { "/login" }),
    ] {
        cases.push(case(scene, &htu, Expected::Refused("dpop_address")));
    }
    // The URL of the other kind of API, with the stage or without.
    let other_kind = match *API_KIND {
        ApiKind::Rest => format!("https://localhost{path}"),
        ApiKind::Http => format!("https://localhost/prod{path}"),
    };
    cases.push(case(scene, &other_kind, Expected::Refused("dpop_address")));
    for htu in [
        String::new(),
        path.to_owned(),
        format!("localhost{rest}"),
        format!("//localhost{rest}"),
        format!("https:/localhost{rest}"),
        format!("https://{rest}"),
        format!("https://user@localhost{rest}"),
        format!("https://user:pass@localhost{rest}"),
        format!("https://localhost:x{rest}"),
        format!("ftp://localhost{rest}"),
        format!("https://localhost{rest}%"),
        format!("https://localhost{rest}%zz"),
        format!(" {own}"),
        format!("{own} "),
        format!("{own}\n"),
        format!("https://localhost\\{}", &rest[1..]),
        format!("https://lo\u{441}alhost{rest}"),
        "javascript:alert(1)".to_owned(),
    ] {
        cases.push(case(scene, &htu, Expected::Refused("dpop_claim")));
    }
    cases
}

#[tokio::test]
async fn an_address_in_any_spelling_is_that_of_the_request() {
    everywhere(equivalent).await;
}

#[tokio::test]
async fn any_other_address_is_refused() {
    everywhere(others).await;
}

/// The deployment is known by its issuer and by `DpopOrigins`.
#[tokio::test]
async fn a_known_address_of_the_deployment_is_accepted() {
    let bases = "https://cdn.example.com/auth, http://localhost:8787";
    for place in Place::ALL {
        let api = Api::with(|p| p.with("Dpop", "on").with("DpopOrigins", bases)).await;
        let cases = |scene: &Scene| {
            let path = scene.place.path();
            let of = |expected, htu: String| case(scene, &htu, expected);
            let (good, bad) = (Expected::Accepted, Expected::Refused("dpop_address"));
            vec![
                of(good, address(path)),
                of(good, format!("https://cdn.example.com/auth{path}")),
                of(good, format!("http://localhost:8787{path}")),
                of(good, format!("https://issuer.example.com{path}")),
                of(bad, format!("https://cdn.example.com{path}")),
                of(bad, format!("https://cdn.example.com/auth/prod{path}")),
                of(bad, format!("http://cdn.example.com/auth{path}")),
                of(bad, format!("http://localhost:8788{path}")),
                of(bad, format!("https://evil.example.com/auth{path}")),
            ]
        };
        try_at(Scene::of(place, api, Device::es256(1)).await, cases).await;
    }
}

/// Behind its own domain with a stage, and behind a custom domain with a base path of one or two parts, or without one.
#[tokio::test]
async fn a_token_endpoint_is_where_its_gateway_says() {
    let (api, device) = (Api::binding().await, Device::es256(1));
    let (lambdas, tokens) = (Lambdas::start(&api).await, api.login().await);
    let login = async |domain: &str, path: &str, htu: &str| {
        let proof = device.proof(&api, "POST", route::LOGIN).claim("htu", json!(htu)).sign();
        let mut event = BodyEndpoint::Login.form_event(&tokens);
        event["headers"]["DPoP"] = json!(proof);
        event["multiValueHeaders"]["DPoP"] = json!([proof]);
        event["requestContext"]["domainName"] = json!(domain);
        event["requestContext"]["path"] = json!(path);
        lambdas.answer(route::LOGIN, &event).await.unwrap().status
    };
    for (domain, path) in [
        ("a1b2c3.execute-api.eu-west-1.amazonaws.com", "/prod/login"),
        ("auth.example.com", "/login"),
        ("auth.example.com", "/v1/login"),
        ("auth.example.com", "/a/b/login"),
    ] {
        for (htu, status) in [
            (format!("https://{domain}{path}"), 200),
            ("https://issuer.example.com/login".to_owned(), 200),
            (format!("https://{domain}/x{path}"), 400),
            (format!("https://{domain}{path}/"), 400),
            (format!("https://other.example.com{path}"), 400),
        ] {
            assert_eq!(login(domain, path, &htu).await, status, "{htu} at {domain}{path}");
        }
    }
}

/// A caller must not choose the URL that its proof is compared with.
#[tokio::test]
async fn the_headers_of_a_request_do_not_decide_its_address() {
    let scene = Scene::at(Place::Login).await;
    for (name, value) in [
        ("host", "evil.example.com"),
        ("x-forwarded-host", "evil.example.com"),
        ("x-forwarded-proto", "http"),
        ("forwarded", "host=evil.example.com;proto=https"),
        ("x-forwarded-prefix", "/evil"),
    ] {
        for htu in ["https://evil.example.com/prod/login", "https://evil.example.com/login"] {
            let proof = scene.proof().claim("htu", json!(htu)).sign();
            let reply = scene.send_with(&[proof], name, value).await;
            assert_eq!(reply.body["error"], "invalid_dpop_proof", "{name}, {htu}");
        }
        let reply = scene.send_with(&[scene.proof().sign()], name, value).await;
        assert_eq!(reply.status, 200, "{name}: {reply:?}");
    }
}
