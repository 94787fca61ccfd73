//! A wire to the store that can be cut after the store has answered.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// Between the SDK and the store.
#[derive(Clone)]
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    operation: &'static str,
    is_armed: Arc<AtomicBool>,
    requests: Arc<AtomicUsize>,
}

impl Proxy {
    /// Forwards to `upstream`. Once armed, the answer to the next request of this operation is lost.
    pub(crate) async fn start(upstream: SocketAddr, operation: &'static str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let proxy = Self { address, operation, is_armed: Arc::default(), requests: Arc::default() };
        let accepting = proxy.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let proxy = accepting.clone();
                tokio::spawn(async move { proxy.forward(client, upstream).await });
            }
        });
        proxy
    }

    pub(crate) fn arm(&self) {
        self.is_armed.store(true, Ordering::SeqCst);
    }

    /// How many requests of the operation came through.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    /// One request at a time, as HTTP/1.1 has it; its name stands in the headers, which come in one piece.
    async fn forward(&self, mut client: TcpStream, upstream: SocketAddr) {
        let mut store = TcpStream::connect(upstream).await.unwrap();
        let (mut request, mut answer) = (vec![0; 1 << 16], vec![0; 1 << 16]);
        let mut is_lost = false;
        loop {
            tokio::select! {
                read = client.read(&mut request) => {
                    let Ok(read @ 1..) = read else { return };
                    if String::from_utf8_lossy(&request[..read]).contains(self.operation) {
                        self.requests.fetch_add(1, Ordering::SeqCst);
                        is_lost = self.is_armed.swap(false, Ordering::SeqCst);
                    }
                    store.write_all(&request[..read]).await.unwrap();
                }
                read = store.read(&mut answer) => {
                    let Ok(read @ 1..) = read else { return };
                    // The store has carried it out; the client never learns.
                    if is_lost || client.write_all(&answer[..read]).await.is_err() {
                        return;
                    }
                }
            }
        }
    }
}
