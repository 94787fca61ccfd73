//! Starts the sending of mails from the options.

use std::{path::PathBuf, sync::Arc};

use local::{
    engine::Streams,
    functions::{Deployment, FunctionsError},
    gateway::Gateway,
    mail_key::{self, MailKeyFileError},
    mails::{Delivery, Notices, NoticesError, Outbox},
    template::{Parameters, Template},
};
use secrecy::SecretString;
use shared::random::Random;

use crate::options::Options;

/// The key of links and codes in mails: kept beside the database or the keyset, otherwise in memory alone.
pub(crate) fn key(options: &Options, random: &dyn Random) -> Result<SecretString, MailKeyFileError> {
    let Some(beside) = options.db.as_ref().or(options.keyset.as_ref()) else {
        return Ok(mail_key::generate(random));
    };
    let mut name = beside.clone().into_os_string();
    name.push(".mail-key");
    mail_key::load_or_create(&PathBuf::from(name), random)
}

/// Whether this server sends mails: the parameters name their sender.
pub(crate) fn is_on(parameters: &Parameters) -> bool {
    parameters.value("MailFrom").is_some_and(|sender| !sender.is_empty())
}

/// Errors from starting the mailer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MailingError {
    #[error(transparent)]
    Functions(#[from] FunctionsError),
    #[error(transparent)]
    Notices(#[from] NoticesError),
}

/// Starts the mailer, unless the parameters name no sender. It sends until the process ends. Notices need the streams of
/// the embedded store.
pub(crate) async fn start(
    template: &Template,
    deployment: &Deployment,
    gateway: &Gateway,
    delivery: Delivery,
    streams: Option<Streams>,
) -> Result<(), MailingError> {
    if !is_on(&deployment.parameters) {
        return Ok(());
    }
    let outbox = Outbox::start(template, deployment, Arc::new(delivery))?;
    if let Some(streams) = streams {
        let notices = Notices::start(template, deployment, streams, outbox.mailer()).await?;
        tokio::spawn(notices.watch(gateway.asked_for_mail()));
    }
    tokio::spawn(outbox.watch(gateway.asked_for_mail()));
    Ok(())
}
