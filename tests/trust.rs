//! Trust in AWS's certificates: a function connects only to servers that its trust store accepts, and the doctor
//! predicts that.

use std::{fs, net::Ipv4Addr, path::PathBuf, sync::Arc};

use admin::doctor::{Outcome, Roots, trust_in};
use aws_sdk_dynamodb::{
    Client,
    config::{BehaviorVersion, Credentials, Region},
};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use shared::{
    aws::{self, AMAZON_ROOTS, Trust},
    clock::{Clock, SystemClock, Timestamp},
    environment::{Environment, variable},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, pki_types::PrivateKeyDer},
};

const HOST: &str = "localhost";
const AUTHORITY: &str = "An authority of the tests";

/// A TLS store, and the certificate of its authority, which expires at the end of 2099.
struct Store {
    port: u16,
    authority: String,
}

impl Store {
    async fn start() -> Self {
        let authority_key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.not_after = date_time_ymd(2100, 1, 1);
        params.distinguished_name.push(DnType::CommonName, AUTHORITY);
        let authority = params.self_signed(&authority_key).unwrap().pem();
        let key = KeyPair::generate().unwrap();
        let issuer = Issuer::new(params, authority_key);
        let certificate =
            CertificateParams::new([HOST.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder().with_no_client_auth();
        let config = config.with_single_cert(vec![certificate.der().clone()], key).unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(acceptor.clone(), stream));
            }
        });
        Self { port, authority }
    }

    /// Lists the store's tables, as a function with this trust store would. The error is the one in the log.
    async fn ask(&self, trust: Trust) -> Result<(), String> {
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .endpoint_url(format!("https://{HOST}:{}", self.port))
            .retry_config(aws::retries())
            .http_client(aws::http_client(trust));
        let asked = Client::from_conf(config.build()).list_tables().send().await;
        asked.map(drop).map_err(aws::reason)
    }
}

/// Gives one empty answer to each accepted connection.
async fn answer(acceptor: TlsAcceptor, stream: TcpStream) {
    let Ok(mut stream) = acceptor.accept(stream).await else { return };
    let _ = stream.read(&mut [0; 4096]).await;
    let answer = "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: 2\r\n\r\n{}";
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// A temporary file, removed with this value.
struct File(PathBuf);

impl File {
    fn with(name: &str, content: &str) -> Self {
        let path = std::env::temp_dir().join(format!("latchgate-{}-{name}", std::process::id()));
        fs::write(&path, content).unwrap();
        Self(path)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn trust(store: &str) -> Trust {
    let variables = [(variable::AWS_REGION, "eu-west-1"), (variable::TRUST_STORE, store)];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Trust::from_environment(&Environment::from_variables(variables)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_refuses_hosts_outside_its_trust_store_with_a_reason() {
    let store = Store::start().await;
    let file = File::with("authority.pem", &store.authority);
    assert_eq!(store.ask(trust(file.0.to_str().unwrap())).await, Ok(()));
    for refused in ["pinned", "system"] {
        let reason = store.ask(trust(refused)).await.unwrap_err();
        assert!(reason.contains("UnknownIssuer"), "{refused}: {reason}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_names_the_authority_of_a_service_and_its_end() {
    let store = Store::start().await;
    let roots = Roots::parse(&format!("{AMAZON_ROOTS}{}", store.authority)).unwrap();
    let good = trust_in(HOST, store.port, &roots, SystemClock.now()).await;
    assert_eq!((good.outcome, good.remedy), (Outcome::Ok, None));
    assert!(good.detail.contains(AUTHORITY) && good.detail.contains("2100"), "{}", good.detail);

    let in_2099 = Timestamp::from_unix(4_070_908_800);
    let ending = trust_in(HOST, store.port, &roots, in_2099).await;
    assert_eq!(ending.outcome, Outcome::Warning);
    assert!(ending.detail.contains(AUTHORITY) && ending.remedy.unwrap().contains("TrustStore=system"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_says_that_the_pinned_roots_would_refuse_a_service() {
    let store = Store::start().await;
    let pinned = Roots::parse(AMAZON_ROOTS).unwrap();
    let refused = trust_in(HOST, store.port, &pinned, SystemClock.now()).await;
    assert_eq!(refused.outcome, Outcome::Wrong);
    assert!(
        refused.detail.contains("UnknownIssuer") && refused.detail.contains(AUTHORITY),
        "{}",
        refused.detail
    );
    assert!(refused.remedy.unwrap().contains("TrustStore=system"));

    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap().port();
    let unreachable = trust_in(HOST, closed, &pinned, SystemClock.now()).await;
    assert_eq!(unreachable.outcome, Outcome::Unknown);
    assert!(Roots::parse("").is_err() && Roots::parse(&AMAZON_ROOTS.replace("MII", "MIX")).is_err());
}

/// As docs/decisions/0005 and docs/operations/trust.md state.
#[test]
fn the_first_of_the_pinned_roots_ends_with_the_year_2037() {
    let roots = Roots::parse(AMAZON_ROOTS).unwrap();
    let first = roots.all().iter().min_by_key(|root| root.ends_at).unwrap();
    assert_eq!(first.ends_at, Timestamp::from_unix(2_145_916_799), "{} ends at {}", first.name, first.ends);
}
