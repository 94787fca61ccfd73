//! A store with sessions, and the functions over it.

use std::{sync::Arc, time::Duration};

use crate::{
    clock::SimulatedClock, deployment::deployment, lambda::context, program::Failure,
    store_process::StoreProcess, watch,
};
use authorizer::Authorizer;
use local::{
    functions::{Deployment, Keyset},
    gateway::Gateway,
    template::Template,
};
use refresh::Refresh;
use secrecy::ExposeSecret;
use shared::{
    ids::ClientId,
    keys::{self, KeysetDocument},
    lifetimes::Lifetimes,
    random::SystemRandom,
    scope::Scope,
};

use super::{
    kind::{Call, Held, Kind},
    load::{Batches, Load, load},
    rows::Rows,
    sample::Sample,
    scale::Step,
    start::{keep_unswept, of_authorizer},
};

/// A store with sessions in a separate process, and the functions in this one.
pub(crate) struct Place {
    pub(crate) template: Template,
    pub(crate) deployment: Deployment,
    keyset: KeysetDocument,
    refresh: Refresh,
    session: Authorizer,
    pub(crate) denylist: Authorizer,
    held: Vec<Held>,
    /// Keeps the store running.
    _store: StoreProcess,
}

impl Place {
    /// Opens a place that only has the demo clients and user.
    pub(crate) async fn open(clock: &Arc<SimulatedClock>) -> Result<Self, Failure> {
        let store = StoreProcess::start()?;
        let (template, deployment) = deployment(&store.endpoint, clock.clone()).await?;
        keep_unswept(&deployment).await?;
        // This publishes the keys.
        Box::pin(Gateway::deploy(&template, &deployment)).await?;
        let Keyset::Document(keyset) = &deployment.keyset else { return Err("no keyset".into()) };
        Ok(Self {
            keyset: (**keyset).clone(),
            refresh: Refresh::start(&context(&template, &deployment, "refresh")?).await?,
            session: Authorizer::start(&of_authorizer(&template, &deployment, "session")?).await?,
            denylist: Authorizer::start(&of_authorizer(&template, &deployment, "denylist")?).await?,
            held: Vec::new(),
            template,
            deployment,
            _store: store,
        })
    }

    /// Stores sessions. Refreshes a sample of them and keeps their tokens.
    pub(crate) async fn fill(&mut self, step: Step, sample: usize) -> Result<Load, Failure> {
        let (now, client_id) = (self.deployment.clock.now(), local::demo::PUBLIC_CLIENT_ID);
        let environment = context(&self.template, &self.deployment, "refresh")?.environment;
        let rows = Rows {
            client_id: ClientId::parse(client_id).ok_or("no client id")?,
            scope: Scope::parse("read write").ok_or("no scope")?,
            lifetimes: Lifetimes::from_environment(&environment)?,
            now,
            random: SystemRandom::new(),
        };
        let (tables, mut sample) = (&self.deployment.tables, Sample::of(sample));
        let tables = (&*tables["UsersTable"], &*tables["SessionsTable"]);
        let batches = Batches::new(&self.deployment.dynamodb);
        let stored = load(batches, tables, &rows, step, &mut sample).await?;
        let keyset = keys::Keyset::parse(&self.keyset.to_json())?;
        for token in sample.tokens {
            let token = keyset.refresh.encode(&token, &rows.client_id, now).expose_secret().to_owned();
            self.held.push(Held { refresh_token: token, access_token: String::new() });
        }
        for n in 0..self.held.len() {
            self.time(Kind::Refresh, n).await?;
        }
        Ok(stored)
    }

    /// Times a request for the nth session of the sample, counting cyclically.
    pub(crate) async fn time(&mut self, kind: Kind, n: usize) -> Result<Duration, Failure> {
        let n = n % self.held.len();
        let held = &self.held[n];
        let call = match kind {
            Kind::Refresh => Call::refresh(&self.refresh, held)?,
            Kind::Session => Call::authorize(&self.session, held)?,
            Kind::Denylist => Call::authorize(&self.denylist, held)?,
        };
        let started = watch::now();
        let tokens = call.make().await?;
        let time = started.elapsed();
        if let Some(tokens) = tokens {
            self.held[n] = Held::parse(&tokens)?;
        }
        Ok(time)
    }
}
