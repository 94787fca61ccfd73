//! Between the SDK and what it calls: a proxy that understands which call a request is, and can spoil it.

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

/// What becomes of a request, and of the answer to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WireFault {
    /// It is refused for now.
    Throttled,
    /// It is refused for now, since the table or one of its partitions has had too many.
    OverCapacity,
    /// It fails within the service, with a 500.
    Internal,
    /// It is refused for good.
    Denied,
    /// It doesn't arrive, and nobody says so.
    HangBefore,
    /// It is carried out, and nobody says so.
    HangAfter,
    /// The connection ends before it arrives.
    CutBefore,
    /// It is carried out, and the connection ends before the answer.
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

    /// Whether the service carries the request out all the same.
    pub(crate) fn is_after(self) -> bool {
        matches!(self, Self::HangAfter | Self::CutAfter)
    }

    /// The service's own refusal, where it is one.
    fn answer(self) -> Option<Answer> {
        match self {
            Self::Throttled => Some(Answer::error(400, "ThrottlingException")),
            Self::OverCapacity => Some(Answer::error(400, "ProvisionedThroughputExceededException")),
            Self::Internal => Some(Answer::error(500, "InternalServerError")),
            Self::Denied => Some(Answer::error(400, "AccessDeniedException")),
            Self::HangBefore | Self::HangAfter | Self::CutBefore | Self::CutAfter => None,
        }
    }
}

/// Of the 600 ms that an attempt has.
const LATE: Duration = Duration::from_millis(400);

/// Which requests are spoiled, until [`Proxy::heal`].
#[derive(Clone, Debug)]
pub(crate) enum Spoiled {
    /// All of them.
    All,
    /// Every attempt at calls of this name, from the so-manieth on.
    From(&'static str, usize),
    /// The first attempt at the so-manieth call of this name, so that the SDK tries again.
    Once(&'static str, usize),
    /// The first two attempts at every call, and the answer to the third is late, so that each takes nearly as long as a call
    /// may, and succeeds.
    UntilTheThird,
}

/// What becomes of connections on which nothing is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Idle {
    /// They are closed.
    Closed,
    /// They stay open on the caller's side, and nobody reads what it sends.
    Silent,
}

#[derive(Debug, Default)]
struct State {
    /// Each call's invocation, its name, and how many attempts at it there were.
    calls: Vec<(String, String, usize)>,
    spoiled: Option<(Spoiled, WireFault)>,
    struck: usize,
}

/// A request that is held.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gate {
    reached: Arc<Notify>,
    open: Arc<Notify>,
}

impl Gate {
    /// Until the request comes that is held.
    pub(crate) async fn reached(&self) {
        self.reached.notified().await;
    }

    /// Lets the request go on.
    pub(crate) fn open(&self) {
        self.open.notify_one();
    }
}

/// The connections.
#[derive(Debug)]
struct Connections {
    opened: AtomicUsize,
    /// How often those that were open were lost, and how at last.
    lost: watch::Sender<(usize, Idle)>,
}

/// Where requests go on to.
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
    /// Logical ids by the names of tables.
    tables: Arc<BTreeMap<String, String>>,
    state: Arc<Mutex<State>>,
    struck: Arc<Notify>,
    /// Which request is held, and how many pass before it.
    gate: Arc<Mutex<Option<(usize, Gate)>>>,
    connections: Arc<Connections>,
}

impl Proxy {
    /// In front of a store with these tables, and of Secrets Manager, where there is one.
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
        let connections = Arc::new(connections);
        let proxy = Self { address, upstream, tables, state, struck, gate, connections };
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

    /// From now on; the calls so far are forgotten.
    pub(crate) fn spoil(&self, spoiled: Spoiled, fault: WireFault) {
        *self.state.lock().unwrap() = State { spoiled: Some((spoiled, fault)), ..State::default() };
    }

    /// From now on requests pass; returned is how many were spoiled.
    pub(crate) fn heal(&self) -> usize {
        std::mem::take(&mut *self.state.lock().unwrap()).struck
    }

    /// Holds a request: the one that comes after so many.
    pub(crate) fn hold(&self, after: usize) -> Gate {
        let gate = Gate::default();
        *self.gate.lock().unwrap() = Some((after, gate.clone()));
        gate
    }

    /// The gate that this request has to pass.
    fn gate(&self) -> Option<Gate> {
        let mut gate = self.gate.lock().unwrap();
        match &mut *gate {
            Some((0, _)) => gate.take().map(|(_, gate)| gate),
            Some((after, _)) => {
                *after -= 1;
                None
            }
            None => None,
        }
    }

    /// Until a request is spoiled.
    pub(crate) async fn struck(&self) {
        self.struck.notified().await;
    }

    /// The names of the calls since the last time, in order, each with the number of attempts at it.
    pub(crate) fn take_calls(&self) -> Vec<(String, usize)> {
        let calls = std::mem::take(&mut self.state.lock().unwrap().calls);
        calls.into_iter().map(|(_, name, attempts)| (name, attempts)).collect()
    }

    /// How many connections there were.
    pub(crate) fn opened(&self) -> usize {
        self.connections.opened.load(Ordering::SeqCst)
    }

    /// The connections that are idle now are lost.
    pub(crate) fn lose(&self, idle: Idle) {
        self.connections.lost.send_modify(|(times, how)| (*times, *how) = (*times + 1, idle));
    }

    fn is_slow(&self) -> bool {
        matches!(self.state.lock().unwrap().spoiled, Some((Spoiled::UntilTheThird, _)))
    }

    /// One request after the other, as HTTP/1.1 has it, until either side has had enough.
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
                    // It is kept, and nothing on it is ever read.
                    future::pending::<()>().await;
                }
                return;
            };
            let fault = self.state.lock().unwrap().note(&request, &request.name(&self.tables));
            if fault.is_some() {
                self.struck.notify_one();
            } else if self.is_slow() {
                time::sleep(LATE).await;
            }
            if let Some(gate) = self.gate() {
                gate.reached.notify_one();
                gate.open.notified().await;
            }
            let carried_out = match fault {
                None => self.upstream.send(&request).await,
                Some(fault) if fault.is_after() => self.upstream.send(&request).await.and(None),
                Some(fault) => fault.answer(),
            };
            let Some(answer) = carried_out else {
                if matches!(fault, Some(WireFault::HangBefore | WireFault::HangAfter)) {
                    // Until the other side gives up.
                    let _ = client.read_u8().await;
                }
                return;
            };
            if client.write_all(&answer.to_bytes()).await.is_err() {
                return;
            }
        }
    }
}

impl State {
    /// Notes a request, and says what becomes of it. Attempts at the same call have the same invocation.
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
