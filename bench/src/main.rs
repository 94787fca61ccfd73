//! The benchmarks as one program: `bench PART [ARGUMENT…]`. `cargo xtask bench` builds it, and installs the programs to
//! compare with.
//!
//! A part that measures processes starts this program again, with the part's name and the process's role.

mod api;
mod clock;
mod denylist;
mod deployment;
mod growth;
mod instructions;
mod lambda;
mod login;
mod login_timing;
mod mail_timing;
mod peers;
mod program;
mod refresh;
mod report;
mod startup;
mod store_process;
mod timing;
mod verification;
mod watch;

use self::{program::Failure, store_process::StoreProcess};

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (part, arguments) = arguments.split_first().ok_or("no part is named")?;
    match part.as_str() {
        "denylist" => denylist::run(),
        "growth" => growth::run(arguments),
        "instructions" => instructions::run(arguments),
        "login" => login::run(arguments),
        "login-timing" => login_timing::run(arguments),
        "mail-timing" => mail_timing::run(arguments),
        "refresh" => refresh::run(arguments),
        "startup" => startup::run(arguments),
        "verification" => verification::run(arguments),
        StoreProcess::PART => StoreProcess::serve(arguments),
        _ => Err(format!("{part} is no part of the benchmarks").into()),
    }
}
