//! Measures the store alone: the SDK makes only the deciding write of a refresh.

use std::{collections::HashMap, sync::Arc};

use crate::{api, program::Failure};
use aws_sdk_dynamodb::{
    Client,
    types::{AttributeValue, ReturnValue},
};
use local::gateway::Gateway;
use shared::store::{SessionKey, attribute};

use super::{
    chain::{Chain, Ran, run},
    function::Place,
    store::{Kept, Store},
};

/// Replaces the generations of this many sessions concurrently.
pub(crate) async fn measure(kept: Kept, connections: usize, milliseconds: u64) -> Result<Ran, Failure> {
    let store = Store::start(kept)?;
    let Place { template, deployment } = Box::pin(Place::open(&store.endpoint)).await?;
    let gateway = Box::pin(Gateway::deploy(&template, &deployment)).await?;
    for _ in 0..connections {
        api::login(&gateway).await?;
    }
    let (client, table) = (&deployment.dynamodb, Arc::<str>::from(&*deployment.tables["SessionsTable"]));
    let stored = client.scan().table_name(&*table).send().await?.items.unwrap_or_default();
    let mut rows = Vec::with_capacity(connections);
    for item in &stored {
        let key = SessionKey::from_item(item)?.to_item();
        rows.push(Row { client: client.clone(), table: table.clone(), key, generation: generation(item)? });
    }
    Ok(run(rows, milliseconds, std::process::id()).await?.1)
}

/// The row of a session.
struct Row {
    client: Client,
    table: Arc<str>,
    key: HashMap<String, AttributeValue>,
    generation: u64,
}

impl Chain for Row {
    async fn advance(&mut self) -> Result<(), Failure> {
        let number = |generation: u64| AttributeValue::N(generation.to_string());
        let update = self
            .client
            .update_item()
            .table_name(&*self.table)
            .set_key(Some(self.key.clone()))
            .update_expression("SET #generation = :next")
            .condition_expression("#generation = :generation")
            .expression_attribute_names("#generation", attribute::GENERATION)
            .expression_attribute_values(":next", number(self.generation + 1))
            .expression_attribute_values(":generation", number(self.generation))
            .return_values(ReturnValue::AllNew);
        self.generation = generation(&update.send().await?.attributes.unwrap_or_default())?;
        Ok(())
    }
}

fn generation(item: &HashMap<String, AttributeValue>) -> Result<u64, Failure> {
    let generation = item.get(attribute::GENERATION).and_then(|value| value.as_n().ok());
    Ok(generation.ok_or("no generation")?.parse()?)
}
