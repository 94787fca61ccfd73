//! DynamoDB's JSON API on a port of this machine, for callers with the access key ID.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{ConnectInfo, Request, State},
    http::{HeaderValue, Method, Response, StatusCode, header},
};
use dynoxide::Database;
use tokio::net::TcpListener;

use super::{AccessKeyId, answer::Answer, operations};
use crate::{connection::Connection, hosts::Hosts};

/// DynamoDB's answer to an unknown path.
const NOTHING_HERE: &str = "<UnknownOperationException/>\n";

/// The database, and who may reach it.
pub(super) struct Endpoint {
    pub(super) database: Database,
    pub(super) access_key_id: AccessKeyId,
    pub(super) hosts: Hosts,
}

impl Endpoint {
    /// Serves until the process ends.
    pub(super) async fn serve(self, listener: TcpListener) -> Result<(), std::io::Error> {
        let router = Router::new().fallback(answer).with_state(Arc::new(self));
        axum::serve(listener, router.into_make_service_with_connect_info::<Connection>()).await
    }

    /// Answers a request, unless a web page sent it. A browser reveals a page by `Origin`, or by the page's own host if
    /// its name resolves to this machine (DNS rebinding). Such a request learns nothing, and no page may read any
    /// answer.
    async fn answer(&self, connection: Connection, request: Request) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let is_of_a_page = parts.headers.contains_key(header::ORIGIN);
        if is_of_a_page || !self.hosts.admit(&parts, connection.reached) {
            return bare(StatusCode::FORBIDDEN, "");
        }
        if parts.method != Method::POST || parts.uri.path() != "/" {
            return bare(StatusCode::NOT_FOUND, NOTHING_HERE);
        }
        if let Some(refusal) = self.access_key_id.refusal(&parts.headers) {
            return delivered(refusal);
        }
        let Ok(body) = to_bytes(body, operations::MAX_BODY_LEN).await else {
            return delivered(operations::too_long());
        };
        let target = parts.headers.get(operations::TARGET).and_then(|target| target.to_str().ok());
        delivered(operations::carry_out(&self.database, target.unwrap_or_default(), &body))
    }
}

async fn answer(
    State(endpoint): State<Arc<Endpoint>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    request: Request,
) -> Response<Body> {
    endpoint.answer(connection, request).await
}

fn delivered(answer: Answer) -> Response<Body> {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = bare(status, answer.body);
    let json = HeaderValue::from_static(Answer::MEDIA_TYPE);
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

fn bare(status: StatusCode, body: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response
}
