//! An operator's function that checks captchas, behind Lambda's API: the real SDK calls it over HTTP.

use std::{
    future::pending,
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// What Lambda answers to a call of the function.
#[derive(Clone, Copy, Debug)]
pub(crate) enum HookAnswer {
    /// The function's own answer.
    Says(&'static str),
    /// The function's error, with this payload.
    Fails(&'static str),
    /// An error of Lambda.
    Refused(u16, &'static str),
    /// No answer.
    Never,
}

impl HookAnswer {
    /// The captcha was solved.
    pub(crate) const YES: Self = Self::Says(r#"{"success":true,"hostname":"example.com"}"#);
    /// It wasn't.
    pub(crate) const NO: Self = Self::Says(r#"{"success":false,"error-codes":["invalid-input-response"]}"#);
}

/// A function that says yes, until it is told otherwise.
pub(crate) struct Hook {
    pub(crate) endpoint: String,
    emulator: Emulator,
}

#[derive(Clone)]
struct Emulator(Arc<Mutex<Function>>);

struct Function {
    answer: HookAnswer,
    /// The name of the function in each call, and what it got.
    calls: Vec<(String, Value)>,
}

impl Hook {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let function = Function { answer: HookAnswer::YES, calls: Vec::new() };
        let emulator = Emulator(Arc::new(Mutex::new(function)));
        let service = Router::new()
            .route("/2015-03-31/functions/{name}/invocations", post(invoke))
            .with_state(emulator.clone());
        tokio::spawn(async move { axum::serve(listener, service).await });
        Self { endpoint, emulator }
    }

    /// The answer from now on.
    pub(crate) fn answer(&self, answer: HookAnswer) {
        self.emulator.0.lock().unwrap().answer = answer;
    }

    /// The calls since the last take: the function's name, and what it got.
    pub(crate) fn take(&self) -> Vec<(String, Value)> {
        std::mem::take(&mut self.emulator.0.lock().unwrap().calls)
    }
}

/// The operation `Invoke`.
async fn invoke(
    State(Emulator(function)): State<Emulator>,
    Path(name): Path<String>,
    body: String,
) -> Response {
    let answer = {
        let mut function = function.lock().unwrap();
        function.calls.push((name, serde_json::from_str(&body).unwrap()));
        function.answer
    };
    match answer {
        HookAnswer::Says(payload) => payload.into_response(),
        HookAnswer::Fails(payload) => ([("x-amz-function-error", "Unhandled")], payload).into_response(),
        HookAnswer::Refused(status, code) => {
            let error = Json(json!({ "Type": "User", "Message": "refused" }));
            (StatusCode::from_u16(status).unwrap(), [("x-amzn-errortype", code)], error).into_response()
        }
        HookAnswer::Never => pending().await,
    }
}
