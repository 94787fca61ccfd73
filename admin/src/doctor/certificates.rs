//! The certificates that a host presents, and the roots that may sign them.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use shared::clock::Timestamp;
use tokio::{net::TcpStream, time};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        self, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
        client::{
            WebPkiServerVerifier,
            danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        },
        crypto::{CryptoProvider, aws_lc_rs},
        pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
    },
};
use x509_parser::prelude::{FromDer, X509Certificate};

/// How long a handshake may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// A certificate authority.
#[derive(Clone, Debug)]
pub struct Root {
    /// Its full name.
    pub name: String,
    /// When its certificate expires.
    pub ends_at: Timestamp,
    /// The expiry for people.
    pub ends: String,
    subject: Vec<u8>,
}

/// The trusted certificate authorities.
#[derive(Clone, Debug)]
pub struct Roots {
    roots: Vec<Root>,
    store: Arc<RootCertStore>,
}

impl Roots {
    /// Parses the roots.
    ///
    /// # Errors
    ///
    /// If the text has no certificate, or a malformed one.
    pub fn parse(pem: &str) -> io::Result<Self> {
        let (mut roots, mut store) = (Vec::new(), RootCertStore::empty());
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            let certificate = certificate.map_err(io::Error::other)?;
            let (_, read) = X509Certificate::from_der(&certificate).map_err(io::Error::other)?;
            let ends_at = u64::try_from(read.validity().not_after.timestamp()).unwrap_or_default();
            roots.push(Root {
                name: read.subject().to_string(),
                ends_at: Timestamp::from_unix(ends_at),
                ends: read.validity().not_after.to_string(),
                subject: read.subject().as_raw().to_owned(),
            });
            store.add(certificate.clone()).map_err(io::Error::other)?;
        }
        if roots.is_empty() {
            Err(io::Error::other("no certificate"))
        } else {
            Ok(Self { roots, store: Arc::new(store) })
        }
    }

    /// All roots.
    pub fn all(&self) -> &[Root] {
        &self.roots
    }

    /// The root at the end of the chain. If several sign it, the one that expires last.
    pub(super) fn of(&self, chain: &Chain) -> Option<&Root> {
        let vouching = self.roots.iter().filter(|root| chain.issuers.contains(&root.subject));
        vouching.max_by_key(|root| root.ends_at)
    }
}

/// The certificates that a host presents.
#[derive(Clone, Debug, Default)]
pub(super) struct Chain {
    /// Why they are refused with these roots; `None`, if they aren't.
    pub(super) refusal: Option<String>,
    /// The issuer of the last certificate.
    pub(super) issuer: Option<String>,
    /// The issuers of all certificates, as DER.
    issuers: Vec<Vec<u8>>,
}

impl Chain {
    /// Connects to the host, trusting only these roots, and sends nothing over the connection.
    ///
    /// # Errors
    ///
    /// If there is no connection, or the host presents no certificate.
    pub(super) async fn shown_by(host: &str, port: u16, roots: &Roots) -> io::Result<Self> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier = Arc::new(Recording::new(roots, &provider)?);
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .dangerous()
            .with_custom_certificate_verifier(verifier.clone())
            .with_no_client_auth();
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let connect = async {
            let stream = TcpStream::connect((host, port)).await?;
            TlsConnector::from(Arc::new(config)).connect(name, stream).await
        };
        let connected = time::timeout(TIMEOUT, connect).await.map_err(io::Error::from)?;
        match (verifier.take(), connected) {
            (Some(chain), _) => Ok(chain),
            (None, Err(error)) => Err(error),
            (None, Ok(_)) => Err(io::Error::other("it presents no certificate")),
        }
    }

    fn of(certificates: &[&CertificateDer<'_>], refusal: Option<String>) -> Self {
        let mut chain = Self { refusal, ..Self::default() };
        for certificate in certificates {
            if let Ok((_, read)) = X509Certificate::from_der(certificate) {
                chain.issuers.push(read.issuer().as_raw().to_owned());
                chain.issuer = Some(read.issuer().to_string());
            }
        }
        chain
    }
}

/// Verifies like any client, and records the certificates, since a refusal doesn't name the issuer.
#[derive(Debug)]
struct Recording {
    verifier: Arc<WebPkiServerVerifier>,
    shown: Mutex<Option<Chain>>,
}

impl Recording {
    fn new(roots: &Roots, provider: &Arc<CryptoProvider>) -> io::Result<Self> {
        let verifier = WebPkiServerVerifier::builder_with_provider(roots.store.clone(), provider.clone());
        Ok(Self { verifier: verifier.build().map_err(io::Error::other)?, shown: Mutex::new(None) })
    }

    fn take(&self) -> Option<Chain> {
        self.shown.lock().ok()?.take()
    }
}

impl ServerCertVerifier for Recording {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified =
            self.verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        let certificates: Vec<_> = std::iter::once(end_entity).chain(intermediates).collect();
        if let Ok(mut shown) = self.shown.lock() {
            *shown = Some(Chain::of(&certificates, verified.as_ref().err().map(ToString::to_string)));
        }
        verified
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verifier.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verifier.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}
