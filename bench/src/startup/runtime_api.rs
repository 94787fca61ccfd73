//! Lambda's Runtime API for one function, which records when the function asks and answers.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{program::Failure, watch};
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderName, StatusCode, Uri},
    routing::{get, post},
};
use tokio::{
    net::TcpListener,
    sync::{Mutex, mpsc},
    task::JoinHandle,
    time::timeout,
};

/// A time limit beyond the start of the slowest function with the smallest processor share.
const PATIENCE: Duration = Duration::from_secs(60);

/// An action of the function.
#[derive(Debug)]
pub(crate) enum Happening {
    /// It asks for an invocation.
    Ready(Instant),
    /// It answers an invocation.
    Answered(Instant, Bytes),
    /// It reports an error.
    Failed(String),
}

impl Happening {
    fn unexpected(self) -> Failure {
        match self {
            Self::Ready(_) => "it asked for another invocation before it answered".into(),
            Self::Answered(..) => "it answered what it was not asked".into(),
            Self::Failed(error) => error.into(),
        }
    }
}

/// A Runtime API for one function.
#[derive(Debug)]
pub(crate) struct RuntimeApi {
    pub(crate) address: SocketAddr,
    invocations: mpsc::UnboundedSender<String>,
    happenings: mpsc::UnboundedReceiver<Happening>,
    server: JoinHandle<()>,
}

#[derive(Clone)]
struct Function {
    invocations: Arc<Mutex<mpsc::UnboundedReceiver<String>>>,
    happenings: mpsc::UnboundedSender<Happening>,
}

impl RuntimeApi {
    pub(crate) async fn start() -> Result<Self, Failure> {
        let ((invocations, pending), (happened, happenings)) =
            (mpsc::unbounded_channel(), mpsc::unbounded_channel());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let function = Function { invocations: Arc::new(Mutex::new(pending)), happenings: happened };
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(answer))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(fail))
            .route("/2018-06-01/runtime/init/error", post(fail))
            .with_state(function);
        let server = tokio::spawn(async move {
            // The server ends with the trial.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { address, invocations, happenings, server })
    }

    /// Waits until the function asks for an invocation, and returns the time.
    pub(crate) async fn ready(&mut self) -> Result<Instant, Failure> {
        match self.happening().await? {
            Happening::Ready(at) => Ok(at),
            other => Err(other.unexpected()),
        }
    }

    /// Invokes the function, which has asked for it. Returns the duration and the answer.
    pub(crate) async fn invoke(&mut self, event: String) -> Result<(Duration, Bytes), Failure> {
        let started = watch::now();
        self.invocations.send(event)?;
        match self.happening().await? {
            Happening::Answered(at, answer) => Ok((at - started, answer)),
            other => Err(other.unexpected()),
        }
    }

    async fn happening(&mut self) -> Result<Happening, Failure> {
        let happening = timeout(PATIENCE, self.happenings.recv()).await;
        let happening = happening.map_err(|_| "nothing was heard of the function: it may have ended")?;
        Ok(happening.ok_or("the Runtime API is gone")?)
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

type Invocation = ([(HeaderName, &'static str); 3], String);

async fn next(State(function): State<Function>) -> Result<Invocation, StatusCode> {
    let _ = function.happenings.send(Happening::Ready(watch::now()));
    let event = function.invocations.lock().await.recv().await.ok_or(StatusCode::GONE)?;
    let headers = [
        ("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd"),
        // A deadline far in the future.
        ("lambda-runtime-deadline-ms", "4102444800000"),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-west-1:123456789012:function:bench"),
    ];
    Ok((headers.map(|(name, value)| (HeaderName::from_static(name), value)), event))
}

async fn answer(State(function): State<Function>, answer: Bytes) -> StatusCode {
    let _ = function.happenings.send(Happening::Answered(watch::now(), answer));
    StatusCode::ACCEPTED
}

async fn fail(State(function): State<Function>, uri: Uri, error: Bytes) -> StatusCode {
    let error = format!("{uri}: {}", String::from_utf8_lossy(&error));
    let _ = function.happenings.send(Happening::Failed(error));
    StatusCode::ACCEPTED
}
