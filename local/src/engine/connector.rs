//! Carries out the SDK's requests in this process.

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

/// Carries out requests on its own thread, one after the other. Each write to a file waits for the disk, which a thread
/// that answers requests must not. One thread is enough, because the database admits one request at a time; in memory,
/// one thread takes less processor time than several that wait for one another.
pub(super) struct Connector(mpsc::Sender<Call>);

/// A request, and the channel for its answer.
struct Call {
    request: HttpRequest,
    answered: oneshot::Sender<Answered>,
}

impl Connector {
    /// Starts the thread, which ends with the last client.
    ///
    /// # Errors
    ///
    /// If the system can't start a thread.
    pub(super) fn start(database: Database) -> Result<Self, std::io::Error> {
        let (calls, called) = mpsc::channel::<Call>();
        thread::Builder::new().name("store".to_owned()).spawn(move || {
            for Call { request, answered } in called {
                // A panic fails one request, as elsewhere.
                let answer = catch_unwind(AssertUnwindSafe(|| answer(&database, &request)));
                // The caller may have stopped waiting. The request is carried out anyway.
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

/// The answer that the endpoint would give to the same request.
fn answer(database: &Database, request: &HttpRequest) -> Answered {
    let target = request.headers().get(operations::TARGET).unwrap_or_default();
    // Every DynamoDB request is JSON, which the SDK holds in memory.
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
