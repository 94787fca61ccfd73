//! Sends mails by an SMTP server of yours.

use std::{fmt, net::IpAddr, str::FromStr, time::Duration};

use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
    transport::smtp::client::{Tls, TlsParameters},
};
use mailer::{AUTO_SUBMITTED, Correspondent, Mail, SendError};

/// The port on which a server speaks TLS from the start (RFC 8314 section 7.3).
const TLS_PORT: u16 = 465;
/// How long each answer of the server may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The address of an SMTP server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmtpServer {
    host: String,
    port: u16,
}

/// The text isn't the address of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an SMTP server is a host and a port, like 127.0.0.1:1025 or mail.example.com:587")]
pub struct MalformedServer;

/// The operating system's certificates can't be used.
#[derive(Debug, thiserror::Error)]
#[error("TLS can't be used with the server of --smtp")]
pub struct SmtpError(#[from] lettre::transport::smtp::Error);

/// A client of an SMTP server.
#[derive(Debug)]
pub struct Smtp(AsyncSmtpTransport<Tokio1Executor>);

impl FromStr for SmtpServer {
    type Err = MalformedServer;

    fn from_str(text: &str) -> Result<Self, MalformedServer> {
        let (host, port) = text.rsplit_once(':').ok_or(MalformedServer)?;
        let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let is_host = match inner {
            Some(inner) => inner.parse::<IpAddr>().is_ok_and(|ip| ip.is_ipv6()),
            None => {
                !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
            }
        };
        let port = port.parse().ok().filter(|port| *port != 0).ok_or(MalformedServer)?;
        let host = inner.unwrap_or(host).to_owned();
        is_host.then_some(Self { host, port }).ok_or(MalformedServer)
    }
}

impl fmt::Display for SmtpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

impl SmtpServer {
    fn is_on_this_machine(&self) -> bool {
        let ip = self.host.parse::<IpAddr>();
        self.host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
    }

    /// Whether mails are encrypted on their way to the server. A server on this machine has no certificate that anyone
    /// vouches for.
    fn tls(&self) -> Result<Tls, SmtpError> {
        let parameters = || TlsParameters::new(self.host.clone());
        Ok(match self.port {
            TLS_PORT => Tls::Wrapper(parameters()?),
            _ if self.is_on_this_machine() => Tls::None,
            _ => Tls::Opportunistic(parameters()?),
        })
    }
}

impl Smtp {
    /// A client of this server. It connects for each mail.
    ///
    /// # Errors
    ///
    /// [`SmtpError`], if the operating system's certificates can't be used.
    pub fn new(server: &SmtpServer) -> Result<Self, SmtpError> {
        let transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host);
        let transport = transport.port(server.port).tls(server.tls()?).timeout(Some(PATIENCE));
        Ok(Self(transport.build()))
    }

    /// Sends a mail.
    pub(super) async fn send(&self, mail: &Mail) -> Result<(), SendError> {
        let message = message(mail).map_err(|error| SendError::Rejected(error.to_string()))?;
        match self.0.send(message).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_permanent() => Err(SendError::Rejected(error.to_string())),
            // The server may have the mail, and be late with its answer.
            Err(error) if error.is_timeout() => Err(SendError::Unknown(shared::error::chain(&error))),
            Err(error) => Err(SendError::Failed(shared::error::chain(&error))),
        }
    }
}

/// Errors from writing a mail for SMTP.
#[derive(Debug, thiserror::Error)]
enum MessageError {
    #[error(transparent)]
    Address(#[from] lettre::address::AddressError),
    #[error(transparent)]
    Message(#[from] lettre::error::Error),
    #[error(transparent)]
    Header(#[from] lettre::message::header::InvalidHeaderName),
}

fn message(mail: &Mail) -> Result<Message, MessageError> {
    let (name, value) = AUTO_SUBMITTED;
    let name = HeaderName::new_from_ascii(name.to_owned())?;
    let mut message = Message::builder()
        .from(mailbox(&mail.from)?)
        .to(Mailbox::new(None, mail.to.as_str().parse::<Address>()?))
        .subject(&mail.subject)
        .raw_header(HeaderValue::new(name, value.to_owned()));
    if let Some(reply_to) = &mail.reply_to {
        message = message.reply_to(mailbox(reply_to)?);
    }
    Ok(message.multipart(MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone()))?)
}

fn mailbox(correspondent: &Correspondent) -> Result<Mailbox, MessageError> {
    Ok(Mailbox::new(correspondent.name.clone(), correspondent.address.as_str().parse()?))
}

#[cfg(test)]
mod tests {
    use mails::EmailAddress;

    use super::*;

    #[test]
    fn a_server_is_a_host_and_a_port() {
        for text in ["127.0.0.1:1025", "mail.example.com:587", "[::1]:25", "localhost:465"] {
            assert_eq!(text.parse::<SmtpServer>().unwrap().to_string(), text);
        }
        for bad in
            ["", "localhost", ":25", "localhost:", "localhost:0", "::1:25", "smtp://a:25", "a b:25", "[a]:25"]
        {
            assert_eq!(bad.parse::<SmtpServer>(), Err(MalformedServer), "{bad}");
        }
    }

    #[test]
    fn a_server_elsewhere_may_encrypt_and_one_here_need_not() {
        let tls = |text: &str| text.parse::<SmtpServer>().unwrap().tls().unwrap();
        for text in ["127.0.0.1:1025", "[::1]:25", "localhost:1025"] {
            assert!(matches!(tls(text), Tls::None), "{text}");
        }
        assert!(matches!(tls("mail.example.com:587"), Tls::Opportunistic(_)));
        assert!(matches!(tls("mail.example.com:465"), Tls::Wrapper(_)));
    }

    #[test]
    fn a_message_has_both_bodies_and_says_that_a_program_wrote_it() {
        let correspondent = |text| Correspondent::parse(text).unwrap();
        let mail = Mail {
            from: correspondent("Cửa hàng <latchgate@localhost>"),
            reply_to: Some(correspondent("help@example.com")),
            to: EmailAddress::parse("ada@example.com").unwrap(),
            subject: "Xác nhận".to_owned(),
            text: "plain".to_owned(),
            html: "<p>rich</p>".to_owned(),
        };
        let message = String::from_utf8(message(&mail).unwrap().formatted()).unwrap();
        for expected in [
            "To: ada@example.com\r\n",
            "Reply-To: help@example.com\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "multipart/alternative",
            "plain",
            "<p>rich</p>",
        ] {
            assert!(message.contains(expected), "{expected}: {message}");
        }
        let head = message.split("\r\n\r\n").next().unwrap();
        assert!(head.is_ascii() && head.contains("latchgate@localhost"), "{head}");
    }
}
