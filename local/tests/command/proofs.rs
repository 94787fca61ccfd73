//! Tokens that are bound to a key, over HTTP.

use aws_lc_rs::{
    digest,
    signature::{Ed25519KeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::fmt::rfc2822;
use reqwest::{RequestBuilder, Response, header::HeaderMap};
use serde_json::{Value, json};
use shared::{
    clock::{Clock, SystemClock},
    random::{SystemRandom, identifier},
    route,
};

use crate::running::Running;

/// The most seconds that a proof's time may be off.
const WINDOW: i64 = 300;

const ISSUER: &str = "https://issuer.example.com";

/// A device with its key.
struct Device(Ed25519KeyPair);

impl Device {
    fn new() -> Self {
        Self(Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap())
    }

    /// A proof for a request to this address (RFC 9449 section 4.2), with the hash of the access token, if one is
    /// given.
    fn proof(&self, method: &str, address: &str, access_token: Option<&str>) -> String {
        let x = encoded(self.0.public_key().as_ref());
        let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": x });
        let header = json!({ "typ": "dpop+jwt", "alg": "EdDSA", "jwk": jwk });
        let mut claims = json!({
            "jti": identifier(&SystemRandom::new()),
            "htm": method,
            "htu": address,
            "iat": SystemClock.now().as_unix(),
        });
        if let Some(token) = access_token {
            claims["ath"] = encoded(digest::digest(&digest::SHA256, token.as_bytes()).as_ref()).into();
        }
        let parts = [header, claims].map(|part| encoded(part.to_string().as_bytes()));
        let message = parts.join(".");
        let signature = encoded(self.0.sign(message.as_bytes()).as_ref());
        format!("{message}.{signature}")
    }
}

fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Running {
    fn port(&self) -> &str {
        self.text("url").rsplit_once(':').unwrap().1
    }

    async fn login_with(&self, device: &Device, base: &str) -> Answer {
        let (client, user) = (self.text("public_client_id"), self.text("username"));
        let password = self.text("password").replace(' ', "+");
        let body = format!("client_id={client}&username={user}&password={password}");
        self.post_with(device, route::LOGIN, base, body).await
    }

    async fn refresh_with(&self, device: &Device, base: &str, tokens: &Value) -> Answer {
        let (client, token) = (self.text("public_client_id"), tokens["refresh_token"].as_str().unwrap());
        let body = format!("grant_type=refresh_token&client_id={client}&refresh_token={token}");
        self.post_with(device, route::REFRESH, base, body).await
    }

    /// Sends a form, with a proof for this path below a base URL.
    async fn post_with(&self, device: &Device, path: &str, base: &str, body: String) -> Answer {
        let request = reqwest::Client::new().post(format!("{}{path}", self.text("url")));
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
        Answer::of(request.header("dpop", device.proof("POST", &format!("{base}{path}"), None))).await
    }
}

impl Running {
    /// Calls a protected endpoint with a bound token, and a proof for its path below a base URL.
    async fn call_with(&self, device: &Device, base: &str, tokens: &Value) -> u16 {
        let (url, path) = (self.text("url"), route::SESSIONS);
        let token = tokens["access_token"].as_str().unwrap();
        let request = reqwest::Client::new().get(format!("{url}{path}"));
        let request = request.header("authorization", format!("DPoP {token}"));
        let proof = device.proof("GET", &format!("{base}{path}"), Some(token));
        Answer::of(request.header("dpop", proof)).await.status
    }
}

#[derive(Debug)]
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Answer {
    async fn of(request: RequestBuilder) -> Self {
        let response: Response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default();
        Self { status, headers, body }
    }

    /// The tokens of an answer whose access token is bound.
    #[track_caller]
    fn tokens(self) -> Value {
        assert_eq!((self.status, &self.body["token_type"]), (200, &json!("DPoP")), "{self:?}");
        assert!(self.headers.contains_key("dpop-nonce"), "{self:?}");
        self.body
    }
}

#[tokio::test]
async fn a_proof_may_be_for_each_address_of_the_server_and_no_other() {
    for api in ["rest", "http"] {
        let running = Running::start(&[
            "--api",
            api,
            "--allow-host",
            "laptop.local",
            "--allow-host",
            "fd00::1",
            "--origin",
            "http://localhost:5173",
            "--parameter",
            "DpopOrigins=https://tunnel.example.com/api",
            "--parameter",
            "Issuer=https://issuer.example.com",
        ]);
        let (device, port) = (Device::new(), running.port());
        let own = ["localhost", "127.0.0.1", "[::1]", "laptop.local", "[fd00::1]"];
        let own = own.map(|host| format!("http://{host}:{port}"));
        let others = ["http://localhost:5173", "https://tunnel.example.com/api", ISSUER];
        let mut tokens = running.login_with(&device, running.text("url")).await.tokens();
        for base in own.iter().map(String::as_str).chain(others) {
            tokens = running.refresh_with(&device, base, &tokens).await.tokens();
            // The issuer's host isn't necessarily the called API.
            if base != ISSUER {
                assert_eq!(running.call_with(&device, base, &tokens).await, 200, "{api} {base}");
            }
        }
        assert_eq!(running.call(&tokens).await, 401, "as a bearer token");
        for base in [
            format!("https://localhost:{port}"),
            format!("http://evil.example:{port}"),
            format!("http://localhost:{port}/api"),
            "http://localhost:3000".to_owned(),
            "https://tunnel.example.com".to_owned(),
        ] {
            let answer = running.refresh_with(&device, &base, &tokens).await;
            assert_eq!((answer.status, &answer.body["error"]), (400, &json!("invalid_dpop_proof")), "{base}");
            assert_eq!(running.call_with(&device, &base, &tokens).await, 401, "{api} {base}");
        }
        // The refused requests used nothing up.
        running.refresh_with(&device, running.text("url"), &tokens).await.tokens();
    }
}

#[tokio::test]
async fn without_a_proof_tokens_are_bound_to_nothing_and_it_can_be_turned_off() {
    let device = Device::new();
    let on = Running::start(&[]);
    assert_eq!(on.login().await["token_type"], "bearer");
    let (status, refused) = on.refresh(&on.login_with(&device, on.text("url")).await.tokens()).await;
    assert_eq!((status, &refused["error"]), (400, &json!("invalid_grant")));
    let off = Running::start(&["--parameter", "Dpop=off"]);
    let answer = off.login_with(&device, off.text("url")).await;
    assert_eq!((answer.status, &answer.body["token_type"]), (200, &json!("bearer")));
}

/// A client with a wrong clock corrects its proofs by this header. In AWS, API Gateway adds it.
#[tokio::test]
async fn an_answer_with_tokens_has_a_date_header() {
    for api in ["rest", "http"] {
        let running = Running::start(&["--api", api]);
        let answer = running.login_with(&Device::new(), running.text("url")).await;
        let date = rfc2822::parse(answer.headers["date"].to_str().unwrap()).unwrap();
        let token = answer.tokens()["access_token"].as_str().unwrap().to_owned();
        let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
        let claims: Value = serde_json::from_slice(&claims).unwrap();
        let off = date.timestamp().as_second() - claims["iat"].as_i64().unwrap();
        assert!(off.abs() < WINDOW, "{off}");
    }
}
