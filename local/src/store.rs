//! The store that the options select.

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use local::{
    demo::Demo,
    engine::{self, AccessKeyId, Engine, EngineError, Streams},
    page::StoreKind,
    tables::TablesError,
};
use shared::{
    aws::{self, Trust},
    context::SdkConfig,
    error::chain,
    random::Random,
};

use crate::{banner::StoreAddress, options::Options};

/// The store, and the demo data in it.
pub(crate) struct Store {
    pub(crate) aws: SdkConfig,
    pub(crate) client: Client,
    pub(crate) address: StoreAddress,
    pub(crate) demo: Demo,
    /// The streams of the embedded store's tables.
    pub(crate) streams: Option<Streams>,
}

/// An error from a store that can't create tables: its reason, and what to do.
#[derive(Debug, thiserror::Error)]
#[error("the store at {endpoint} can't be used: {reason}{hint}")]
pub(crate) struct UnusableStore {
    endpoint: String,
    reason: String,
    hint: &'static str,
}

impl Store {
    /// Opens the store. An https endpoint means AWS, with the environment's credentials. Others reach it too, so the
    /// publicly known demo credentials are never written there.
    pub(crate) async fn open(options: &Options, random: &dyn Random) -> Result<Self, EngineError> {
        match &options.endpoint {
            Some(endpoint) if endpoint.starts_with("https:") => {
                let aws = aws_config::defaults(BehaviorVersion::latest())
                    .endpoint_url(endpoint)
                    .retry_config(aws::retries())
                    .timeout_config(aws::timeouts())
                    .http_client(aws::http_client(Trust::System));
                let address = StoreAddress { endpoint: endpoint.clone(), access_key_id: None };
                Ok(Self::over(aws.load().await, address, Demo::random(random)))
            }
            Some(endpoint) => Ok(Self::on_this_machine(endpoint.clone(), options.access_key_id.clone())),
            None => {
                let access_key_id = AccessKeyId::random(random);
                let engine = Engine::start(options.db.as_deref(), access_key_id.clone()).await?;
                let store = Self::on_this_machine(engine.endpoint(), access_key_id);
                // The functions themselves don't use the socket.
                Ok(Self { client: engine.client, streams: Some(engine.streams), ..store })
            }
        }
    }

    /// The error if tables can't be created, with its reason and what to do.
    pub(crate) fn without_tables(&self, error: &TablesError) -> UnusableStore {
        let endpoint = self.address.endpoint.clone();
        let reason = chain(error);
        let is_aws = endpoint.starts_with("https:");
        let hint = if reason.contains("redentials") && is_aws {
            ". No AWS credentials were found: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, which \
             `aws configure export-credentials --format env` prints of any profile"
        } else if reason.contains("region") && is_aws {
            ". No AWS region is set: set AWS_REGION"
        } else if reason.contains("UnrecognizedClientException") {
            ". Pass the access key ID that it expects with --access-key-id"
        } else if reason.contains("dispatch failure") {
            ". Check that the store is running, and its address"
        } else {
            ""
        };
        UnusableStore { endpoint, reason, hint }
    }

    fn on_this_machine(endpoint: String, access_key_id: AccessKeyId) -> Self {
        let aws = engine::config(&endpoint, access_key_id.expose());
        let address = StoreAddress { endpoint, access_key_id: Some(access_key_id) };
        Self::over(aws, address, Demo::well_known())
    }

    fn over(aws: SdkConfig, address: StoreAddress, demo: Demo) -> Self {
        Self { client: Client::new(&aws), aws, address, demo, streams: None }
    }
}

/// The kind of store, for the page.
pub(crate) fn kind(options: &Options) -> StoreKind {
    match (&options.endpoint, &options.db) {
        (Some(endpoint), _) => StoreKind::Elsewhere(endpoint.clone()),
        (None, Some(path)) => StoreKind::File(path.display().to_string()),
        (None, None) => StoreKind::Memory,
    }
}
