//! A function's AWS configuration, from the variables that Lambda sets. It reads no profile files, asks no
//! metadata service, and builds in no credential provider that Lambda lacks. So it loads less, and less can
//! mislead it.

use aws_config::{BehaviorVersion, Region, SdkConfig, environment::EnvironmentVariableCredentialsProvider};
use aws_sdk_dynamodb::config::SharedCredentialsProvider;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

use super::{Trust, http_client, retries, timeouts};
use crate::environment::{Environment, EnvironmentError, variable};

/// Returns the configuration for clients of AWS services. Credentials come from the process's own variables,
/// so they are kept nowhere else.
///
/// # Errors
///
/// [`EnvironmentError`], if `AWS_REGION` is missing or another of these variables is malformed.
pub fn config(environment: &Environment) -> Result<SdkConfig, EnvironmentError> {
    let region = environment.required(variable::AWS_REGION)?.to_owned();
    let credentials = SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new());
    Ok(SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region))
        .use_fips(flag(environment, variable::AWS_USE_FIPS_ENDPOINT)?)
        .use_dual_stack(flag(environment, variable::AWS_USE_DUALSTACK_ENDPOINT)?)
        .credentials_provider(credentials)
        .service_config(Endpoints(environment.clone()))
        .retry_config(retries())
        .timeout_config(timeouts())
        .http_client(http_client(Trust::from_environment(environment)?))
        .build())
}

/// Reads `true` or `false`, as the SDKs of all languages do. An absent variable means `false`.
fn flag(environment: &Environment, name: &'static str) -> Result<bool, EnvironmentError> {
    let value = environment.optional(name).unwrap_or("false").to_ascii_lowercase();
    value.parse().map_err(|_| EnvironmentError::Malformed(name))
}

/// The endpoints that replace AWS's own: `AWS_ENDPOINT_URL_DYNAMODB` for one service, `AWS_ENDPOINT_URL` for
/// all.
#[derive(Debug)]
struct Endpoints(Environment);

impl LoadServiceConfig for Endpoints {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let service = key.service_id().to_ascii_uppercase().replace(' ', "_");
        let of_service = self.0.optional(&format!("{}_{service}", key.env()));
        of_service.or_else(|| self.0.optional(key.env())).map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::config::Builder;

    use super::*;

    fn environment(more: &[(&str, &str)]) -> Environment {
        let region = (variable::AWS_REGION, "eu-central-1");
        let all = [region].into_iter().chain(more.iter().copied());
        Environment::from_variables(all.map(|(name, value)| (name.to_owned(), value.to_owned())))
    }

    fn endpoint(service: &'static str, environment: &Environment) -> Option<String> {
        let key =
            ServiceConfigKey::builder().service_id(service).env("AWS_ENDPOINT_URL").profile("endpoint_url");
        Endpoints(environment.clone()).load_config(key.build().unwrap())
    }

    #[test]
    fn an_endpoint_comes_from_its_own_variable_then_from_the_common_one() {
        let own = environment(&[
            (variable::AWS_ENDPOINT_URL, "http://all"),
            (variable::AWS_ENDPOINT_URL_SECRETS_MANAGER, "http://secrets"),
        ]);
        assert_eq!(endpoint("Secrets Manager", &own).as_deref(), Some("http://secrets"));
        assert_eq!(endpoint("DynamoDB", &own).as_deref(), Some("http://all"));
        assert_eq!(endpoint("DynamoDB", &environment(&[])), None);
    }

    #[test]
    fn the_sdk_asks_for_endpoints_by_these_names() {
        let dynamodb = environment(&[(variable::AWS_ENDPOINT_URL_DYNAMODB, "http://dynamodb")]);
        let client = Builder::from(&config(&dynamodb).unwrap()).build();
        assert!(format!("{client:?}").contains("http://dynamodb"));
    }

    #[test]
    fn a_flag_is_true_or_false_in_any_case() {
        let fips = |value| config(&environment(&[(variable::AWS_USE_FIPS_ENDPOINT, value)]));
        assert_eq!(fips("True").unwrap().use_fips(), Some(true));
        assert_eq!(fips("false").unwrap().use_fips(), Some(false));
        assert_eq!(config(&environment(&[])).unwrap().use_fips(), Some(false));
        assert_eq!(fips("yes").err(), Some(EnvironmentError::Malformed(variable::AWS_USE_FIPS_ENDPOINT)));
    }

    #[test]
    fn without_a_region_nothing_starts() {
        let error = config(&Environment::default()).err();
        assert_eq!(error, Some(EnvironmentError::Missing(variable::AWS_REGION)));
    }
}
