//! What a function knows of AWS: what Lambda tells it in variables. It reads no file of profiles and asks no metadata
//! service, and no provider of credentials is built in that Lambda doesn't have: less to load, and less to be led astray by.

use aws_config::{BehaviorVersion, Region, SdkConfig, environment::EnvironmentVariableCredentialsProvider};
use aws_sdk_dynamodb::config::SharedCredentialsProvider;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

use super::{Trust, http_client, retries, timeouts};
use crate::environment::{Environment, EnvironmentError, variable};

/// What clients of AWS's services are made from. Credentials come from the process's own variables, so that they are kept
/// nowhere else.
///
/// # Errors
///
/// [`EnvironmentError`], if `AWS_REGION` is missing, or another of these variables makes no sense.
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

/// `true` or `false`, as the SDKs of all languages have it; absent: no.
fn flag(environment: &Environment, name: &'static str) -> Result<bool, EnvironmentError> {
    let value = environment.optional(name).unwrap_or("false").to_ascii_lowercase();
    value.parse().map_err(|_| EnvironmentError::Malformed(name))
}

/// Where services are, if not where AWS has them: `AWS_ENDPOINT_URL_DYNAMODB`, or `AWS_ENDPOINT_URL` for all.
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
    fn a_service_is_where_its_own_variable_says_or_that_of_all_or_where_aws_has_it() {
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
