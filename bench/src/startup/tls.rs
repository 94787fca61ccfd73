//! TLS in front of the store, as in front of DynamoDB.

use std::{net::Ipv4Addr, sync::Arc};

use bench::Failure;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig};

use crate::certificates::{Certificates, HOST};

/// Listens for as long as this process lives; the URL.
pub(crate) async fn serve(certificates: &Certificates, store: &str) -> Result<String, Failure> {
    let store = store.strip_prefix("http://").ok_or("no HTTP endpoint")?.trim_end_matches('/').to_owned();
    let (chain, key) = (vec![certificates.certificate.clone()], certificates.key.clone_key());
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key)?;
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let url = format!("https://{HOST}:{}", listener.local_addr()?.port());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, store) = (acceptor.clone(), store.clone());
            tokio::spawn(async move {
                // A function that ends breaks its connection: no failure of the benchmark's.
                let _ = pass_on(acceptor, stream, &store).await;
            });
        }
    });
    Ok(url)
}

async fn pass_on(acceptor: TlsAcceptor, stream: TcpStream, store: &str) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut outside = acceptor.accept(stream).await?;
    let mut inside = TcpStream::connect(store).await?;
    inside.set_nodelay(true)?;
    copy_bidirectional(&mut outside, &mut inside).await?;
    Ok(())
}
