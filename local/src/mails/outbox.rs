//! Has the waiting rows of the Mails table sent.

use std::{sync::Arc, time::Duration};

use mailer::{Mailer, Sender};
use mails::{Mailbox, Mails};
use shared::{context::StartError, error::chain};
use tokio::{sync::Notify, time::timeout};

use crate::{
    functions::{Deployment, FunctionsError},
    template::Template,
};

/// The name of the mailer's package.
const MAILER: &str = "mailer";
/// How often the table is read when nobody asks for a mail: to retry, and for what another server wrote.
const INTERVAL: Duration = Duration::from_secs(5);

/// The outbox and its mailer. This reads the table and no stream, so that it works with every store.
#[derive(Debug)]
pub struct Outbox {
    mails: Mails,
    mailer: Arc<Mailer>,
}

impl Outbox {
    /// Starts the mailer with the variables of its definition.
    ///
    /// # Errors
    ///
    /// [`FunctionsError`], if it doesn't start.
    pub fn start(
        template: &Template,
        deployment: &Deployment,
        sender: Arc<dyn Sender>,
    ) -> Result<Self, FunctionsError> {
        let definition = template.functions(&deployment.parameters)?.remove(MAILER);
        let definition = definition.ok_or_else(|| FunctionsError::Missing(MAILER.to_owned()))?;
        let context = deployment.context(definition);
        let mails = Mails::new(&context.environment, &context.dynamodb).map_err(StartError::from)?;
        Ok(Self { mails, mailer: Arc::new(Mailer::start_with(&context, sender)?) })
    }

    /// The mailer.
    pub fn mailer(&self) -> Arc<Mailer> {
        self.mailer.clone()
    }

    /// Has the waiting mails sent whenever `asked` is notified, and every few seconds. It never ends.
    pub async fn watch(self, asked: Arc<Notify>) {
        let mut is_failing = false;
        loop {
            match self.mails.unsent().await {
                Ok(waiting) => {
                    is_failing = false;
                    for mailbox in waiting {
                        self.send(mailbox).await;
                    }
                }
                // A store that is away for an hour is said once.
                Err(error) if !is_failing => {
                    is_failing = true;
                    tracing::warn!("the waiting mails can't be read: {}", chain(&error));
                }
                Err(_) => {}
            }
            // Whether somebody asked or the time is over, the table is read.
            let _ = timeout(INTERVAL, asked.notified()).await;
        }
    }

    /// Has the mail sent in a separate task, so that a panic fails one mail, as in Lambda. The mailer logs a failure, and
    /// the next reading of the table tries the mail again.
    async fn send(&self, mailbox: Mailbox) {
        let mailer = self.mailer.clone();
        let _ = tokio::spawn(async move { mailer.send(&mailbox).await }).await;
    }
}
