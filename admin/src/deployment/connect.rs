//! Connects to the deployment that the options or the variables name.

use shared::environment::{Environment, variable};

use super::{
    endpoint, local,
    reached::Deployment,
    sdk, stack,
    tables::{TABLES, of_pairs},
    target::Target,
};
use crate::{error::AdminError, variables};

/// The variables that a store's deployment takes over from the process, in addition to the tables' names.
const OTHERS: [&str; 4] =
    [variable::KEYSET_SECRET, variable::KEYSET_FILE, variable::SIGN_UP, variable::MAIL_FROM];

impl Deployment {
    /// Connects to the deployment that the options name, otherwise the variables.
    ///
    /// # Errors
    ///
    /// [`AdminError`], if none is named, or it can't be reached.
    pub async fn connect(target: &Target) -> Result<Self, AdminError> {
        // clap can't check this: it treats options before and after a command separately.
        let named = [target.stack.is_some(), target.local.is_some(), target.endpoint.is_some()];
        if named.into_iter().filter(|is_named| *is_named).count() > 1 {
            return Err(AdminError::Usage(
                "--stack, --local and --endpoint each name a deployment: give only one of them",
            ));
        }
        if target.access_key_id.is_some() && target.endpoint.is_none() {
            return Err(AdminError::Usage("--access-key-id needs --endpoint"));
        }
        if let Some(port) = target.local {
            return local::connect(port, target).await;
        }
        if let Some(endpoint) = &target.endpoint {
            return Self::at(endpoint, target).await;
        }
        if let Some(stack) = target.stack.clone().or_else(variables::stack) {
            return stack::connect(&stack, target).await;
        }
        let environment = Environment::from_process();
        if TABLES.iter().all(|(_, name)| environment.optional(name).is_none()) {
            return Err(AdminError::NoDeployment);
        }
        Ok(Self::over(sdk::of_operator(target).await?, environment, "environment".to_owned()))
    }

    /// The deployment in this store. Its tables have their default names, unless variables set others.
    async fn at(endpoint: &str, target: &Target) -> Result<Self, AdminError> {
        let said = Environment::from_process();
        let tables = TABLES.map(|(id, name)| (name, said.optional(name).unwrap_or(id)));
        let others = OTHERS.into_iter().filter_map(|name| Some((name, said.optional(name)?)));
        let environment = of_pairs(tables.into_iter().chain(others));
        let sdk_config = sdk::at(endpoint, target.access_key_id.as_deref(), target).await?;
        let deployment = Self::over(sdk_config, environment, endpoint.to_owned());
        endpoint::check(&deployment.table(variable::CLIENTS_TABLE)?, endpoint).await?;
        Ok(deployment)
    }
}
