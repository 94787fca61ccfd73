//! Who has a port.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// How long the other side may take, for each step.
const PATIENCE: Duration = Duration::from_secs(1);
/// As much of an answer as is read.
const MAX_ANSWER: u64 = 64 * 1024;
/// Where a server of Latchgate describes itself (RFC 8414).
const DOCUMENT: &str = "/.well-known/oauth-authorization-server";

/// Who has a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occupant {
    /// A server of Latchgate.
    Latchgate,
    /// Another program, or one that doesn't answer in time.
    Another,
    /// Nobody.
    Nobody,
}

impl Occupant {
    /// Asks who is at this address. It takes some seconds at most.
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
    write!(stream, "GET {DOCUMENT} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    // One that doesn't close the connection has said enough.
    let _ = stream.take(MAX_ANSWER).read_to_end(&mut answer);
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// The document names both endpoints as no other program's does.
fn is_of_latchgate(answer: &str) -> bool {
    let names = |member: &str, path: &str| {
        let value = answer.split_once(&format!("\"{member}\"")).and_then(|(_, rest)| rest.split('"').nth(1));
        value.is_some_and(|url| url.ends_with(path))
    };
    answer.starts_with("HTTP/1.1 200")
        && names("token_endpoint", "/refresh")
        && names("revocation_endpoint", "/logout")
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
    fn a_server_is_known_by_what_it_says_of_itself() {
        let ours = "HTTP/1.1 200 OK\r\n\r\n{\"issuer\":\"http://x\",\"token_endpoint\":\"http://x/refresh\",\
                    \"revocation_endpoint\": \"http://x/logout\"}";
        assert_eq!(Occupant::of(answering(ours)), Occupant::Latchgate);
        for other in [
            "",
            "SSH-2.0-x\r\n",
            "HTTP/1.1 404 Not Found\r\n\r\n",
            "HTTP/1.1 200 OK\r\n\r\n{\"token_endpoint\":\"http://x/token\",\"revocation_endpoint\":\"http://x/logout\"}",
        ] {
            assert_eq!(Occupant::of(answering(other)), Occupant::Another, "{other}");
        }
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert_eq!(Occupant::of(free), Occupant::Nobody);
    }
}
