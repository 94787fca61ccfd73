//! The peer of a request, as the list of signed-in devices shows it.

use lambda_http::{Request, RequestExt, http::header, request::RequestContext};

use crate::{client::Client, network::Network};

/// The longest `User-Agent` that is kept, in characters.
const MAX_USER_AGENT_LEN: usize = 256;

/// The network address and the program that sent a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Peer {
    /// The network address as API Gateway saw it. Headers don't count: anyone can write them.
    pub address: Option<String>,
    /// `User-Agent`, printable ASCII, cut to 256 characters.
    pub user_agent: Option<String>,
}

impl Peer {
    /// The peer of this request.
    pub fn of(request: &Request) -> Self {
        let address = match request.request_context_ref() {
            Some(RequestContext::ApiGatewayV1(context)) => context.identity.source_ip.clone(),
            _ => None,
        };
        let user_agent = request.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        let user_agent = user_agent.map(|text| text.chars().take(MAX_USER_AGENT_LEN).collect::<String>());
        Self { address, user_agent: user_agent.filter(|text| !text.is_empty()) }
    }

    /// The network that the peer's requests, guesses and mails count for; `None`, if they count for none.
    pub fn network(&self) -> Option<Network> {
        Network::of(self.address.as_deref())
    }

    /// The same for requests of this client. A confidential client has proved that it is a server of the
    /// operator: all its users would be one network.
    pub fn network_at(&self, client: &Client) -> Option<Network> {
        if client.is_public() { self.network() } else { None }
    }
}
