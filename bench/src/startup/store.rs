//! The store behind TLS, like DynamoDB.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    thread,
};

use crate::program::Failure;
use local::engine::{ANY_ACCESS_KEY_ID, AccessKeyId, Engine};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::oneshot,
};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig};

use super::certificates::{Certificates, HOST};

/// An embedded store in memory behind TLS. Both share one thread, so that a round trip doesn't wait for another thread
/// to wake up. It lives as long as this process.
#[derive(Debug)]
pub(crate) struct Store {
    /// The endpoint without TLS, for loading data.
    pub(crate) endpoint: String,
    /// The URL with TLS.
    pub(crate) url: String,
}

impl Store {
    pub(crate) async fn start(certificates: &Certificates) -> Result<Self, Failure> {
        let (chain, key) = (vec![certificates.certificate.clone()], certificates.key.clone_key());
        let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (found, wanted) = oneshot::channel();
        thread::spawn(move || {
            runtime.block_on(async {
                // If the receiver is gone, it has already failed.
                let _ = found.send(Self::listen(config).await);
                std::future::pending::<()>().await;
            });
        });
        wanted.await?
    }

    async fn listen(config: ServerConfig) -> Result<Self, Failure> {
        let engine = Engine::start(None, AccessKeyId::new(ANY_ACCESS_KEY_ID)).await?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("https://{HOST}:{}", listener.local_addr()?.port());
        let (acceptor, address) = (TlsAcceptor::from(Arc::new(config)), engine.address);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    // A function that ends breaks its connection, which isn't an error.
                    let _ = pass_on(acceptor, stream, address).await;
                });
            }
        });
        Ok(Self { endpoint: engine.endpoint(), url })
    }
}

async fn pass_on(acceptor: TlsAcceptor, stream: TcpStream, store: SocketAddr) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut outside = acceptor.accept(stream).await?;
    let mut inside = TcpStream::connect(store).await?;
    inside.set_nodelay(true)?;
    copy_bidirectional(&mut outside, &mut inside).await?;
    Ok(())
}
