//! Why AWS doesn't let an operator in, each with what to do.

/// Why AWS doesn't let the operator in.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// No region is named anywhere.
    #[error(
        "no AWS region is set: say --region eu-west-1 (or yours), set AWS_REGION, or keep it with \
         `aws configure set region eu-west-1`"
    )]
    NoRegion,
    /// The profile isn't there.
    #[error(
        "there is no AWS profile {0} in ~/.aws/config and ~/.aws/credentials: `aws configure list-profiles` names those that \
         there are, and --profile or AWS_PROFILE chooses one"
    )]
    UnknownProfile(String),
    /// The files of the profiles can't be read.
    #[error(
        "the AWS profiles can't be read ({0}): mend ~/.aws/config or ~/.aws/credentials; `aws configure list` tries them"
    )]
    Malformed(String),
    /// A profile takes the credentials of one that isn't there.
    #[error(
        "the AWS profile {profile} has source_profile = {missing}, and there is no profile {missing}: `aws configure \
         list-profiles` names those that there are, and `aws configure set source_profile NAME --profile {profile}` chooses one"
    )]
    UnknownSource {
        /// The profile.
        profile: String,
        /// What it names.
        missing: String,
    },
    /// Profiles take each other's credentials.
    #[error(
        "the AWS profile {0} leads back to itself by source_profile: `aws configure set source_profile NAME --profile {0}` names \
         one with credentials of its own"
    )]
    SourceLoop(String),
    /// A profile has no credentials.
    #[error(
        "the AWS profile {0} has no credentials: give it some with `aws configure --profile {0}`, or a login with `aws configure \
         sso --profile {0}`"
    )]
    EmptyProfile(String),
    /// The login of IAM Identity Center is over, or there was none.
    #[error("the SSO login{} has expired, or there was none: `aws sso login{}`", of_profile(.0.as_deref()), option(.0.as_deref()))]
    SsoExpired(Option<String>),
    /// Nothing says who the operator is.
    #[error(
        "no AWS credentials were found: make some with `aws configure`, or sign in with `aws sso login` and say --profile \
         NAME, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    )]
    NoCredentials,
    /// What says it makes no sense, or who gives credentials failed.
    #[error(
        "no AWS credentials could be had{} ({reason}): `aws sts get-caller-identity{}` tries the same ones",
        of_profile(.profile.as_deref()),
        option(.profile.as_deref())
    )]
    Configuration {
        /// The profile, if one is named.
        profile: Option<String>,
        /// What the SDK says.
        reason: String,
    },
}

fn of_profile(profile: Option<&str>) -> String {
    profile.map(|name| format!(" of the profile {name}")).unwrap_or_default()
}

fn option(profile: Option<&str>) -> String {
    profile.map(|name| format!(" --profile {name}")).unwrap_or_default()
}
