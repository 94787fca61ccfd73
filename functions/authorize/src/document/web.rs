//! The Internet, as a parameter.

use std::{
    fmt, io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
};

use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::rustls::RootCertStore;

/// The port of `https`.
pub(super) const PORT: u16 = 443;

/// The future result of an operation.
pub type Asked<'a, T> = Pin<Box<dyn Future<Output = io::Result<T>> + Send + 'a>>;

/// The Internet: name lookup, connections, and certificate authorities. Callers check whether addresses are
/// public.
///
/// It is a parameter of [`Authorize::start_in`](crate::Authorize::start_in) for tests. No variable sets it.
pub trait Web: fmt::Debug + Send + Sync {
    /// The addresses of a host.
    fn addresses<'a>(&'a self, host: &'a str) -> Asked<'a, Vec<IpAddr>>;
    /// A connection to an address.
    fn connect(&self, address: SocketAddr) -> Asked<'_, TcpStream>;
    /// The certificate authorities that vouch for hosts.
    fn roots(&self) -> RootCertStore;
}

/// The real Internet.
#[derive(Clone, Copy, Debug)]
pub struct Internet;

impl Web for Internet {
    fn addresses<'a>(&'a self, host: &'a str) -> Asked<'a, Vec<IpAddr>> {
        Box::pin(async move {
            // The final dot makes the name absolute, so the machine's search domains aren't tried.
            let found = lookup_host((format!("{host}."), PORT)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }

    fn connect(&self, address: SocketAddr) -> Asked<'_, TcpStream> {
        Box::pin(TcpStream::connect(address))
    }

    /// The platform's authorities, which Lambda keeps up to date. A compiled-in list would be as old as the
    /// deployment.
    fn roots(&self) -> RootCertStore {
        let found = rustls_native_certs::load_native_certs();
        let mut roots = RootCertStore::empty();
        let (added, _) = roots.add_parsable_certificates(found.certs);
        if added == 0 {
            tracing::error!(errors = ?found.errors, "no certificate authorities: no client's document can be fetched");
        }
        roots
    }
}
