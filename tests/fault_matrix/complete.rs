//! The rows match the code's calls: none is missing, and each row's call is made.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use local::template::Template;

use super::{
    case::Stage,
    flow::Flow,
    mails::{delivery_rows, rows_of_users},
    rows::{Row, rotation_rows, rows},
};

fn all_rows() -> Vec<Row> {
    Flow::all().flat_map(rows).chain(rotation_rows()).chain(delivery_rows()).chain(rows_of_users()).collect()
}

#[tokio::test]
async fn every_call_of_every_flow_has_a_row() {
    for flow in Flow::all() {
        let stage = Stage::set(flow).await;
        let (api, proxy) = stage.enter(&stage.fork().await).await;
        let answer = stage.send(&api).await;
        let mut made: Vec<String> = proxy.take_calls().into_iter().map(|(call, _)| call).collect();
        let mut listed: Vec<_> = rows(flow).into_iter().map(|row| row.call.to_owned()).collect();
        made.sort();
        listed.sort();
        assert_eq!(made, listed, "{flow:?}");
        stage.assert_answered(&answer);
        stage.assert_nothing_lost(&api).await;
        Box::pin(stage.assert_done(&api, &answer)).await;
    }
}

/// The actions that Lambda takes for the mailer, and that of its sender.
const ELSEWHERE: [&str; 4] = ["GetRecords", "GetShardIterator", "SendMessage", "SendEmail"];

/// This includes calls on rare paths: template.yaml allows only actions with a row, so without one they would be
/// forbidden.
#[test]
fn every_action_that_a_function_may_take_has_a_row() {
    let template = Template::of_project().unwrap();
    let mut allowed = BTreeMap::<String, BTreeSet<String>>::new();
    for (name, function) in template.functions(&template.parameters()).unwrap() {
        for statement in function.statements {
            for action in statement.actions {
                let (_, action) = action.split_once(':').unwrap();
                let resource = statement.resource.trim_end_matches("Table");
                allowed.entry(name.clone()).or_default().insert(format!("{action} {resource}"));
            }
        }
    }
    let mut listed = BTreeMap::<String, BTreeSet<String>>::new();
    for Row { function, call, .. } in all_rows() {
        // Permissions don't depend on the attributes that an update changes. A transaction needs the permissions of its
        // parts.
        for write in call.split(" & ") {
            let mut words = write.split(' ');
            let (actions, resource) = (words.next().unwrap(), words.next().unwrap());
            let calls = actions.split('+').map(|action| format!("{action} {resource}"));
            listed.entry(function.to_owned()).or_default().extend(calls);
        }
    }
    // Lambda's own actions for the mailer, and its sending, which `tests/accounts/outbox.rs` lets fail.
    let of_mailer = allowed.get_mut("mailer").unwrap();
    of_mailer.retain(|action| {
        let action = action.split(' ').next().unwrap();
        !action.ends_with("Stream") && !action.ends_with("Streams") && !ELSEWHERE.contains(&action)
    });
    // The functions get the key of links as it is here. `mails` has the tests of its secret.
    for function in ["accounts", "authorize", "mailer"] {
        allowed.get_mut(function).unwrap().remove("GetSecretValue MailKey");
    }
    assert_eq!(allowed, listed);
}

/// Permissions don't distinguish updates of one table, so this counts them in the code.
#[test]
fn every_update_in_the_code_has_a_row() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let functions = fs::read_dir(root.join("functions")).unwrap().map(|entry| entry.unwrap().path());
    let packages = functions.chain(["shared", "passwords", "mails"].map(|name| root.join(name)));
    let written: usize = packages.map(|package| updates(&package.join("src"))).sum();
    let rows = all_rows();
    let writes = rows.iter().flat_map(|row| row.call.split(" & "));
    let listed: BTreeSet<_> = writes.filter(|write| write.contains("UpdateItem ")).collect();
    // The binding of a successor (`tests/dpop/sessions.rs`); the cut-off by an operator; the notice of an attempt that counts for no network
    // (`tests/accounts/first_password.rs`); and the rows of clients that describe themselves
    // (`tests/client_documents/operators.rs`).
    let without_row = [
        "UpdateItem Sessions SET jkt",
        "UpdateItem Users SET not_before",
        "UpdateItem Users SET notice REMOVE network",
        "UpdateItem Clients",
    ];
    // A change of the address and its undo write the user's record by the same code.
    let with_two_rows = ["UpdateItem Users SET username"];
    assert_eq!(written + with_two_rows.len(), listed.len() + without_row.len(), "{listed:?}");
}

/// The number of update expressions below this path, except those of operators.
fn updates(path: &Path) -> usize {
    if path.is_dir() {
        return fs::read_dir(path).unwrap().map(|entry| updates(&entry.unwrap().path())).sum();
    }
    // An operator invites, and sends mails again.
    if ["operator.rs", "mails/src/invitation.rs", "mails/src/resend.rs"]
        .iter()
        .any(|file| path.ends_with(file))
    {
        return 0;
    }
    let code = fs::read_to_string(path).unwrap();
    code.split("#[cfg(test)]").next().unwrap().matches(".update_expression(").count()
}
