//! A proxy between a function and its store, whose connections can be lost while the function is frozen.

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

/// The way in which connections are lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loss {
    /// Both sides see the end.
    Closed,
    /// Neither side sees the end, and nothing arrives any more, as when a gateway on the way has forgotten them.
    Dropped,
}

/// Both sides of a connection.
struct Link {
    sides: [TcpStream; 2],
    is_dropped: Arc<AtomicBool>,
}

/// A proxy. It always accepts new connections.
pub(super) struct Proxy {
    pub(super) address: SocketAddr,
    links: Arc<Mutex<Vec<Link>>>,
}

impl Proxy {
    /// Starts a proxy to this server.
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

    /// The number of connections since the last loss.
    pub(super) fn count(&self) -> usize {
        self.links.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Loses all connections.
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

/// Passes data on until one side ends. A dropped connection discards everything, including the end.
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
