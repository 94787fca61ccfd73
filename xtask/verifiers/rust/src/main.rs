//! Reads a token per line, and prints the verdict of the page's code.

use std::io::{BufRead, Write};

/// The page's code, unchanged.
#[expect(
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "the lines are those of an application, which has one clock and other modules"
)]
mod page {
    include!(concat!(env!("OUT_DIR"), "/page.rs"));
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let mut output = std::io::stdout();
    for token in std::io::stdin().lock().lines() {
        match page::verify(&token?).await {
            Ok(page::Claims { iss, aud, sub, client_id, sid, scope }) => {
                let rest = [iss, aud, sub, client_id, scope.unwrap_or_default()].join(" ");
                writeln!(output, "ok {sid} {rest}")?;
            }
            Err(error) => writeln!(output, "no {}", error.to_string().replace('\n', " "))?,
        }
        output.flush()?;
    }
    Ok(())
}
