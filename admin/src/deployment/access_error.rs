//! Why AWS doesn't accept the operator, each with advice.

/// Why AWS doesn't accept the operator.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// No region is set.
    #[error(
        "no AWS region is set: pass --region eu-west-1 (or yours), set AWS_REGION, or save it with `aws \
         configure set region eu-west-1`"
    )]
    NoRegion,
    /// The profile doesn't exist.
    #[error(
        "there is no AWS profile {0} in ~/.aws/config and ~/.aws/credentials: `aws configure list-profiles` \
         lists the profiles, and --profile or AWS_PROFILE chooses one"
    )]
    UnknownProfile(String),
    /// The files with the profiles can't be read.
    #[error(
        "the AWS profiles can't be read ({0}): correct ~/.aws/config or ~/.aws/credentials; `aws configure \
         list` tests them"
    )]
    Malformed(String),
    /// A profile takes credentials from a profile that doesn't exist.
    #[error(
        "the AWS profile {profile} has source_profile = {missing}, and there is no profile {missing}: `aws \
         configure list-profiles` lists the profiles, and `aws configure set source_profile NAME --profile \
         {profile}` chooses one"
    )]
    UnknownSource {
        /// The profile.
        profile: String,
        /// The profile that it names.
        missing: String,
    },
    /// Profiles take credentials from each other in a circle.
    #[error(
        "the AWS profile {0} leads back to itself by source_profile: choose a profile that has credentials \
         with `aws configure set source_profile NAME --profile {0}`"
    )]
    SourceLoop(String),
    /// A profile has no credentials.
    #[error(
        "the AWS profile {0} has no credentials: add some with `aws configure --profile {0}`, or set up SSO \
         with `aws configure sso --profile {0}`"
    )]
    EmptyProfile(String),
    /// The IAM Identity Center login has expired, or doesn't exist.
    #[error("the SSO login{} has expired, or there was none: run `aws sso login{}`", of_profile(.0.as_deref()), option(.0.as_deref()))]
    SsoExpired(Option<String>),
    /// There are no credentials.
    #[error(
        "no AWS credentials were found: add some with `aws configure`, or sign in with `aws sso login` and \
         pass --profile NAME, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    )]
    NoCredentials,
    /// The credentials' configuration is malformed, or their provider failed.
    #[error(
        "the AWS credentials{} could not be loaded ({reason}): `aws sts get-caller-identity{}` tests the \
         same ones",
        of_profile(.profile.as_deref()),
        option(.profile.as_deref())
    )]
    Configuration {
        /// The profile, if one is named.
        profile: Option<String>,
        /// The SDK's message.
        reason: String,
    },
}

fn of_profile(profile: Option<&str>) -> String {
    profile.map(|name| format!(" of the profile {name}")).unwrap_or_default()
}

fn option(profile: Option<&str>) -> String {
    profile.map(|name| format!(" --profile {name}")).unwrap_or_default()
}
