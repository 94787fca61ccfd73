//! A web with one site: a real TLS server, at addresses that a test chooses.

use std::{
    collections::VecDeque,
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use authorize::{Asked, Web};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{RootCertStore, ServerConfig, pki_types::PrivateKeyDer},
};

pub(super) const HOST: &str = "app.example.com";

/// The public address of the site.
pub(super) const PUBLIC: IpAddr = IpAddr::V4(Ipv4Addr::new(93, 184, 215, 14));

/// The site's behaviour for a request.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    /// Sends this and ends.
    Bytes(Vec<u8>),
    /// Sends this, and then one byte of it at a time with pauses.
    Drip(Vec<u8>),
    /// Sends this, and then continues until the client hangs up.
    Endless(Vec<u8>),
    /// Sends nothing.
    Silence,
}

impl Answer {
    /// An HTTP response.
    pub(super) fn of(status: &str, headers: &str, body: &str) -> Self {
        let head = format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n", body.len());
        Self::Bytes([head.as_bytes(), body.as_bytes()].concat())
    }

    /// A document that may be cached for `max_age` seconds.
    pub(super) fn document(document: &Value, max_age: u64) -> Self {
        let headers = format!("content-type: application/json\r\ncache-control: max-age={max_age}\r\n");
        Self::of("200 OK", &headers, &document.to_string())
    }
}

/// The site, and a forbidden server that must stay unreached.
pub(super) struct Site {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    answer: Mutex<Answer>,
    /// The heads of the received requests.
    requests: Mutex<Vec<String>>,
    /// The results of the next lookups. The last one repeats.
    found: Mutex<VecDeque<Vec<IpAddr>>>,
    looked_up: Mutex<Vec<String>>,
    dialled: Mutex<Vec<SocketAddr>>,
    /// Connections to the forbidden server.
    trespasses: AtomicUsize,
    site: SocketAddr,
    forbidden: SocketAddr,
    roots: RootCertStore,
}

impl Site {
    /// Starts it with a certificate for its host.
    pub(super) async fn start(answer: Answer) -> Self {
        Self::of_host(HOST, answer).await
    }

    /// Starts it with a certificate for this host.
    pub(super) async fn of_host(host: &str, answer: Answer) -> Self {
        let authority_key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let mut roots = RootCertStore::empty();
        roots.add(params.self_signed(&authority_key).unwrap().der().clone()).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new([host.to_owned()]).unwrap();
        let certificate = certificate.signed_by(&key, &Issuer::new(params, authority_key)).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder().with_no_client_auth();
        let config = config.with_single_cert(vec![certificate.der().clone()], key).unwrap();
        let (site, forbidden) = (listener().await, listener().await);
        let shared = Arc::new(Shared {
            answer: Mutex::new(answer),
            requests: Mutex::default(),
            found: Mutex::new([vec![PUBLIC]].into()),
            looked_up: Mutex::default(),
            dialled: Mutex::default(),
            trespasses: AtomicUsize::new(0),
            site: site.local_addr().unwrap(),
            forbidden: forbidden.local_addr().unwrap(),
            roots,
        });
        tokio::spawn(serve(site, TlsAcceptor::from(Arc::new(config)), shared.clone()));
        let counted = shared.clone();
        tokio::spawn(async move {
            while forbidden.accept().await.is_ok() {
                counted.trespasses.fetch_add(1, Ordering::SeqCst);
            }
        });
        Self { shared }
    }

    /// The web that contains the site.
    pub(super) fn web(&self) -> Arc<dyn Web> {
        self.shared.clone()
    }

    pub(super) fn answer(&self, answer: Answer) {
        *self.shared.answer.lock().unwrap() = answer;
    }

    /// Sets the results of the next lookups of any host. The last one repeats.
    pub(super) fn found_at(&self, found: &[&[IpAddr]]) {
        *self.shared.found.lock().unwrap() = found.iter().map(|found| found.to_vec()).collect();
    }

    /// The requests received since the last call.
    pub(super) fn take_requests(&self) -> Vec<String> {
        std::mem::take(&mut *self.shared.requests.lock().unwrap())
    }

    /// The hosts looked up since the last call.
    pub(super) fn take_looked_up(&self) -> Vec<String> {
        std::mem::take(&mut *self.shared.looked_up.lock().unwrap())
    }

    /// The addresses connected to since the last call.
    pub(super) fn take_dialled(&self) -> Vec<SocketAddr> {
        std::mem::take(&mut *self.shared.dialled.lock().unwrap())
    }

    /// The number of connections to the forbidden server.
    pub(super) fn trespasses(&self) -> usize {
        self.shared.trespasses.load(Ordering::SeqCst)
    }
}

impl Web for Shared {
    fn addresses<'a>(&'a self, host: &'a str) -> Asked<'a, Vec<IpAddr>> {
        self.looked_up.lock().unwrap().push(host.to_owned());
        let mut found = self.found.lock().unwrap();
        let addresses = if found.len() > 1 { found.pop_front() } else { found.front().cloned() };
        let addresses = addresses.ok_or_else(|| io::Error::other("there is no such host"));
        Box::pin(async move { addresses })
    }

    /// Every address except the public one leads to the forbidden server.
    fn connect(&self, address: SocketAddr) -> Asked<'_, TcpStream> {
        self.dialled.lock().unwrap().push(address);
        Box::pin(TcpStream::connect(if address.ip() == PUBLIC { self.site } else { self.forbidden }))
    }

    fn roots(&self) -> RootCertStore {
        self.roots.clone()
    }
}

async fn listener() -> TcpListener {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap()
}

async fn serve(listener: TcpListener, acceptor: TlsAcceptor, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (acceptor, shared) = (acceptor.clone(), shared.clone());
        // A client that hangs up is fine.
        tokio::spawn(async move {
            let _: io::Result<()> = answer(acceptor, stream, &shared).await;
        });
    }
}

async fn answer(acceptor: TlsAcceptor, stream: TcpStream, shared: &Shared) -> io::Result<()> {
    let mut stream = acceptor.accept(stream).await?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    shared.requests.lock().unwrap().push(String::from_utf8(head).unwrap());
    let answer = shared.answer.lock().unwrap().clone();
    match answer {
        Answer::Bytes(bytes) => {
            stream.write_all(&bytes).await?;
            stream.shutdown().await
        }
        Answer::Drip(bytes) => {
            for byte in bytes {
                stream.write_u8(byte).await?;
                stream.flush().await?;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            Ok(())
        }
        Answer::Endless(head) => {
            stream.write_all(&head).await?;
            loop {
                stream.write_all(&[b' '; 4096]).await?;
            }
        }
        Answer::Silence => std::future::pending().await,
    }
}
