//! The code behind an operation as text, whose calls show its parameters and errors.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use local::template::{BoundRoute, Template};
use shared::route;

use crate::harness::openapi::Operation;

/// Parsed once, since a template takes a while.
static ROUTES: LazyLock<Vec<BoundRoute>> = LazyLock::new(|| {
    let template = Template::of_project().unwrap();
    template.api(&template.parameters()).unwrap().routes
});

/// The name of the function behind an operation.
pub(super) fn function(operation: &Operation) -> &'static str {
    // `authorize` answers the preflights of the pages below /account, in the same way.
    if operation.method == "OPTIONS" {
        return "metadata";
    }
    let is_it = |route: &&BoundRoute| {
        route.path.replace("+}", "}") == operation.path && route.method == operation.method
    };
    let route = ROUTES.iter().find(is_it);
    let route = route.unwrap_or_else(|| panic!("no function for {} {}", operation.method, operation.path));
    &route.function
}

/// The function's files without their tests, with the parts of `shared` that read the request.
pub(super) fn of(operation: &Operation) -> String {
    let function = function(operation);
    let mut code = match function {
        "accounts" => of_account(&operation.path),
        _ => of_package(function),
    };
    // One of its grants uses the other package's whole flow.
    if function == "token" {
        code.push_str(&of_package("refresh"));
    }
    if code.contains("client_credentials(request") {
        code.push_str(&read("shared/src/http/client_credentials.rs"));
    }
    if code.contains("callers.find(") {
        code.push_str(&read("passwords/src/caller.rs"));
    }
    code
}

/// The code of one of the endpoints of accounts by mail, which share a package: its request, and what it does with it.
fn of_account(path: &str) -> String {
    let [requests, mail, confirm, reset, email, account, all] = [
        "request.rs",
        "endpoints/mail.rs",
        "endpoints/confirm.rs",
        "endpoints/reset.rs",
        "endpoints/email.rs",
        "endpoints/account.rs",
        "endpoints/mod.rs",
    ]
    .map(|file| read(&format!("functions/accounts/src/{file}")));
    // A request, with the functions that read its parts.
    let parsed = |name: &str, parts: &[&str]| {
        let parts = parts.iter().map(|part| block(&requests, &format!("fn {part}("), "\n}\n"));
        std::iter::once(block(&requests, &format!("impl {name} {{"), "\n}\n"))
            .chain(parts)
            .collect::<String>()
    };
    let handled = |name: &str| block(&email, &format!("fn {name}("), "\n    }\n");
    let redeem = |password: &str| {
        let parsed = block(&requests, "impl RedeemRequest {", "\n}\n");
        let parsed = parsed.replace("required(password)", &format!("required(parameter::{password})"));
        parsed + block(&requests, "fn means(", "\n}\n")
    };
    let first_party = block(&all, "fn first_party(", "\n    }\n");
    match path {
        route::SIGNUP | route::FORGOT => {
            let ask = parsed("AskRequest", &["email", "language", "captcha"]);
            [&*ask, block(&mail, "fn ask(", "\n    }\n"), first_party].concat()
        }
        route::RESEND => {
            let resend = parsed("ResendRequest", &["captcha"]);
            [&*resend, block(&mail, "fn resend(", "\n    }\n"), first_party].concat()
        }
        route::SIGNUP_CONFIRM => [&*redeem("PASSWORD"), &confirm, first_party].concat(),
        // It opens no session, so a name of the device is ignored.
        route::RESET => [&*redeem("NEW_PASSWORD"), &reset, first_party].concat().replace("DEVICE_NAME", ""),
        route::EMAIL => {
            let asked = parsed("EmailRequest", &["email", "current_password", "language"]);
            asked + handled("ask_for_address")
        }
        route::EMAIL_CONFIRM => {
            [&*parsed("AddressRequest", &["means"]), handled("change_address"), first_party].concat()
        }
        route::EMAIL_UNDO => [&*parsed("UndoRequest", &[]), handled("undo_address"), first_party].concat(),
        route::ACCOUNT => parsed("DeletionRequest", &["current_password", "language"]) + &account,
        other => panic!("an endpoint without its code: {other}"),
    }
}

/// The part of a text from its only `start` to the next `end`.
fn block<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let mut found = text.split(start).skip(1);
    let block = found.next().unwrap_or_else(|| panic!("there is no {start}"));
    assert!(found.next().is_none(), "{start} is there twice");
    block.split(end).next().unwrap()
}

fn of_package(name: &str) -> String {
    let entries = fs::read_dir(root(&format!("functions/{name}/src"))).unwrap();
    let files = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    files.map(|file| without_tests(&fs::read_to_string(file).unwrap())).collect()
}

/// Whether an operation answers with pages.
pub(super) fn is_page(operation: &Operation) -> bool {
    function(operation) == "authorize"
}

/// A file of the project, without its tests.
pub(super) fn read(path: &str) -> String {
    without_tests(&fs::read_to_string(root(path)).unwrap())
}

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn without_tests(code: &str) -> String {
    code.split("#[cfg(test)]").next().unwrap().to_owned()
}

/// The identifiers after `before`: in `optional(parameter::SCOPE)`, `SCOPE`.
pub(super) fn named_after(code: &str, before: &str) -> BTreeSet<String> {
    let rest = code.split(before).skip(1);
    let names = rest
        .map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap().to_owned());
    names.filter(|name| !name.is_empty()).collect()
}
