//! The certificate authorities that a function trusts for AWS's endpoints.

use std::fs;

use aws_smithy_http_client::tls::{TlsContext, TrustStore};
use base64::{Engine, engine::general_purpose::STANDARD};

use crate::environment::{Environment, EnvironmentError, variable};

/// Amazon's own roots as PEM, to which AWS's endpoints chain (amazontrust.com/repository): Amazon Root CA 1
/// to 4, and the Starfield Services root for older clients.
pub const AMAZON_ROOTS: &str = include_str!("amazon-roots.pem");
/// The prefixes of region names in the partition `aws`.
const AWS: [&str; 9] = ["af", "ap", "ca", "eu", "il", "me", "mx", "sa", "us"];
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----";

/// The certificate authorities that may sign a service's certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Amazon's five. A system trusts over a hundred, and each of them could vouch for any host.
    Amazon,
    /// The system's, which `provided.al2023` keeps in `/etc/pki/tls/certs/ca-bundle.crt`.
    System,
    /// The authorities in a PEM file.
    Bundle(String),
}

impl Trust {
    /// Reads the file of `AWS_CA_BUNDLE` if that is set, and otherwise `TRUST_STORE`: `pinned`, `system`, or
    /// the path of a file. The default, `pinned`, means Amazon's roots in the partitions `aws` and
    /// `aws-us-gov`. Elsewhere, and where a variable sets an endpoint, it means the system's.
    ///
    /// # Errors
    ///
    /// [`EnvironmentError::Unusable`], if the file can't be read or holds no list of certificates.
    /// [`EnvironmentError::Malformed`], if `TRUST_STORE` has another value.
    pub fn from_environment(environment: &Environment) -> Result<Self, EnvironmentError> {
        if let Some(path) = environment.optional(variable::AWS_CA_BUNDLE) {
            return bundle(variable::AWS_CA_BUNDLE, path);
        }
        match environment.optional(variable::TRUST_STORE).unwrap_or("pinned") {
            "pinned" => Ok(if is_elsewhere(environment) { Self::System } else { Self::Amazon }),
            "system" => Ok(Self::System),
            path if path.starts_with('/') => bundle(variable::TRUST_STORE, path),
            _ => Err(EnvironmentError::Malformed(variable::TRUST_STORE)),
        }
    }

    pub(super) fn context(self) -> TlsContext {
        let store = match self {
            Self::Amazon => TrustStore::empty().with_pem_certificate(AMAZON_ROOTS),
            Self::System => TrustStore::default(),
            Self::Bundle(pem) => TrustStore::empty().with_pem_certificate(pem),
        };
        // Unwrap safety: this accepts any trust store. The client reads the content only when it is built.
        TlsContext::builder().with_trust_store(store).build().expect("a trust store is all it takes")
    }
}

fn is_elsewhere(environment: &Environment) -> bool {
    let endpoints = [
        variable::AWS_ENDPOINT_URL,
        variable::AWS_ENDPOINT_URL_DYNAMODB,
        variable::AWS_ENDPOINT_URL_SECRETS_MANAGER,
        variable::AWS_ENDPOINT_URL_SESV2,
        variable::AWS_ENDPOINT_URL_LAMBDA,
    ];
    let is_named = endpoints.iter().any(|name| environment.optional(name).is_some());
    is_named || environment.optional(variable::AWS_REGION).is_some_and(|region| !has_amazon_roots(region))
}

/// Whether a region's endpoints chain to Amazon's roots. Those of `aws` (`eu-central-1`) and `aws-us-gov`
/// (`us-gov-west-1`) do. This is unknown for China (`cn-north-1`), the isolated regions (`us-iso-east-1`,
/// `eu-isoe-west-1`), the European Sovereign Cloud (`eusc-de-east-1`), and new partitions.
fn has_amazon_roots(region: &str) -> bool {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_number = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    match region.split('-').collect::<Vec<_>>()[..] {
        [area, place, number] => AWS.contains(&area) && is_word(place) && is_number(number),
        ["us", "gov", place, number] => is_word(place) && is_number(number),
        _ => false,
    }
}

/// Reads the certificates of the file that this variable names.
fn bundle(variable: &'static str, path: &str) -> Result<Trust, EnvironmentError> {
    let unusable = |why: &str| EnvironmentError::Unusable(variable, why.to_owned());
    let pem = fs::read_to_string(path).map_err(|e| unusable(&e.kind().to_string()))?;
    let mut certificates = pem.split(CERTIFICATE).skip(1).peekable();
    if certificates.peek().is_none() {
        return Err(unusable("no certificate"));
    }
    // The TLS library panics on a damaged certificate.
    let is_whole = certificates.all(|rest| is_certificate(rest).unwrap_or(false));
    if is_whole { Ok(Trust::Bundle(pem)) } else { Err(unusable("a certificate that is damaged")) }
}

/// Whether the text after the `BEGIN` line frames a certificate: one DER sequence, and nothing after it.
fn is_certificate(pem: &str) -> Option<bool> {
    let (encoded, _) = pem.split_once("-----END CERTIFICATE-----")?;
    let encoded: String = encoded.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let der = STANDARD.decode(encoded).ok()?;
    // A certificate has between 256 bytes and 64 KiB, so its length takes two bytes.
    let [0x30, 0x82, high, low, content @ ..] = &der[..] else { return Some(false) };
    Some(content.len() == usize::from(u16::from_be_bytes([*high, *low])))
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::digest;

    use super::*;

    fn trust(variables: &[(&str, &str)]) -> Result<Trust, EnvironmentError> {
        let owned = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Trust::from_environment(&Environment::from_variables(owned))
    }

    #[test]
    fn only_amazon_vouches_for_aws() {
        for region in
            ["eu-central-1", "us-east-1", "ap-southeast-7", "mx-central-1", "il-central-1", "us-gov-west-1"]
        {
            assert_eq!(trust(&[(variable::AWS_REGION, region)]), Ok(Trust::Amazon), "{region}");
            let pinned = [(variable::AWS_REGION, region), (variable::TRUST_STORE, "pinned")];
            assert_eq!(trust(&pinned), Ok(Trust::Amazon), "{region}");
        }
    }

    #[test]
    fn elsewhere_the_systems_trust_store_counts() {
        let partitions = [
            "cn-north-1",
            "us-iso-east-1",
            "us-isob-east-1",
            "us-isof-south-1",
            "eu-isoe-west-1",
            "eusc-de-east-1",
        ];
        for region in partitions.into_iter().chain(["local", "us-gov-1-west", "eu-central", "us-new-kind-1"])
        {
            assert_eq!(trust(&[(variable::AWS_REGION, region)]), Ok(Trust::System), "{region}");
        }
        let elsewhere = [
            variable::AWS_ENDPOINT_URL,
            variable::AWS_ENDPOINT_URL_DYNAMODB,
            variable::AWS_ENDPOINT_URL_SECRETS_MANAGER,
            variable::AWS_ENDPOINT_URL_SESV2,
            variable::AWS_ENDPOINT_URL_LAMBDA,
        ];
        for name in elsewhere {
            assert_eq!(trust(&[(name, "https://dynamodb.example.com")]), Ok(Trust::System), "{name}");
        }
    }

    #[test]
    fn the_trust_store_can_be_chosen_and_another_word_is_refused() {
        let system = [(variable::AWS_REGION, "eu-central-1"), (variable::TRUST_STORE, "system")];
        assert_eq!(trust(&system), Ok(Trust::System));
        for word in ["System", "amazon", "roots.pem", " "] {
            let error = EnvironmentError::Malformed(variable::TRUST_STORE);
            assert_eq!(trust(&[(variable::TRUST_STORE, word)]), Err(error), "{word}");
        }
    }

    #[test]
    fn a_bundle_is_all_that_is_trusted_and_must_hold_whole_certificates() {
        let roots = concat!(env!("CARGO_MANIFEST_DIR"), "/src/aws/amazon-roots.pem");
        let damaged = std::env::temp_dir().join(format!("latchgate-damaged-{}.pem", std::process::id()));
        let missing_a_line: Vec<_> =
            AMAZON_ROOTS.lines().enumerate().filter(|(i, _)| *i != 3).map(|(_, l)| l).collect();
        fs::write(&damaged, missing_a_line.join("\n")).unwrap();
        for name in [variable::AWS_CA_BUNDLE, variable::TRUST_STORE] {
            assert_eq!(trust(&[(name, roots)]), Ok(Trust::Bundle(AMAZON_ROOTS.to_owned())));
            let cargo = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
            for unusable in ["/nowhere", cargo, damaged.to_str().unwrap()] {
                let error = trust(&[(name, unusable)]).unwrap_err();
                assert!(matches!(error, EnvironmentError::Unusable(of, _) if of == name), "{unusable}");
            }
        }
        fs::remove_file(damaged).unwrap();
        // The SDKs' own variable takes precedence.
        let both = [(variable::AWS_CA_BUNDLE, roots), (variable::TRUST_STORE, "pinned")];
        assert!(matches!(trust(&both), Ok(Trust::Bundle(_))));
    }

    /// The fingerprints that Amazon publishes.
    #[test]
    fn the_roots_have_amazons_fingerprints() {
        let published = [
            "8ecde6884f3d87b1125ba31ac3fcb13d7016de7f57cc904fe1cb97c6ae98196e",
            "1ba5b2aa8c65401a82960118f80bec4f62304d83cec4713a19c39c011ea46db4",
            "18ce6cfe7bf14e60b2e347b8dfe868cb31d02ebb3ada271569f50343b46db3a4",
            "e35d28419ed02025cfa69038cd623962458da5c695fbdea3c22b0bfb25897092",
            "568d6905a2c88708a4b3025190edcfedb1974a606a13c6e5290fcb2ae63edab5",
        ];
        let certificates = AMAZON_ROOTS.split(CERTIFICATE).skip(1).map(|rest| {
            let (encoded, _) = rest.split_once("-----END").unwrap();
            STANDARD.decode(encoded.replace('\n', "")).unwrap()
        });
        let found = certificates.map(|der| {
            let digest = digest::digest(&digest::SHA256, &der);
            digest.as_ref().iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
        });
        assert_eq!(found.collect::<Vec<_>>(), published);
    }

    /// An unreadable root would panic at start.
    #[test]
    fn the_roots_make_a_client() {
        let _ = super::super::http_client(Trust::Amazon);
    }
}
