//! The places where proofs are accepted, and a way to try cases at each.

use axum::http::{Request, request};
use serde_json::Value;
use shared::{clock::Timestamp, keys::Keyset, route};

use crate::harness::{
    APP, Api, Device, Log, PASSWORD, Proof, Reply, Tokens, USERNAME, form, form_post, refresh_form,
    with_proof, with_scheme,
};

/// A place where a proof is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Login,
    Refresh,
    LogoutEverywhere,
    /// An endpoint behind the authorizer.
    Resource,
}

impl Place {
    pub(super) const ALL: [Self; 4] = [Self::Login, Self::Refresh, Self::LogoutEverywhere, Self::Resource];

    pub(super) fn method(self) -> &'static str {
        if self == Self::Resource { "GET" } else { "POST" }
    }

    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Login => route::LOGIN,
            Self::Refresh => route::REFRESH,
            Self::LogoutEverywhere => route::LOGOUT,
            Self::Resource => route::SESSIONS,
        }
    }

    fn request(self, tokens: &Tokens) -> (request::Builder, String) {
        let parameters: &[(&str, &str)] = match self {
            Self::Login => &[("client_id", APP), ("username", USERNAME), ("password", PASSWORD)],
            Self::Refresh => &refresh_form(&tokens.refresh),
            Self::LogoutEverywhere => {
                &[("client_id", APP), ("token", &tokens.refresh), ("everywhere", "true")]
            }
            Self::Resource => return (with_scheme(Request::get(self.path()), &tokens.access), String::new()),
        };
        (form_post(self.path()), form(parameters))
    }
}

/// A header value, and the expected outcome of the request with it.
pub(super) struct Case {
    pub(super) name: String,
    /// The header's values, one for each occurrence.
    pub(super) texts: Vec<String>,
    expected: Expected,
    /// The outcome behind the authorizer, if it differs.
    at_resource: Option<Expected>,
}

/// The outcome of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    Accepted,
    /// The proof is invalid, for this reason.
    Refused(&'static str),
    /// The proof lacks a nonce, which the answer contains.
    NeedsNonce,
}

impl Case {
    pub(super) fn new(name: impl Into<String>, text: String, expected: Expected) -> Self {
        Self::several(name, vec![text], expected)
    }

    pub(super) fn several(name: impl Into<String>, texts: Vec<String>, expected: Expected) -> Self {
        Self { name: name.into(), texts, expected, at_resource: None }
    }

    pub(super) fn accepted(name: impl Into<String>, text: String) -> Self {
        Self::new(name, text, Expected::Accepted)
    }

    pub(super) fn refused(name: impl Into<String>, text: String, reason: &'static str) -> Self {
        Self::new(name, text, Expected::Refused(reason))
    }

    /// The same case with another outcome behind the authorizer.
    pub(super) fn at_resource(self, expected: Expected) -> Self {
        Self { at_resource: Some(expected), ..self }
    }
}

/// The start of a case: a device that is signed in with a bound token.
pub(super) struct Scene {
    pub(super) place: Place,
    pub(super) api: Api,
    pub(super) device: Device,
    pub(super) tokens: Tokens,
}

impl Scene {
    /// A scene at this place, with an API that binds tokens.
    pub(super) async fn at(place: Place) -> Self {
        Self::of(place, Api::binding().await, Device::es256(1)).await
    }

    /// A scene at this place, with this API and device.
    pub(super) async fn of(place: Place, api: Api, device: Device) -> Self {
        let tokens = api.login_of(&device).await;
        Self { place, api, device, tokens }
    }

    /// A valid proof of this device for the place's request.
    pub(super) fn proof(&self) -> Proof {
        self.proof_of(&self.device)
    }

    /// A valid proof of another device.
    pub(super) fn proof_of(&self, device: &Device) -> Proof {
        let (method, path) = (self.place.method(), self.place.path());
        match self.place {
            Place::Resource => device.proof_with(&self.api, method, path, &self.tokens.access),
            _ => device.proof(&self.api, method, path),
        }
    }

    /// A nonce of this deployment, made this many seconds from now.
    pub(super) fn nonce(&self, seconds: i64) -> String {
        let keyset = Keyset::parse(&self.api.keyset().to_string()).unwrap();
        let at = self.api.clock.unix().checked_add_signed(seconds).unwrap();
        keyset.refresh.dpop_nonce(Timestamp::from_unix(at))
    }

    pub(super) async fn send(&self, texts: &[String]) -> Reply {
        let (request, body) = self.place.request(&self.tokens);
        self.api.send(texts.iter().fold(request, |request, text| with_proof(request, text)), body).await
    }

    /// Sends the request with one more header.
    pub(super) async fn send_with(&self, texts: &[String], name: &str, value: &str) -> Reply {
        let (request, body) = self.place.request(&self.tokens);
        let request =
            texts.iter().fold(request.header(name, value), |request, text| with_proof(request, text));
        self.api.send(request, body).await
    }

    /// Sends the request with the case's proof, and asserts the outcome.
    async fn assert(&mut self, case: &Case, log: &Log) {
        let what = format!("{}, {:?}", case.name, self.place);
        let expected = match case.at_resource.filter(|_| self.place == Place::Resource) {
            Some(expected) => expected,
            None => case.expected,
        };
        // A logout everywhere reads the session to learn whose it is, even when it is refused. Other refused requests
        // read nothing.
        let may_read = self.place == Place::LogoutEverywhere;
        let before = if may_read { Some(self.api.stored().await) } else { None };
        self.api.calls.take();
        log.take();
        let reply = self.send(&case.texts).await;
        let calls = self.api.calls.take();
        if expected == Expected::Accepted {
            assert_eq!(reply.status, 200, "{what}: {reply:?}");
            self.go_on(&reply).await;
            return;
        }
        match before {
            Some(before) => assert_eq!(self.api.stored().await, before, "{what}"),
            None => assert!(calls.is_empty(), "{what}: {calls:?}"),
        }
        self.assert_refused(&reply, expected, &what);
        let reason = match (expected, self.place) {
            (Expected::Refused(reason), _) => reason,
            (_, Place::Resource) => "dpop_time",
            _ => "dpop_nonce",
        };
        let lines = log.take_with("reason");
        let reasons: Vec<_> = lines.iter().filter_map(|line| line["reason"].as_str()).collect();
        assert_eq!(reasons, [reason], "{what}");
    }

    fn assert_refused(&self, reply: &Reply, expected: Expected, what: &str) {
        if self.place == Place::Resource {
            assert_eq!(reply.status, 401, "{what}: {reply:?}");
            reply.assert_gateway_error(401, "unauthorized");
            return;
        }
        let needs_nonce = expected == Expected::NeedsNonce;
        let error = if needs_nonce { "use_dpop_nonce" } else { "invalid_dpop_proof" };
        assert_eq!(reply.body["error"], error, "{what}: {reply:?}");
        reply.assert_error(400, error);
        let nonce = self.nonce(0);
        assert_eq!(reply.header("dpop-nonce"), needs_nonce.then_some(nonce.as_str()), "{what}");
    }

    /// Restores anything that a successful request used up.
    async fn go_on(&mut self, reply: &Reply) {
        match self.place {
            Place::Login | Place::Resource => {}
            Place::Refresh => self.tokens = reply.tokens(),
            Place::LogoutEverywhere => {
                assert_eq!(reply.body, Value::Null);
                self.tokens = self.api.login_of(&self.device).await;
            }
        }
    }
}

/// Tries these cases at every place.
pub(super) async fn everywhere(cases: impl Fn(&Scene) -> Vec<Case>) {
    for place in Place::ALL {
        try_at(Scene::at(place).await, &cases).await;
    }
}

/// Tries these cases at one place.
pub(super) async fn try_at(mut scene: Scene, cases: impl Fn(&Scene) -> Vec<Case>) {
    let (log, _guard) = Log::listen();
    let cases = cases(&scene);
    let mut names: Vec<_> = cases.iter().map(|case| case.name.as_str()).collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "two cases have one name: {names:?}");
    for case in &cases {
        scene.assert(case, &log).await;
    }
}
