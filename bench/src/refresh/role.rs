//! What this program does where it was started by itself: each in a process of its own, so that its processor time is its own.

use std::{
    io::{Read, stdin},
    process::{Command, Stdio},
};

use crate::program::{Failure, itself};
use local::{gateway::Gateway, hosts::Hosts, server::serve};
use tokio::{net::TcpListener, runtime::Builder};

use super::{
    ceiling,
    chain::Ran,
    function::{self, Lines},
    server::{Found, MARK},
    store::{Kept, Store},
};

/// What a process of its own does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Role {
    /// Answers over HTTP, by the emulated gateway, with so many sessions.
    Gateway(Kept, usize),
    /// Calls the function, so many times at once, for so many milliseconds.
    Function(Kept, Lines, usize, u64),
    /// Asks the store for nothing but the write that decides.
    Ceiling(Kept, usize, u64),
}

impl Role {
    /// The role that the command line names, if it names one.
    pub(crate) fn parse(arguments: &[String]) -> Result<Option<Self>, Failure> {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        Ok(match arguments[..] {
            ["gateway", kept, sessions] => Some(Self::Gateway(Kept::parse(kept)?, sessions.parse()?)),
            ["function", kept, lines, connections, milliseconds] => Some(Self::Function(
                Kept::parse(kept)?,
                Lines::parse(lines)?,
                connections.parse()?,
                milliseconds.parse()?,
            )),
            ["ceiling", kept, connections, milliseconds] => {
                Some(Self::Ceiling(Kept::parse(kept)?, connections.parse()?, milliseconds.parse()?))
            }
            _ => None,
        })
    }

    /// This program, to be started in this role.
    pub(crate) fn command(self) -> Result<Command, Failure> {
        let mut command = itself("refresh")?;
        match self {
            Self::Gateway(kept, sessions) => {
                command.args(["gateway", kept.argument(), &sessions.to_string()])
            }
            Self::Function(kept, lines, connections, milliseconds) => {
                command.args(["function", kept.argument(), lines.argument()]);
                command.args([connections.to_string(), milliseconds.to_string()])
            }
            Self::Ceiling(kept, connections, milliseconds) => {
                command.args(["ceiling", kept.argument()]);
                command.args([connections.to_string(), milliseconds.to_string()])
            }
        };
        Ok(command)
    }

    /// What a role that measures has found, in another process.
    pub(crate) fn found(self) -> Result<Ran, Failure> {
        let output = self.command()?.stderr(Stdio::inherit()).output()?;
        let text = String::from_utf8(output.stdout)?;
        let found = text.lines().find_map(|line| line.strip_prefix(MARK));
        Ok(serde_json::from_str(found.ok_or("nothing was found")?)?)
    }

    /// Is what this process was started as.
    pub(crate) fn play(self) -> Result<(), Failure> {
        // The gateway has the threads that it has elsewhere, a function has one.
        let thread = Builder::new_current_thread().enable_all().build()?;
        match self {
            Self::Gateway(kept, sessions) => {
                let threads = Builder::new_multi_thread().enable_all().build()?;
                threads.block_on(answer(kept, sessions))
            }
            Self::Function(kept, lines, connections, milliseconds) => {
                say(&thread.block_on(function::measure(kept, lines, connections, milliseconds))?)
            }
            Self::Ceiling(kept, connections, milliseconds) => {
                say(&thread.block_on(ceiling::measure(kept, connections, milliseconds))?)
            }
        }
    }
}

fn say(found: &(impl serde::Serialize + ?Sized)) -> Result<(), Failure> {
    println!("{MARK}{}", serde_json::to_string(found)?);
    Ok(())
}

async fn answer(kept: Kept, sessions: usize) -> Result<(), Failure> {
    let store = Store::start(kept)?;
    let place = Box::pin(function::Place::open(&store.endpoint)).await?;
    let gateway = Box::pin(Gateway::deploy(&place.template, &place.deployment)).await?;
    let mut refresh_tokens = Vec::with_capacity(sessions);
    for _ in 0..sessions {
        refresh_tokens.push(crate::api::login(&gateway).await?.refresh_token);
    }
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("http://{}/refresh", listener.local_addr()?);
    let client_id = Some(local::demo::PUBLIC_CLIENT_ID.to_owned());
    say(&Found { pid: std::process::id(), url, client_id, refresh_tokens })?;
    let end = tokio::task::spawn_blocking(|| stdin().read_to_end(&mut Vec::new()));
    serve(listener, Hosts::of_this_machine(), gateway.into(), async { drop(end.await) }).await?;
    Ok(())
}
