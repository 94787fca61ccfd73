//! The addresses that the server listens on.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::serve::Listener;
use tokio::net::{TcpListener, TcpStream};

/// One listener, or two: `localhost` is 127.0.0.1 for some programs and ::1 for others.
#[derive(Debug)]
pub struct Listeners {
    first: TcpListener,
    second: Option<TcpListener>,
}

/// Whether `localhost` leads to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Localhost {
    /// It leads there by IPv4, and by IPv6 if this machine has it.
    IsHere,
    /// It leads to another address, or for some programs to another server.
    IsElsewhere,
}

impl Listeners {
    /// This listener, and one on ::1 if this one is on 127.0.0.1.
    pub async fn beside(first: TcpListener) -> (Self, Localhost) {
        let Ok(address) = first.local_addr() else { return (first.into(), Localhost::IsElsewhere) };
        if address.ip() != Ipv4Addr::LOCALHOST {
            let is_here = address.ip() == Ipv6Addr::LOCALHOST || address.ip().is_unspecified();
            return (first.into(), if is_here { Localhost::IsHere } else { Localhost::IsElsewhere });
        }
        let other = SocketAddr::from((Ipv6Addr::LOCALHOST, address.port()));
        match TcpListener::bind(other).await {
            Ok(second) => (Self { first, second: Some(second) }, Localhost::IsHere),
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
                tracing::warn!(
                    "another program listens on {other}: http://localhost:{} may lead to it, http://{address} doesn't",
                    address.port()
                );
                (first.into(), Localhost::IsElsewhere)
            }
            // This machine has no IPv6.
            Err(_) => (first.into(), Localhost::IsHere),
        }
    }
}

impl From<TcpListener> for Listeners {
    fn from(first: TcpListener) -> Self {
        Self { first, second: None }
    }
}

impl Listener for Listeners {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        match &mut self.second {
            None => Listener::accept(&mut self.first).await,
            Some(second) => tokio::select! {
                accepted = Listener::accept(&mut self.first) => accepted,
                accepted = Listener::accept(second) => accepted,
            },
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.first.local_addr()
    }
}
