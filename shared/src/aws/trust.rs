//! The certificate authorities that a function trusts to vouch for AWS.

use std::fs;

use aws_smithy_http_client::tls::{TlsContext, TrustStore};

use crate::environment::{Environment, EnvironmentError, variable};

/// Amazon's own roots, which AWS's endpoints chain to (amazontrust.com/repository): Amazon Root CA 1 to 4, and that of
/// Starfield Services, by which older clients know them.
const AMAZON: &str = include_str!("amazon-roots.pem");
/// AWS in China is another company's, and its certificates are too.
const CHINA: &str = "cn-";
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----";

/// The certificate authorities that a service's certificate may be from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Amazon's: five instead of the hundred and more that a system has, any of which could vouch for anybody.
    Amazon,
    /// The system's.
    System,
    /// Those of a file, as PEM.
    Bundle(String),
}

impl Trust {
    /// Amazon's, unless a service is said to be elsewhere, or the region is China's; the file of `AWS_CA_BUNDLE`, if that is
    /// there.
    ///
    /// # Errors
    ///
    /// [`EnvironmentError::Unusable`], if the file can't be read or holds no certificate.
    pub fn from_environment(environment: &Environment) -> Result<Self, EnvironmentError> {
        let unusable = |why: String| EnvironmentError::Unusable(variable::AWS_CA_BUNDLE, why);
        if let Some(path) = environment.optional(variable::AWS_CA_BUNDLE) {
            let bundle = fs::read_to_string(path).map_err(|e| unusable(e.kind().to_string()))?;
            let has_one = bundle.contains(CERTIFICATE);
            return has_one
                .then_some(Self::Bundle(bundle))
                .ok_or_else(|| unusable("no certificate".to_owned()));
        }
        let is_elsewhere = [
            variable::AWS_ENDPOINT_URL,
            variable::AWS_ENDPOINT_URL_DYNAMODB,
            variable::AWS_ENDPOINT_URL_SECRETS_MANAGER,
        ];
        let is_elsewhere = is_elsewhere.iter().any(|name| environment.optional(name).is_some());
        let is_china = environment.optional(variable::AWS_REGION).is_some_and(|name| name.starts_with(CHINA));
        Ok(if is_elsewhere || is_china { Self::System } else { Self::Amazon })
    }

    pub(super) fn context(self) -> TlsContext {
        let store = match self {
            Self::Amazon => TrustStore::empty().with_pem_certificate(AMAZON),
            Self::System => TrustStore::default(),
            Self::Bundle(pem) => TrustStore::empty().with_pem_certificate(pem),
        };
        // Unwrap safety: it takes any trust store; what is in it is read when the client is built.
        TlsContext::builder().with_trust_store(store).build().expect("a trust store is all it takes")
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::digest;
    use base64::{Engine as _, engine::general_purpose::STANDARD};

    use super::*;

    fn trust(variables: &[(&str, &str)]) -> Result<Trust, EnvironmentError> {
        let owned = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Trust::from_environment(&Environment::from_variables(owned))
    }

    #[test]
    fn only_amazon_vouches_for_aws() {
        assert_eq!(trust(&[(variable::AWS_REGION, "eu-central-1")]), Ok(Trust::Amazon));
        assert_eq!(trust(&[(variable::AWS_REGION, "us-gov-west-1")]), Ok(Trust::Amazon));
    }

    #[test]
    fn elsewhere_the_system_says_who_may() {
        assert_eq!(trust(&[(variable::AWS_REGION, "cn-north-1")]), Ok(Trust::System));
        let elsewhere = [variable::AWS_ENDPOINT_URL, variable::AWS_ENDPOINT_URL_DYNAMODB];
        for name in elsewhere {
            assert_eq!(trust(&[(name, "https://dynamodb.example.com")]), Ok(Trust::System), "{name}");
        }
    }

    #[test]
    fn a_bundle_is_all_that_is_trusted_and_must_hold_a_certificate() {
        let roots = concat!(env!("CARGO_MANIFEST_DIR"), "/src/aws/amazon-roots.pem");
        assert_eq!(trust(&[(variable::AWS_CA_BUNDLE, roots)]), Ok(Trust::Bundle(AMAZON.to_owned())));
        for unusable in ["/nowhere", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")] {
            let error = trust(&[(variable::AWS_CA_BUNDLE, unusable)]).unwrap_err();
            assert!(matches!(error, EnvironmentError::Unusable(variable::AWS_CA_BUNDLE, _)), "{unusable}");
        }
    }

    /// As Amazon publishes them.
    #[test]
    fn the_roots_have_amazons_fingerprints() {
        let published = [
            "8ecde6884f3d87b1125ba31ac3fcb13d7016de7f57cc904fe1cb97c6ae98196e",
            "1ba5b2aa8c65401a82960118f80bec4f62304d83cec4713a19c39c011ea46db4",
            "18ce6cfe7bf14e60b2e347b8dfe868cb31d02ebb3ada271569f50343b46db3a4",
            "e35d28419ed02025cfa69038cd623962458da5c695fbdea3c22b0bfb25897092",
            "568d6905a2c88708a4b3025190edcfedb1974a606a13c6e5290fcb2ae63edab5",
        ];
        let certificates = AMAZON.split(CERTIFICATE).skip(1).map(|rest| {
            let (encoded, _) = rest.split_once("-----END").unwrap();
            STANDARD.decode(encoded.replace('\n', "")).unwrap()
        });
        let found = certificates.map(|der| {
            let digest = digest::digest(&digest::SHA256, &der);
            digest.as_ref().iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
        });
        assert_eq!(found.collect::<Vec<_>>(), published);
    }

    /// An unreadable one would be a panic at start.
    #[test]
    fn the_roots_make_a_client() {
        let _ = super::super::http_client(Trust::Amazon);
    }
}
