//! Requests of the SDK, carried out in this process.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc,
    thread,
};

use aws_smithy_runtime_api::{
    client::{
        http::{HttpConnector, HttpConnectorFuture},
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
    },
    http::StatusCode,
};
use aws_smithy_types::body::SdkBody;
use dynoxide::Database;
use tokio::sync::oneshot;

use super::{answer::Answer, operations};

type Answered = Result<HttpResponse, ConnectorError>;

/// Has a thread of its own carry requests out, one after the other. In a file each write waits for the disk, and a thread that
/// answers requests must not. One is enough, because the database lets in one at a time, and in memory it takes less of
/// processors than threads that wait for one another.
pub(super) struct Connector(mpsc::Sender<Call>);

/// A request, and where its answer goes.
struct Call {
    request: HttpRequest,
    answered: oneshot::Sender<Answered>,
}

impl Connector {
    /// Starts the thread. It ends with the last client.
    ///
    /// # Errors
    ///
    /// If the system has no thread.
    pub(super) fn start(database: Database) -> Result<Self, std::io::Error> {
        let (calls, called) = mpsc::channel::<Call>();
        thread::Builder::new().name("store".to_owned()).spawn(move || {
            for Call { request, answered } in called {
                // A panic is the failure of one request, as it is elsewhere.
                let answer = catch_unwind(AssertUnwindSafe(|| answer(&database, &request)));
                // Who asked may not wait any more. What was asked is done all the same.
                let _ = answered.send(answer.unwrap_or_else(|_| Err(gone())));
            }
        })?;
        Ok(Self(calls))
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (answered, answer) = oneshot::channel();
        if self.0.send(Call { request, answered }).is_err() {
            return HttpConnectorFuture::ready(Err(gone()));
        }
        HttpConnectorFuture::new(async { answer.await.unwrap_or_else(|_| Err(gone())) })
    }
}

/// What the endpoint answers to the same request.
fn answer(database: &Database, request: &HttpRequest) -> Answered {
    let target = request.headers().get(operations::TARGET).unwrap_or_default();
    // Every request of DynamoDB is JSON, which the SDK has in memory.
    let body = request.body().bytes().ok_or_else(|| ConnectorError::user("a body in pieces".into()))?;
    response(operations::carry_out(database, target, body))
}

fn response(answer: Answer) -> Answered {
    let status = StatusCode::try_from(answer.status).map_err(|e| ConnectorError::other(e.into(), None))?;
    let mut response = HttpResponse::new(status, SdkBody::from(answer.body));
    response.headers_mut().insert("content-type", Answer::MEDIA_TYPE);
    Ok(response)
}

fn gone() -> ConnectorError {
    ConnectorError::other("the embedded store failed".into(), None)
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector")
    }
}
