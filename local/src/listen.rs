//! Opens the API's port, or explains why it can't.

use std::{
    io::{self, ErrorKind},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use port_file::{LocalServer, Occupant};
use tokio::net::TcpListener;

/// Reasons why the program can't listen.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListenError {
    #[error(
        "port {port} is taken: another Latchgate serves http://{0}{process}. Use that one, or stop it, or start this \
         one with `--port 0`, which picks a free port",
        port = .0.port(),
        process = .1.map(|pid| format!(" (process {pid})")).unwrap_or_default()
    )]
    Latchgate(SocketAddr, Option<u32>),
    #[error(
        "port {port} is taken by a program that isn't Latchgate: stop that one, or start this one with `--port 0`, \
         which picks a free port, or with another `--port`",
        port = .0.port()
    )]
    Taken(SocketAddr),
    #[error("only an administrator may listen on port {0}: use a `--port` from 1024 on")]
    Reserved(u16),
    #[error(
        "this machine has no address {0}: `--host 127.0.0.1` is for this machine alone, `--host 0.0.0.0` for the whole network"
    )]
    NotHere(IpAddr),
    #[error("the server can't listen on {0}")]
    Io(SocketAddr, #[source] io::Error),
}

/// Listens on this address. Port 0 picks a free one.
pub(crate) async fn listen(host: IpAddr, port: u16) -> Result<TcpListener, ListenError> {
    let address = SocketAddr::from((host, port));
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => taken(from_here(address)),
        ErrorKind::PermissionDenied if port != 0 && port < 1024 => ListenError::Reserved(port),
        ErrorKind::AddrNotAvailable => ListenError::NotHere(host),
        _ => ListenError::Io(address, error),
    })
}

/// Asks the program on the port for its name.
fn taken(address: SocketAddr) -> ListenError {
    match Occupant::of(address) {
        Occupant::Latchgate => {
            let server = LocalServer::find(address.port()).ok().flatten();
            ListenError::Latchgate(address, server.map(|server| server.pid))
        }
        Occupant::Another | Occupant::Nobody => ListenError::Taken(address),
    }
}

/// The address at which this machine reaches a server that listens on `address`.
pub(crate) fn from_here(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => (Ipv4Addr::LOCALHOST, address.port()).into(),
        IpAddr::V6(ip) if ip.is_unspecified() => (Ipv6Addr::LOCALHOST, address.port()).into(),
        _ => address,
    }
}
