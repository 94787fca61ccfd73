//! A request as it is, over TCP: HTTP libraries send no odd ones.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

/// What came back, in lower case where case doesn't count.
#[derive(Debug)]
pub(crate) struct Raw {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Raw {
    /// Whether any header tells a browser that a page may read this.
    pub(crate) fn is_open_to_pages(&self) -> bool {
        self.head.contains("access-control-")
    }
}

/// Sends these lines to the server of this URL, and this body.
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
