//! A native app's surroundings: a port for the browser's return (RFC 8252 section 7.3), and a user.

use std::{
    collections::HashMap,
    error::Error,
    fmt::Display,
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    time::Duration,
};

use url::Url;

pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

pub const SCOPES: [&str; 5] = ["openid", "profile", "email", "offline_access", "orders"];

/// The time to wait for a request on a new connection.
const PATIENCE: Duration = Duration::from_secs(1);

/// Waits for the browser.
pub struct Listener(TcpListener);

impl Listener {
    pub fn start() -> Result<Self> {
        Ok(Self(TcpListener::bind(("127.0.0.1", 0))?))
    }

    /// The URL of a path on it.
    pub fn url(&self, path: &str) -> Result<String> {
        Ok(format!("http://{}{path}", self.0.local_addr()?))
    }

    /// Shows the user the URL, waits until the browser opens this path, and returns the query's parameters.
    pub fn open(&self, url: &Url, path: &str) -> Result<HashMap<String, String>> {
        println!("Open {url}");
        loop {
            let (mut stream, _) = self.0.accept()?;
            // Browsers also open connections without a request.
            stream.set_read_timeout(Some(PATIENCE))?;
            let mut lines = BufReader::new(&stream).lines();
            let Some(Ok(first)) = lines.next() else { continue };
            // Closing a connection before its request is read would reset it.
            for line in lines {
                if line?.is_empty() {
                    break;
                }
            }
            let page = "You can close this page.";
            write!(
                stream,
                "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{page}",
                page.len()
            )?;
            let came = Url::parse(&self.url(first.split(' ').nth(1).unwrap_or_default())?)?;
            if came.path() == path {
                return Ok(came.query_pairs().into_owned().collect());
            }
        }
    }
}

/// The value of a variable that the task sets.
pub fn variable(name: &str) -> Result<String> {
    std::env::var(name).map_err(|error| format!("{name}: {error}").into())
}

/// Fails unless the claim holds.
pub fn hold(holds: bool, claim: impl Display) -> Result<()> {
    if holds { Ok(()) } else { Err(format!("this does not hold: {claim}").into()) }
}
