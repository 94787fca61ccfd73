//! The program that listens on a port.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// The time limit for each step of the exchange.
const PATIENCE: Duration = Duration::from_secs(1);
/// The most reads of one answer. Each may take [`PATIENCE`], and a program that sends a byte a second must not hold up
/// a start.
const MAX_READS: usize = 8;
/// Bytes of a read. The document has less than half as many.
const READ_LEN: usize = 4096;
/// The path of the authorization server metadata (RFC 8414).
const DOCUMENT: &str = "/.well-known/oauth-authorization-server";

/// The program that listens on a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occupant {
    /// A server of Latchgate.
    Latchgate,
    /// Another program, or one that doesn't answer in time.
    Another,
    /// No program listens.
    Nobody,
}

impl Occupant {
    /// Asks the program at this address for its metadata, for ten seconds at most.
    pub fn of(address: SocketAddr) -> Self {
        let Ok(stream) = TcpStream::connect_timeout(&address, PATIENCE) else { return Self::Nobody };
        match ask(stream, address) {
            Ok(answer) if is_of_latchgate(&answer) => Self::Latchgate,
            _ => Self::Another,
        }
    }
}

fn ask(mut stream: TcpStream, address: SocketAddr) -> std::io::Result<String> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    // In one write: a server that answers after the first part would close with the rest unread, and the reset of the
    // connection would lose its answer.
    let request = format!("GET {DOCUMENT} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let (mut answer, mut part) = (Vec::new(), [0; READ_LEN]);
    for _ in 0..MAX_READS {
        match stream.read(&mut part) {
            // A server may keep the connection open. The bytes that came within the time limit are enough.
            Ok(0) | Err(_) => break,
            Ok(len) => answer.extend_from_slice(&part[..len]),
        }
    }
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// Whether the document names its endpoints by the paths of this release or an earlier one.
fn is_of_latchgate(answer: &str) -> bool {
    let names = |member: &str, path: &str| {
        let value = answer.split_once(&format!("\"{member}\"")).and_then(|(_, rest)| rest.split('"').nth(1));
        value.is_some_and(|url| url.ends_with(path))
    };
    let has_pages = || names("authorization_endpoint", "/authorize") && names("token_endpoint", "/token");
    answer.starts_with("HTTP/1.1 200")
        && names("revocation_endpoint", "/logout")
        && (has_pages() || names("token_endpoint", "/refresh"))
}

#[cfg(test)]
mod tests {
    use std::{net::TcpListener, thread};

    use super::*;

    fn answering(answer: &'static str) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(answer.as_bytes());
        });
        address
    }

    #[test]
    fn a_server_is_recognised_by_its_metadata() {
        for ours in [
            "HTTP/1.1 200 OK\r\n\r\n{\"issuer\":\"http://x\",\"authorization_endpoint\":\"http://x/authorize\",\
             \"token_endpoint\":\"http://x/token\",\"token_endpoint_auth_methods_supported\":[\"none\"],\
             \"revocation_endpoint\": \"http://x/logout\"}",
            // From an earlier release.
            "HTTP/1.1 200 OK\r\n\r\n{\"issuer\":\"http://x\",\"token_endpoint\":\"http://x/refresh\",\
             \"revocation_endpoint\": \"http://x/logout\"}",
        ] {
            assert_eq!(Occupant::of(answering(ours)), Occupant::Latchgate, "{ours}");
        }
        for other in [
            "",
            "SSH-2.0-x\r\n",
            "HTTP/1.1 404 Not Found\r\n\r\n",
            "HTTP/1.1 200 OK\r\n\r\n{\"token_endpoint\":\"http://x/token\",\"revocation_endpoint\":\"http://x/logout\"}",
        ] {
            assert_eq!(Occupant::of(answering(other)), Occupant::Another, "{other}");
        }
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        assert_eq!(Occupant::of(silent.local_addr().unwrap()), Occupant::Another, "it never answers");
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert_eq!(Occupant::of(free), Occupant::Nobody);
    }
}
