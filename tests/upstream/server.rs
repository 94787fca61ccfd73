//! A server of yours on its own port, and the API in front of it.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::{Bytes, to_bytes},
    extract::Request,
    http::Response,
};
use local::{
    functions::Deployment,
    gateway::{Gateway, UpstreamResources, Upstreams},
    hosts::Hosts,
    server,
    template::{ApiKind, Template},
};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::harness::{Api, Reply, Tokens};

/// Both kinds of API. These tests run behind both, whatever the others use.
pub(crate) const KINDS: [ApiKind; 2] = [ApiKind::Rest, ApiKind::Http];

/// A request that a server received.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    /// As spelled, with its query.
    pub(crate) target: String,
    pub(crate) headers: axum::http::HeaderMap,
    pub(crate) body: Bytes,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Vec<&str> {
        self.headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
    }
}

/// A server that records its requests.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    /// Starts a server that answers 200 to everything.
    pub(crate) async fn start() -> Self {
        Self::answering(|| Response::new(axum::body::Body::from("{}"))).await
    }

    /// Starts a server with this answer to everything.
    pub(crate) async fn answering(
        answer: impl Fn() -> Response<axum::body::Body> + Clone + Send + Sync + 'static,
    ) -> Self {
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let app = Router::new().fallback({
            let seen = seen.clone();
            move |request: Request| async move {
                let (parts, body) = request.into_parts();
                let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
                let (method, target) = (parts.method.to_string(), parts.uri.to_string());
                seen.lock().unwrap().push(Seen { method, target, headers: parts.headers, body });
                answer()
            }
        });
        Self { address: serve(app).await, seen }
    }

    /// The requests since the last call.
    pub(crate) fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }

    /// The only request since the last call.
    #[track_caller]
    pub(crate) fn one(&self) -> Seen {
        let mut seen = self.take();
        assert_eq!(seen.len(), 1, "{seen:?}");
        seen.remove(0)
    }
}

/// Serves an app; the task ends with the test's runtime.
pub(crate) async fn serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

/// The API in front of servers, on a port.
pub(crate) struct Place {
    pub(crate) api: Api,
    pub(crate) url: String,
    pub(crate) tokens: Tokens,
    http: reqwest::Client,
}

impl Place {
    /// An API in front of these servers, without scope rules.
    pub(crate) async fn start(kind: ApiKind, upstreams: &[&str]) -> Self {
        Self::with(kind, upstreams, &[], None).await
    }

    /// An API in front of one server for all paths.
    pub(crate) async fn of(kind: ApiKind, address: SocketAddr) -> Self {
        Self::start(kind, &[&format!("http://{address}")]).await
    }

    /// An API with these parameters, and this time limit for servers.
    pub(crate) async fn with(
        kind: ApiKind,
        upstreams: &[&str],
        parameters: &[(&str, &str)],
        timeout: Option<Duration>,
    ) -> Self {
        let template = Template::of_project().unwrap();
        Self::of_template(&template, kind, upstreams, parameters, timeout).await
    }

    /// An API of another template, with these parameters and this time limit.
    pub(crate) async fn of_template(
        template: &Template,
        kind: ApiKind,
        upstreams: &[&str],
        parameters: &[(&str, &str)],
        timeout: Option<Duration>,
    ) -> Self {
        let api = Api::with(|p| {
            let p = p.with("ContextClaimsAs", "json");
            parameters.iter().fold(p, |p, (name, value)| p.with(name, *value))
        })
        .await;
        let deployment = Deployment { api: kind, ..api.deployment.clone() };
        let upstreams = upstreams.iter().map(|text| text.parse().unwrap()).collect();
        let upstreams = Upstreams::new(upstreams).unwrap().with_timeout(timeout);
        let gateway = Box::pin(Gateway::deploy(template, &deployment)).await.unwrap();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        Self::served(api, gateway.with_upstreams(upstreams), listener).await
    }

    /// An API in front of one server for all paths, with these resources and scope rules.
    pub(crate) async fn of_resources(
        kind: ApiKind,
        address: SocketAddr,
        given: &[&str],
        rules: &str,
    ) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let origins = ["127.0.0.1", "localhost"].map(|host| format!("http://{host}:{port}"));
        let given: Vec<_> = given.iter().map(|text| text.parse().unwrap()).collect();
        let resources = UpstreamResources::new(&given, &origins).unwrap();
        let api = Api::with(|p| {
            let p = p.with("ContextClaimsAs", "json").with("ScopeRules", rules);
            p.with("ProtectedResources", resources.registered("").unwrap())
        })
        .await;
        let deployment = Deployment { api: kind, ..api.deployment.clone() };
        let upstreams = Upstreams::new(vec![format!("http://{address}").parse().unwrap()]).unwrap();
        let gateway = Box::pin(Gateway::deploy(&api.template, &deployment)).await.unwrap();
        Self::served(api, gateway.with_upstreams(upstreams).with_resources(resources), listener).await
    }

    async fn served(api: Api, gateway: Gateway, listener: TcpListener) -> Self {
        let tokens = api.login().await;
        let url = format!("http://{}", listener.local_addr().unwrap());
        let gateway = Arc::new(gateway);
        tokio::spawn(server::serve(listener, Hosts::of_this_machine(), gateway, std::future::pending()));
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { api, url, tokens, http }
    }

    /// A request without a token.
    pub(crate) fn open(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method.parse().unwrap(), format!("{}{path}", self.url))
    }

    /// A request by the demo user.
    pub(crate) fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        self.open(method, path).bearer_auth(&self.tokens.access)
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        reply(self.request("GET", path)).await
    }

    /// Sends these raw lines and this body. Returns the status, the head in lower case, and the body.
    pub(crate) async fn raw(&self, lines: &[&str], body: &str) -> (u16, String, String) {
        let mut stream = TcpStream::connect(self.url.trim_start_matches("http://")).await.unwrap();
        let token = format!("Authorization: Bearer {}", self.tokens.access);
        let lines = lines.join("\r\n");
        let request = format!("{lines}\r\nHost: localhost\r\n{token}\r\nConnection: close\r\n\r\n{body}");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut answer))
            .await
            .unwrap()
            .unwrap();
        let answer = String::from_utf8_lossy(&answer);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, head.to_ascii_lowercase(), body.to_owned())
    }
}

pub(crate) async fn reply(request: reqwest::RequestBuilder) -> Reply {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = response.bytes().await.unwrap();
    let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() };
    Reply { status, headers, body }
}
