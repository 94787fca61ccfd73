//! Raw requests over TCP: HTTP libraries can't send odd ones.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

/// A response, with case-insensitive parts in lower case.
#[derive(Debug)]
pub(crate) struct Raw {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Raw {
    /// Whether any header allows a page to read this.
    pub(crate) fn is_open_to_pages(&self) -> bool {
        self.head.contains("access-control-")
    }
}

/// Sends these lines and this body to the server at this URL.
pub(crate) fn send(url: &str, lines: &[&str], body: &str) -> Raw {
    let address = url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let head = lines.join("\r\n");
    let length = body.len();
    write!(stream, "{head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Raw { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
}
