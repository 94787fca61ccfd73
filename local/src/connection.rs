//! The addresses at both ends of a connection.

use std::net::{IpAddr, SocketAddr};

use axum::{extract::connect_info::Connected, serve::IncomingStream};
use tokio::net::{TcpListener, TcpStream};

use crate::listeners::Listeners;

/// The addresses at both ends of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Connection {
    /// The caller's address.
    pub(crate) peer: SocketAddr,
    /// The address of this machine that the caller reached. `None` if the connection is already lost.
    pub(crate) reached: Option<IpAddr>,
}

impl Connected<IncomingStream<'_, TcpListener>> for Connection {
    fn connect_info(stream: IncomingStream<'_, TcpListener>) -> Self {
        Self::of(stream.io(), *stream.remote_addr())
    }
}

impl Connected<IncomingStream<'_, Listeners>> for Connection {
    fn connect_info(stream: IncomingStream<'_, Listeners>) -> Self {
        Self::of(stream.io(), *stream.remote_addr())
    }
}

impl Connection {
    fn of(stream: &TcpStream, peer: SocketAddr) -> Self {
        Self { peer, reached: stream.local_addr().ok().map(|address| address.ip().to_canonical()) }
    }
}
