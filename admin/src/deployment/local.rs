//! Connects to the server on this machine.

use std::net::Ipv4Addr;

use port_file::{LocalServer, Occupant};
use shared::environment::variable;

use super::{
    reached::Deployment,
    sdk,
    tables::{TABLES, of_pairs},
    target::Target,
};
use crate::error::AdminError;

/// Connects to the deployment of the server on this port.
pub(super) async fn connect(port: u16, target: &Target) -> Result<Deployment, AdminError> {
    let mut reached = Err(nobody(port)?);
    for server in LocalServer::find_all(port)? {
        reached = reach(server, port, target).await;
        if reached.is_ok() {
            break;
        }
    }
    reached
}

/// The error for a server that left no file.
fn nobody(port: u16) -> Result<AdminError, AdminError> {
    if !LocalServer::find_all(port)?.is_empty()
        || Occupant::of((Ipv4Addr::LOCALHOST, port).into()) != Occupant::Latchgate
    {
        return Ok(AdminError::NoLocalServer(port));
    }
    let folders: Vec<_> = LocalServer::folders()?.iter().map(|folder| folder.display().to_string()).collect();
    Ok(AdminError::ServerElsewhere { port, folders: folders.join(" or ") })
}

async fn reach(server: LocalServer, port: u16, target: &Target) -> Result<Deployment, AdminError> {
    let keyset = server.keyset_file.as_ref().map(|path| path.to_string_lossy().into_owned());
    let tables = TABLES.iter().map(|(id, name)| (*name, server.tables.get(*id).map_or("", String::as_str)));
    let keyset = keyset.as_deref().map(|path| (variable::KEYSET_FILE, path));
    let mails = [(variable::SIGN_UP, &server.sign_up), (variable::MAIL_FROM, &server.mail_from)];
    let mails = mails.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)));
    let environment = of_pairs(tables.chain(keyset).chain(mails));
    let sdk_config =
        sdk::at(&server.dynamodb_endpoint, server.dynamodb_access_key_id.as_deref(), target).await?;
    let mut deployment = Deployment::over(sdk_config, environment, server.url.clone());
    deployment.api_url = Some(server.url);
    answers(&deployment, port).await?;
    Ok(deployment)
}

/// Checks that the server's store answers: a server that was killed leaves its file behind.
async fn answers(deployment: &Deployment, port: u16) -> Result<(), AdminError> {
    let clients = deployment.table(variable::CLIENTS_TABLE)?;
    let described = clients.client.describe_table().table_name(&clients.name).send().await;
    described.map(drop).map_err(|_| AdminError::NoLocalServer(port))
}
