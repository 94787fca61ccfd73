//! A proxy between the SDK and its services. It recognises each call, and can make it fail.

use std::{
    collections::BTreeMap,
    future,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::{Notify, watch},
    time,
};

use super::wire::{Answer, WireRequest};

/// A fault in a request or its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WireFault {
    /// The service refuses the request for now.
    Throttled,
    /// The service refuses the request for now, because the table or a partition is overloaded.
    OverCapacity,
    /// The service refuses the write or the transaction, because another transaction is writing the item. No read gets it, so it
    /// isn't one of [`Self::ALL`].
    Conflict,
    /// The service fails with a 500.
    Internal,
    /// The service refuses the request permanently.
    Denied,
    /// The request is lost silently.
    HangBefore,
    /// The request is carried out, and its answer is lost silently.
    HangAfter,
    /// The connection closes before the request arrives.
    CutBefore,
    /// The request is carried out, and the connection closes before the answer.
    CutAfter,
}

impl WireFault {
    pub(crate) const ALL: [Self; 8] = [
        Self::Throttled,
        Self::OverCapacity,
        Self::Internal,
        Self::Denied,
        Self::HangBefore,
        Self::HangAfter,
        Self::CutBefore,
        Self::CutAfter,
    ];

    /// Whether the service carries the request out anyway.
    pub(crate) fn is_after(self) -> bool {
        matches!(self, Self::HangAfter | Self::CutAfter)
    }

    /// The service's own refusal, if the fault is one.
    fn answer(self, request: &WireRequest) -> Option<Answer> {
        match self {
            Self::Throttled => Some(Answer::error(400, "ThrottlingException")),
            Self::OverCapacity => Some(Answer::error(400, "ProvisionedThroughputExceededException")),
            Self::Conflict if request.is_transaction() => Some(Answer::cancelled("TransactionConflict")),
            Self::Conflict => Some(Answer::error(400, "TransactionConflictException")),
            Self::Internal => Some(Answer::error(500, "InternalServerError")),
            Self::Denied => Some(Answer::error(400, "AccessDeniedException")),
            Self::HangBefore | Self::HangAfter | Self::CutBefore | Self::CutAfter => None,
        }
    }
}

/// A delay within the 600 ms of an attempt.
const LATE: Duration = Duration::from_millis(400);

/// The requests that fail until [`Proxy::heal`].
#[derive(Clone, Debug)]
pub(crate) enum Spoiled {
    /// All requests.
    All,
    /// Every attempt at the call of this name with this number, and at later ones.
    From(&'static str, usize),
    /// The first attempt at this call of this name. The SDK tries again.
    Once(&'static str, usize),
    /// The first two attempts at every call. The third succeeds late, so that each call takes almost the longest time.
    UntilTheThird,
}

/// The fate of idle connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Idle {
    /// They are closed.
    Closed,
    /// They stay open for the caller, but its data is never read.
    Silent,
}

#[derive(Debug, Default)]
struct State {
    /// Each call's invocation ID, name and number of attempts.
    calls: Vec<(String, String, usize)>,
    spoiled: Option<(Spoiled, WireFault)>,
    struck: usize,
}

/// Selects the request to hold.
#[derive(Clone, Copy, Debug)]
enum Which {
    /// The request after this many others.
    After(usize),
    /// The next request of this name.
    Named(&'static str),
}

/// A held request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gate {
    reached: Arc<Notify>,
    open: Arc<Notify>,
}

impl Gate {
    /// Waits until the request arrives.
    pub(crate) async fn reached(&self) {
        self.reached.notified().await;
    }

    /// Lets the request continue.
    pub(crate) fn open(&self) {
        self.open.notify_one();
    }
}

/// The connections.
#[derive(Debug)]
struct Connections {
    opened: AtomicUsize,
    /// The number of times that idle connections were lost, and the way of the last time.
    lost: watch::Sender<(usize, Idle)>,
}

/// The real services.
#[derive(Clone)]
struct Upstream {
    store: String,
    secrets: Option<String>,
    http: reqwest::Client,
}

/// The proxy.
#[derive(Clone)]
pub(crate) struct Proxy {
    address: SocketAddr,
    upstream: Upstream,
    /// The tables' logical IDs by their names.
    tables: Arc<BTreeMap<String, String>>,
    state: Arc<Mutex<State>>,
    struck: Arc<Notify>,
    gate: Arc<Mutex<Option<(Which, Gate)>>>,
    /// The names of the answered calls.
    answered: Arc<watch::Sender<Vec<String>>>,
    connections: Arc<Connections>,
}

impl Proxy {
    /// Starts a proxy in front of a store with these tables, and of Secrets Manager if there is one.
    pub(crate) async fn start(
        store: String,
        secrets: Option<String>,
        tables: &BTreeMap<String, String>,
    ) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let tables = tables.iter().map(|(id, name)| (name.clone(), id.replace("Table", ""))).collect();
        let upstream = Upstream { store, secrets, http: reqwest::Client::new() };
        let tables = Arc::new(tables);
        let connections =
            Connections { opened: AtomicUsize::new(0), lost: watch::Sender::new((0, Idle::Closed)) };
        let (state, struck, gate) = (Arc::default(), Arc::default(), Arc::default());
        let (answered, connections) = (Arc::default(), Arc::new(connections));
        let proxy = Self { address, upstream, tables, state, struck, gate, answered, connections };
        let accepting = proxy.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                accepting.connections.opened.fetch_add(1, Ordering::SeqCst);
                let proxy = accepting.clone();
                tokio::spawn(async move { proxy.serve(client).await });
            }
        });
        proxy
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Applies a fault, and forgets the earlier calls.
    pub(crate) fn spoil(&self, spoiled: Spoiled, fault: WireFault) {
        *self.state.lock().unwrap() = State { spoiled: Some((spoiled, fault)), ..State::default() };
    }

    /// Ends the fault, and returns the number of affected requests.
    pub(crate) fn heal(&self) -> usize {
        std::mem::take(&mut *self.state.lock().unwrap()).struck
    }

    /// Holds the request after this many others.
    pub(crate) fn hold(&self, after: usize) -> Gate {
        self.hold_one(Which::After(after))
    }

    /// Holds the next request of this name.
    pub(crate) fn hold_call(&self, name: &'static str) -> Gate {
        self.hold_one(Which::Named(name))
    }

    fn hold_one(&self, which: Which) -> Gate {
        let gate = Gate::default();
        *self.gate.lock().unwrap() = Some((which, gate.clone()));
        gate
    }

    /// The gate for this request, if it has to wait.
    fn gate(&self, name: &str) -> Option<Gate> {
        let mut gate = self.gate.lock().unwrap();
        let is_held = match &mut gate.as_mut()?.0 {
            Which::After(0) => true,
            Which::After(after) => {
                *after -= 1;
                false
            }
            Which::Named(held) => *held == name,
        };
        if is_held { gate.take().map(|(_, gate)| gate) } else { None }
    }

    /// Waits until a call of this name has been answered.
    pub(crate) async fn answered(&self, name: &str) {
        let is_answered = |names: &Vec<String>| names.iter().any(|answered| answered == name);
        self.answered.subscribe().wait_for(is_answered).await.unwrap();
    }

    /// Waits until a request fails.
    pub(crate) async fn struck(&self) {
        self.struck.notified().await;
    }

    /// The names of the calls since the last take, in order, each with its number of attempts.
    pub(crate) fn take_calls(&self) -> Vec<(String, usize)> {
        let calls = std::mem::take(&mut self.state.lock().unwrap().calls);
        calls.into_iter().map(|(_, name, attempts)| (name, attempts)).collect()
    }

    /// The number of connections so far.
    pub(crate) fn opened(&self) -> usize {
        self.connections.opened.load(Ordering::SeqCst)
    }

    /// Loses the connections that are idle now.
    pub(crate) fn lose(&self, idle: Idle) {
        self.connections.lost.send_modify(|(times, how)| (*times, *how) = (*times + 1, idle));
    }

    fn is_slow(&self) -> bool {
        matches!(self.state.lock().unwrap().spoiled, Some((Spoiled::UntilTheThird, _)))
    }

    /// Serves the requests of an HTTP/1.1 connection one after the other, until either side closes it.
    async fn serve(&self, client: TcpStream) {
        let mut client = BufReader::new(client);
        let mut lost = self.connections.lost.subscribe();
        loop {
            let request = tokio::select! {
                biased;
                _ = lost.changed() => None,
                request = WireRequest::read(&mut client) => request,
            };
            let Some(request) = request else {
                let (_, idle) = *lost.borrow_and_update();
                if idle == Idle::Silent {
                    // The connection stays open, but is never read.
                    future::pending::<()>().await;
                }
                return;
            };
            let name = request.name(&self.tables);
            let fault = self.state.lock().unwrap().note(&request, &name);
            if fault.is_some() {
                self.struck.notify_one();
            } else if self.is_slow() {
                time::sleep(LATE).await;
            }
            if let Some(gate) = self.gate(&name) {
                gate.reached.notify_one();
                gate.open.notified().await;
            }
            let carried_out = match fault {
                None => self.upstream.send(&request).await,
                Some(fault) if fault.is_after() => self.upstream.send(&request).await.and(None),
                Some(fault) => fault.answer(&request),
            };
            let Some(answer) = carried_out else {
                if matches!(fault, Some(WireFault::HangBefore | WireFault::HangAfter)) {
                    // Waits until the other side gives up.
                    let _ = client.read_u8().await;
                }
                return;
            };
            if client.write_all(&answer.to_bytes()).await.is_err() {
                return;
            }
            self.answered.send_modify(|answered| answered.push(name));
        }
    }
}

impl State {
    /// Records a request, and decides its fault. Attempts at one call have the same invocation ID.
    fn note(&mut self, request: &WireRequest, name: &str) -> Option<WireFault> {
        let known = self.calls.iter().position(|(invocation, _, _)| *invocation == request.invocation);
        let at = known.unwrap_or_else(|| {
            self.calls.push((request.invocation.clone(), name.to_owned(), 0));
            self.calls.len() - 1
        });
        self.calls[at].2 += 1;
        let attempts = self.calls[at].2;
        let number = self.calls[..=at].iter().filter(|(_, other, _)| *other == name).count();
        let (spoiled, fault) = self.spoiled.as_ref()?;
        let strikes = match spoiled {
            Spoiled::All => true,
            Spoiled::UntilTheThird => attempts < 3,
            Spoiled::From(call, from) => *call == name && number >= *from,
            Spoiled::Once(call, only) => *call == name && number == *only && attempts == 1,
        };
        self.struck += usize::from(strikes);
        strikes.then_some(*fault)
    }
}

impl Upstream {
    async fn send(&self, request: &WireRequest) -> Option<Answer> {
        let upstream = if request.is_of_secrets() { self.secrets.as_ref()? } else { &self.store };
        let sent = self.http.post(upstream).headers(request.headers.clone()).body(request.body.clone());
        let response = sent.send().await.ok()?;
        let status = response.status().as_u16();
        Some(Answer { status, body: response.bytes().await.ok()?.to_vec() })
    }
}
