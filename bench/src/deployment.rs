//! The stack over a store.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use keys::KeyPlan;
use local::{
    demo::Demo,
    engine::{self, ANY_ACCESS_KEY_ID},
    functions::{Deployment, Internet, Keyset},
    mail_key,
    seed::Seeder,
    tables,
    template::{ApiKind, Template},
};
use passwords::Passwords;
use shared::{clock::Clock, hash_cost::HashCost, random::SystemRandom};

use crate::program::Failure;

/// Deploys the template over this store, with the demo clients and user.
///
/// # Errors
///
/// If the template or the store can't be read or written.
pub(crate) async fn deployment(
    endpoint: &str,
    clock: Arc<dyn Clock>,
) -> Result<(Template, Deployment), Failure> {
    let (config, random) = (engine::config(endpoint, ANY_ACCESS_KEY_ID), Arc::new(SystemRandom::new()));
    let client = Client::new(&config);
    let template = Template::of_project()?;
    let tables = tables::create(&template, &client, "").await?;
    let seeder = Seeder { client: &client, tables: &tables };
    Demo::well_known().seed(&seeder, &Passwords::new(random.clone())).await?;
    let deployment = Deployment {
        api: ApiKind::Rest,
        parameters: template.parameters().with("Issuer", "https://issuer.example.com"),
        tables,
        keyset: Keyset::Document(Box::new(KeyPlan::default().first(clock.now(), &*random)?)),
        mail_key: mail_key::generate(&*random),
        lambda_endpoint: None,
        dynamodb: client,
        aws: config,
        authorizer_cache_ttl: None,
        clock,
        random,
        hash_cost: HashCost::PRODUCTION,
        web: Arc::new(Internet),
    };
    Ok((template, deployment))
}
