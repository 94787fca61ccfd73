//! A certificate for the store, and the root files that trust it.

use std::{fs, path::PathBuf};

use crate::program::Failure;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// The host that the certificate is for.
pub(crate) const HOST: &str = "localhost";
/// The roots that Latchgate's functions trust.
const AMAZON: &str = include_str!("../../../shared/src/aws/amazon-roots.pem");
/// The paths of the system's root certificates: on Debian, and in Lambda's images.
const SYSTEM: [&str; 2] = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"];

/// The store's certificate, its key, and the root files for functions.
#[derive(Debug)]
pub(crate) struct Certificates {
    pub(crate) certificate: CertificateDer<'static>,
    pub(crate) key: PrivateKeyDer<'static>,
    /// Amazon's roots with this certificate's authority.
    pub(crate) amazon: PathBuf,
    /// The system's roots with the authority.
    pub(crate) system: PathBuf,
    /// Only the authority.
    pub(crate) alone: PathBuf,
}

impl Certificates {
    /// Creates them, with the files in this folder.
    pub(crate) fn make(folder: &std::path::Path) -> Result<Self, Failure> {
        let authority_key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // A different name than the certificate's, which would otherwise look self-signed.
        params.distinguished_name.push(DnType::CommonName, "An authority for a benchmark");
        let authority = params.self_signed(&authority_key)?.pem();
        let key = KeyPair::generate()?;
        let issuer = Issuer::new(params, authority_key);
        let certificate = CertificateParams::new(vec![HOST.to_owned()])?.signed_by(&key, &issuer)?;
        let system =
            SYSTEM.iter().find_map(|path| fs::read_to_string(path).ok()).ok_or("no trusted roots")?;
        let file = |name: &str, of: &str| {
            let path = folder.join(name);
            fs::write(&path, format!("{of}{authority}")).map(|()| path)
        };
        Ok(Self {
            certificate: certificate.der().clone(),
            key: PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
            amazon: file("amazon.pem", AMAZON)?,
            system: file("system.pem", &system)?,
            alone: file("alone.pem", "")?,
        })
    }
}
