//! Hands the streams of tables to the mailer, for the mails that users get without asking.

use std::{sync::Arc, time::Duration};

use mailer::Mailer;
use serde_json::{Value, json};
use shared::error::chain;
use tokio::{sync::Notify, time};

use crate::{
    engine::{Place, StreamError, Streams, sequence_number},
    functions::Deployment,
    tables::{self, TablesError},
    template::{StreamSource, Template, TemplateError},
};

/// The name of the mailer's package.
const MAILER: &str = "mailer";
/// The table that [`Outbox`](super::Outbox) reads itself.
const OUTBOX: &str = "MailsTable";
/// How often the streams are read.
const INTERVAL: Duration = Duration::from_secs(1);
/// The most records that are read at once.
const LIMIT: usize = 100;

/// The streams that the mailer reads besides the outbox's. The embedded store alone has them.
#[derive(Debug)]
pub struct Notices {
    streams: Streams,
    sources: Vec<Source>,
    mailer: Arc<Mailer>,
}

/// A table's stream, and how far it was read.
#[derive(Debug)]
struct Source {
    /// The name of the table.
    table: String,
    definition: StreamSource,
    after: Place,
}

/// Errors from starting.
#[derive(Debug, thiserror::Error)]
pub enum NoticesError {
    /// A stream's definition can't be read.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// A stream can't be turned on.
    #[error(transparent)]
    Tables(#[from] TablesError),
}

impl Notices {
    /// Turns the streams on that the template has, also in a database of an older release.
    ///
    /// # Errors
    ///
    /// [`NoticesError`], if one can't be turned on.
    pub async fn start(
        template: &Template,
        deployment: &Deployment,
        streams: Streams,
        mailer: Arc<Mailer>,
    ) -> Result<Self, NoticesError> {
        let mut sources = template.streams(MAILER, &deployment.parameters)?;
        sources.retain(|source| source.table != OUTBOX);
        tables::set_streams(&deployment.dynamodb, &deployment.tables, &sources).await?;
        let table = |id: &str| deployment.tables.get(id).cloned().unwrap_or_else(|| id.to_owned());
        let source = |definition: StreamSource| Source {
            table: table(&definition.table),
            definition,
            // From the beginning, since the records of the last run may not have been read. The mailer knows which it has
            // sent.
            after: Place::default(),
        };
        Ok(Self { streams, sources: sources.into_iter().map(source).collect(), mailer })
    }

    /// Hands records to the mailer as they come, and notifies `outbox` after each event. It never ends.
    pub async fn watch(mut self, outbox: Arc<Notify>) {
        let mut is_failing = false;
        loop {
            match self.pass(&outbox).await {
                Ok(()) => is_failing = false,
                // A store that is away for an hour makes one line.
                Err(error) if !is_failing => {
                    is_failing = true;
                    tracing::warn!("a stream can't be read: {}", chain(&error));
                }
                Err(_) => {}
            }
            time::sleep(INTERVAL).await;
        }
    }

    /// Reads each stream to its end, or to a record that the mailer failed at. That one comes again in the next pass.
    async fn pass(&mut self, outbox: &Notify) -> Result<(), StreamError> {
        for source in &mut self.sources {
            while source.advance(&self.streams, &self.mailer, outbox).await? {}
        }
        Ok(())
    }
}

impl Source {
    /// Hands over the next records. Returns whether there may be more to hand over now.
    async fn advance(
        &mut self,
        streams: &Streams,
        mailer: &Arc<Mailer>,
        outbox: &Notify,
    ) -> Result<bool, StreamError> {
        let records = streams.read(&self.table, &self.after, LIMIT).await?;
        let is_taken = |record: &&Value| {
            let filters = &self.definition.filters;
            filters.is_empty() || filters.iter().any(|filter| filter.takes(record))
        };
        let taken: Vec<&Value> = records.iter().filter(is_taken).collect();
        for batch in taken.chunks(self.definition.batch_size) {
            let failed = first_failure(mailer, batch).await;
            outbox.notify_one();
            if let Some(number) = failed {
                let before = records.iter().take_while(|record| sequence_number(record) != Some(&*number));
                if let Some(last) = before.last() {
                    self.after = Place::behind(last);
                }
                return Ok(false);
            }
        }
        if let Some(last) = records.last() {
            self.after = Place::behind(last);
        }
        Ok(records.len() == LIMIT)
    }
}

/// Hands a batch to the mailer in a separate task, so that a panic fails one event, as in Lambda. Returns the number of
/// the first record to hand over again: that of the answer, or of the batch if there is no answer.
async fn first_failure(mailer: &Arc<Mailer>, batch: &[&Value]) -> Option<String> {
    let number = |record: &&Value| sequence_number(record).map(str::to_owned);
    let event = json!({ "Records": batch });
    let mailer = mailer.clone();
    let Ok(Ok(answer)) = tokio::spawn(async move { mailer.handle(event).await }).await else {
        return batch.first().and_then(number);
    };
    let failed: Vec<&str> = answer["batchItemFailures"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|failure| failure["itemIdentifier"].as_str())
        .collect();
    batch.iter().filter_map(number).find(|number| failed.contains(&number.as_str()))
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue::{N, S};
    use mailer::{Mail, Sender, Sending};
    use secrecy::SecretString;
    use shared::{
        clock::{Clock, SystemClock},
        hash_cost::HashCost,
        random::SystemRandom,
        store::attribute,
    };
    use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

    use super::*;
    use crate::{
        engine::{self, AccessKeyId, Engine},
        functions::{Internet, Keyset},
        mails::Outbox,
        template::ApiKind,
    };

    /// Hands the subject of each mail to a test.
    #[derive(Debug)]
    struct Subjects(UnboundedSender<String>);

    impl Sender for Subjects {
        fn send<'a>(&'a self, mail: &'a Mail) -> Sending<'a> {
            self.0.send(mail.subject.clone()).unwrap();
            Box::pin(async { Ok(()) })
        }
    }

    struct Scene {
        deployment: Deployment,
        notices: Notices,
        outbox: Arc<Notify>,
        subjects: UnboundedReceiver<String>,
    }

    impl Scene {
        async fn start() -> Self {
            let engine = Engine::start(None, AccessKeyId::new("KEY")).await.unwrap();
            let template = Template::of_project().unwrap();
            let parameters = template.parameters().with("MailFrom", "login@example.com");
            let deployment = Deployment {
                api: ApiKind::Rest,
                parameters: parameters.with("Issuer", "https://login.example.com"),
                tables: tables::create(&template, &engine.client, "").await.unwrap(),
                keyset: Keyset::Secret("none".to_owned()),
                mail_key: SecretString::from("k".repeat(64)),
                aws: engine::config(&engine.endpoint(), "KEY"),
                dynamodb: engine.client,
                lambda_endpoint: None,
                authorizer_cache_ttl: None,
                clock: Arc::new(SystemClock),
                random: Arc::new(SystemRandom::new()),
                hash_cost: HashCost::PRODUCTION,
                web: Arc::new(Internet),
            };
            let (sender, subjects) = mpsc::unbounded_channel();
            let outbox = Outbox::start(&template, &deployment, Arc::new(Subjects(sender))).unwrap();
            let notices =
                Notices::start(&template, &deployment, engine.streams, outbox.mailer()).await.unwrap();
            let asked = Arc::new(Notify::new());
            tokio::spawn(outbox.watch(asked.clone()));
            Self { deployment, notices, outbox: asked, subjects }
        }

        async fn put(&self, table: &str, attributes: &[(&str, aws_sdk_dynamodb::types::AttributeValue)]) {
            let item = attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
            let put = self.deployment.dynamodb.put_item().table_name(table);
            put.set_item(Some(item.collect())).send().await.unwrap();
        }

        /// Changes a user's password, as far as the stream tells.
        async fn change_password(&self, user_id: &str) {
            let now = SystemClock.now();
            let attributes = [
                (attribute::USER_ID, S(user_id.to_owned())),
                (attribute::USERNAME, S(format!("{user_id}@example.com"))),
                (attribute::NOTICE, S("password_changed".to_owned())),
                (attribute::NOTICED_AT, N(now.to_string())),
            ];
            self.put("UsersTable", &attributes).await;
        }

        async fn pass(&mut self) {
            self.notices.pass(&self.outbox).await.unwrap();
        }

        async fn next(&mut self) -> String {
            time::timeout(Duration::from_secs(20), self.subjects.recv()).await.unwrap().unwrap()
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_record_with_a_notice_becomes_a_mail_once_and_others_none() {
        let mut scene = Scene::start().await;
        for user_id in ["bob", "eve"] {
            scene.put("UsersTable", &[(attribute::USER_ID, S(user_id.to_owned()))]).await;
        }
        scene.change_password("ada").await;
        for _ in 0..2 {
            scene.pass().await;
        }
        assert!(scene.next().await.contains("password"));
        // Read from the beginning, as after a restart.
        for source in &mut scene.notices.sources {
            source.after = Place::default();
        }
        scene.pass().await;
        scene.change_password("bob").await;
        scene.pass().await;
        scene.next().await;
        assert!(scene.subjects.try_recv().is_err(), "ada was told once");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_record_that_fails_comes_again_with_those_behind_it() {
        let mut scene = Scene::start().await;
        scene.change_password("ada").await;
        scene.pass().await;
        scene.next().await;
        scene.deployment.dynamodb.delete_table().table_name("MailsTable").send().await.unwrap();
        for user_id in ["bob", "eve"] {
            scene.change_password(user_id).await;
        }
        scene.pass().await;
        assert!(scene.subjects.try_recv().is_err());
        let template = Template::of_project().unwrap();
        tables::create(&template, &scene.deployment.dynamodb, "").await.unwrap();
        scene.pass().await;
        for _ in 0..2 {
            scene.next().await;
        }
    }
}
