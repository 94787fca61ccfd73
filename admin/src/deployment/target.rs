//! The options that select a deployment.

use clap::Args;

/// The options that select a deployment.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Deployment")]
pub struct Target {
    /// The CloudFormation stack [env: LATCHGATE_STACK]
    #[arg(long, global = true, value_name = "NAME", conflicts_with_all = ["local", "endpoint"])]
    pub stack: Option<String>,
    /// The server that `cargo run` started on this port [default: 8787]
    #[arg(
        long,
        global = true,
        value_name = "PORT",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "8787",
        value_parser = local_port,
        conflicts_with = "endpoint"
    )]
    pub local: Option<u16>,
    /// A store: http for DynamoDB Local and the like, https for AWS
    #[arg(long, global = true, value_name = "URL", value_parser = endpoint)]
    pub endpoint: Option<String>,
    /// The access key ID for the store of --endpoint, if that isn't AWS [default: local]
    #[arg(long, global = true, value_name = "ID")]
    pub access_key_id: Option<String>,
    /// The region of the stack, instead of the profile's
    #[arg(long, global = true, value_name = "REGION")]
    pub region: Option<String>,
    /// The AWS profile with your credentials
    #[arg(long, global = true, value_name = "PROFILE")]
    pub profile: Option<String>,
}

/// Parses the port of a server on this machine, or its address.
pub(crate) fn local_port(text: &str) -> Result<u16, &'static str> {
    let bare = text.strip_prefix("http://").unwrap_or(text);
    let bare = bare.strip_suffix('/').unwrap_or(bare);
    let port = match bare.rsplit_once(':') {
        None => bare,
        Some(("" | "localhost" | "127.0.0.1" | "[::1]" | "0.0.0.0", port)) => port,
        Some(_) => return Err("--local takes the port of a server on this machine, like --local=8787"),
    };
    let port =
        Some(port).filter(|port| port.bytes().all(|b| b.is_ascii_digit())).and_then(|port| port.parse().ok());
    port.filter(|port| *port > 0).ok_or("a port is a number from 1 to 65535, like --local=8787")
}

/// Parses the endpoint of a store.
fn endpoint(text: &str) -> Result<String, &'static str> {
    if ["http://", "https://"].iter().any(|scheme| text.len() > scheme.len() && text.starts_with(scheme)) {
        Ok(text.to_owned())
    } else {
        Err("an endpoint is a URL, like http://localhost:8000")
    }
}
