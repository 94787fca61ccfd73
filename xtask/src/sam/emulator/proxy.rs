//! Between a function and its store: connections that can be lost while the function is frozen.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use crate::shell::TaskError;

/// What becomes of the connections that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loss {
    /// Both sides are told that they are over.
    Closed,
    /// Nobody is told, and nothing arrives any more: what a gateway on the way does with those that it has forgotten.
    Dropped,
}

/// A connection, from both sides.
struct Link {
    sides: [TcpStream; 2],
    is_dropped: Arc<AtomicBool>,
}

/// A proxy. New connections pass at any time.
pub(super) struct Proxy {
    pub(super) address: SocketAddr,
    links: Arc<Mutex<Vec<Link>>>,
}

impl Proxy {
    /// To this server.
    pub(super) fn start(server: SocketAddr) -> Result<Self, TaskError> {
        let failed = |e: std::io::Error| TaskError(format!("the proxy: {e}"));
        let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(failed)?;
        let proxy = Self { address: listener.local_addr().map_err(failed)?, links: Arc::default() };
        let links = proxy.links.clone();
        thread::spawn(move || {
            for client in listener.incoming().filter_map(Result::ok) {
                if let Ok(link) = link(client, server) {
                    links.lock().unwrap_or_else(PoisonError::into_inner).push(link);
                }
            }
        });
        Ok(proxy)
    }

    /// How many connections there have been since the last loss.
    pub(super) fn count(&self) -> usize {
        self.links.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// All connections are lost.
    pub(super) fn lose(&self, loss: Loss) {
        for link in std::mem::take(&mut *self.links.lock().unwrap_or_else(PoisonError::into_inner)) {
            match loss {
                Loss::Closed => link.sides.iter().for_each(|side| drop(side.shutdown(Shutdown::Both))),
                Loss::Dropped => link.is_dropped.store(true, Ordering::SeqCst),
            }
        }
    }
}

fn link(client: TcpStream, server: SocketAddr) -> std::io::Result<Link> {
    let server = TcpStream::connect(server)?;
    for side in [&client, &server] {
        side.set_nodelay(true)?;
    }
    let is_dropped = Arc::new(AtomicBool::new(false));
    for (from, to) in [(&client, &server), (&server, &client)] {
        let (from, to, is_dropped) = (from.try_clone()?, to.try_clone()?, is_dropped.clone());
        thread::spawn(move || pass_on(from, to, &is_dropped));
    }
    Ok(Link { sides: [client, server], is_dropped })
}

/// Until one side has ended. What arrives on a connection that is dropped goes nowhere, an end included.
fn pass_on(mut from: TcpStream, mut to: TcpStream, is_dropped: &AtomicBool) {
    let mut buffer = [0; 16 * 1024];
    loop {
        let read = from.read(&mut buffer).unwrap_or_default();
        let is_dropped = is_dropped.load(Ordering::SeqCst);
        if read == 0 {
            if !is_dropped {
                let _ = to.shutdown(Shutdown::Write);
            }
            return;
        }
        if !is_dropped && to.write_all(&buffer[..read]).is_err() {
            return;
        }
    }
}
