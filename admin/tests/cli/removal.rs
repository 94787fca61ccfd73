//! `latchgate destroy` and `latchgate adopt` as a program: what is deleted, what stays, and how a second run
//! continues an interrupted one.

use aws_sdk_dynamodb::types::AttributeValue::S;
use serde_json::{Value, json};

use crate::harness::{
    Deployed, Ran, TABLES,
    account::{Account, KEYSET, MAIL_KEY, Stack},
    run,
};

const STACK: &str = "latchgate-prod";
const DESTROY: [&str; 5] = ["--stack", STACK, "destroy", "--confirm", STACK];
const ADOPT: [&str; 4] = ["--stack", STACK, "adopt", "--yes"];

/// A stack with protected tables, which have a row each.
async fn stack() -> (Deployed, Account) {
    let deployed = Deployed::embedded().await;
    for (id, _) in TABLES {
        let update = deployed.store.update_table().table_name(deployed.table(id));
        update.deletion_protection_enabled(true).send().await.unwrap();
    }
    deployed.client("shop").await;
    let account = Account::with(&deployed).await;
    (deployed, account)
}

/// The stacks of the HTTP API and of the alarms, which also import from each other.
fn add_own(account: &Account) {
    let http = Stack::new("latchgate-http", 2, "Latchgate - an HTTP API in front of the functions");
    let mut http = http.importing(STACK, "KeysetArn").with("AccessLog", "AWS::Logs::LogGroup", "http-log");
    http.outputs.insert("HttpApi".to_owned(), "x".to_owned());
    let alarms = Stack::new("latchgate-alarms", 3, "Latchgate - the alarms and the dashboard");
    let mut alarms = alarms.importing(STACK, "UsersTableName");
    alarms.imports.push("latchgate-http-HttpApi".to_owned());
    let mut world = account.world();
    world.stacks.extend([http, alarms]);
    world.log_groups.insert("http-log".to_owned());
}

impl Account {
    async fn run(&self, deployed: &Deployed, arguments: &[&str]) -> Ran {
        run(self.command(deployed, arguments), b"").await
    }
}

async fn tables(deployed: &Deployed) -> usize {
    deployed.store.list_tables().send().await.unwrap().table_names().len()
}

/// Makes a table with the keys of another.
async fn make_alike(deployed: &Deployed, like: &str, name: &str) {
    let like = deployed.store.describe_table().table_name(like).send().await.unwrap().table.unwrap();
    let create = deployed.store.create_table().table_name(name).billing_mode("PAY_PER_REQUEST".into());
    let create = create.set_key_schema(like.key_schema);
    create.set_attribute_definitions(like.attribute_definitions).send().await.unwrap();
}

/// Deletes a table, protected or not.
async fn drop_table(deployed: &Deployed, name: &str) {
    let update = deployed.store.update_table().table_name(name).deletion_protection_enabled(false);
    update.send().await.unwrap();
    deployed.store.delete_table().table_name(name).send().await.unwrap();
}

/// The result for each resource.
fn results(ran: &Ran) -> Vec<(String, String)> {
    let rows: Value = serde_json::from_str(&ran.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    rows.as_array().unwrap().iter().map(|row| (text(&row["name"]), text(&row["result"]))).collect()
}

#[tokio::test]
async fn destroy_deletes_the_stack_its_alarms_its_api_and_what_they_retain() {
    let (deployed, account) = stack().await;
    add_own(&account);
    let ran = account.run(&deployed, &DESTROY).await;
    ran.assert(0);
    assert_eq!(tables(&deployed).await, 0);
    let changes = account.take_changes();
    let stacks: Vec<_> = changes.iter().filter_map(|call| call.strip_prefix("DeleteStack ")).collect();
    let of = |name: &str| account.world().stack(name).id.clone();
    assert_eq!(stacks, [of("latchgate-alarms"), of("latchgate-http"), of(STACK)]);
    {
        let world = account.world();
        assert!(world.secrets[KEYSET] && world.secrets[MAIL_KEY], "they are to be deleted");
        assert_eq!(world.log_groups, ["latchgate-prod-AccessLog-12".to_owned()].into(), "another's stays");
        assert!(world.backups.is_empty());
    }
    let results = results(&ran);
    assert!(results.len() == 17 && results.iter().all(|(_, result)| result == "deleted"), "{results:?}");
    for said in [
        "stack latchgate-alarms (CREATE_COMPLETE)",
        "table ClientsTable: about 1 items",
        "role latchgate-prod-role, by which other APIs",
        "DynamoDB's own backup",
        "log group http-log",
    ] {
        assert!(ran.stderr.contains(said), "{said}: {ran:?}");
    }
    assert_eq!(deployed.events(), ["client_created", "stack_destroyed"]);

    // A repeated command finds nothing left, and asks for no confirmation.
    let again = account.run(&deployed, &DESTROY[..3]).await;
    assert!(again.assert(0).stderr.contains("Nothing is left of the stack latchgate-prod"), "{again:?}");
    assert_eq!(account.take_changes(), Vec::<String>::new());
}

#[tokio::test]
async fn the_account_and_the_region_are_printed_first() {
    let (deployed, account) = stack().await;
    let first = |ran: &Ran| ran.stderr.lines().next().unwrap_or_default().to_owned();
    let place = "in account 123456789012, region eu-west-1.";
    let asked = account.run(&deployed, &DESTROY[..3]).await;
    assert_eq!(first(asked.assert(4)), format!("The stack latchgate-prod is {place}"));

    account.world().stack(STACK).end();
    let is_to_be = format!("The new stack latchgate-prod will be {place}");
    assert_eq!(first(account.run(&deployed, &ADOPT[..3]).await.assert(4)), is_to_be);
    // If CloudFormation has forgotten the stack, the tables show it.
    let forgotten = std::mem::take(&mut account.world().stacks);
    let named: Vec<_> =
        TABLES.iter().flat_map(|(id, _)| ["--resource".to_owned(), format!("{id}={id}")]).collect();
    let named: Vec<_> = ADOPT[..3].iter().copied().chain(named.iter().map(String::as_str)).collect();
    assert_eq!(first(account.run(&deployed, &named).await.assert(4)), is_to_be);
    account.world().stacks = forgotten;
    account.run(&deployed, &ADOPT).await.assert(0);
    let again = account.run(&deployed, &ADOPT).await;
    assert_eq!(first(again.assert(0)), format!("The stack latchgate-prod is {place}"));
}

#[tokio::test]
async fn destroy_and_adopt_are_audited_before_anything_changes() {
    let (deployed, account) = stack().await;
    let announced = async |arguments: &[&str], first_write: &str, event: &str| {
        #[cfg(target_os = "linux")]
        {
            let ran = account.run(&deployed, &[&["--audit-log", "/dev/full"], arguments].concat()).await;
            assert!(ran.assert(1).stderr.contains("so nothing was changed"), "{ran:?}");
            assert_eq!(account.take_changes(), Vec::<String>::new());
        }
        account.world().refusals.insert(first_write.to_owned(), vec!["AccessDenied"; 9]);
        account.run(&deployed, arguments).await.assert(1);
        account.world().refusals.clear();
        account.take_changes();
        assert_eq!(deployed.events().last().unwrap(), event);
    };
    announced(&DESTROY, "DeleteStack", "stack_destroyed").await;
    account.world().stack(STACK).end();
    account.world().secrets.insert(KEYSET.to_owned(), true);
    announced(&ADOPT, "RestoreSecret", "stack_adopted").await;
    assert_eq!(deployed.events(), ["client_created", "stack_destroyed", "stack_adopted"]);

    // Repeating an interrupted command waits for the running operation, and records it too.
    account.run(&deployed, &ADOPT).await.assert(0);
    account.world().stack(STACK).status = "IMPORT_IN_PROGRESS".to_owned();
    let again = account.run(&deployed, &ADOPT).await;
    assert!(again.assert(0).stderr.contains("has the resources already"), "{again:?}");
    let adopted = deployed.events().iter().filter(|event| *event == "stack_adopted").count();
    assert_eq!(adopted, 3);
}

#[tokio::test]
async fn a_domain_of_the_http_api_is_detached_first() {
    let (deployed, account) = stack().await;
    add_own(&account);
    account.world().stack(STACK).parameters.insert("DomainApi".to_owned(), "abcdefghij".to_owned());
    let off =
        "domain of the stack latchgate-prod: taken off its HTTP API (DomainApi=none instead of abcdefghij)";
    let asked = account.run(&deployed, &DESTROY[..3]).await;
    assert!(asked.assert(4).stderr.contains(off), "{asked:?}");
    let ran = account.run(&deployed, &DESTROY).await;
    assert!(ran.assert(0).stderr.contains(off) && !ran.stderr.contains("doesn't answer now"), "{ran:?}");
    let changes = account.take_changes();
    assert!(changes[0].starts_with("UpdateStack") && changes[1].starts_with("DeleteStack"), "{changes:?}");
    let parameters = account.world().stack(STACK).parameters.clone();
    let value = |name: &str| parameters[name].as_str();
    assert_eq!((value("DomainApi"), value("ScopeRules")), ("none", "GET /a read"));
}

#[tokio::test]
async fn a_detached_domain_is_reported_if_its_stack_stays() {
    let (deployed, account) = stack().await;
    add_own(&account);
    account.world().stack(STACK).parameters.insert("DomainApi".to_owned(), "abcdefghij".to_owned());
    account.world().refusals.insert("UpdateStack".to_owned(), vec!["AccessDenied"]);
    let still_on = account.run(&deployed, &DESTROY).await;
    assert!(!still_on.assert(1).stderr.contains("doesn't answer now"), "{still_on:?}");
    account.world().stack("latchgate-http").fails = Some("AccessLog is in use");
    let off = account.run(&deployed, &DESTROY).await;
    let said = "The domain of the stack latchgate-prod doesn't answer now: its DomainApi is none, and was abcdefghij.";
    assert!(off.assert(1).stderr.contains(said), "{off:?}");
}

#[tokio::test]
async fn destroy_deletes_nothing_without_the_name_of_the_stack() {
    let (deployed, account) = stack().await;
    for (arguments, said) in [
        (&["--stack", STACK, "destroy"][..], "add --confirm latchgate-prod"),
        (&["--stack", STACK, "destroy", "--yes"], "add --confirm latchgate-prod"),
        (&["--stack", STACK, "destroy", "--confirm", "latchgate"], "nothing was changed"),
    ] {
        let ran = account.run(&deployed, arguments).await;
        assert!(ran.assert(4).stderr.contains(said), "{ran:?}");
    }
    assert_eq!(account.take_changes(), Vec::<String>::new());
    assert_eq!(deployed.events(), ["client_created"]);
    let local = account.run(&deployed, &["--local", "destroy"]).await;
    assert!(local.code == 2 && local.stderr.contains("--stack"), "{local:?}");
}

#[tokio::test]
async fn a_stack_that_can_not_or_must_not_go_is_left_as_it_is() {
    let (deployed, account) = stack().await;
    let untouched = async |code: i32, said: &str| {
        let ran = account.run(&deployed, &DESTROY).await;
        assert!(ran.assert(code).stderr.contains(said), "{ran:?}");
        assert_eq!(account.take_changes(), Vec::<String>::new());
    };
    let orders = Stack::new("orders", 2, "An API of our own").importing(STACK, "KeysetArn");
    account.world().stacks.push(orders);
    untouched(4, "others import from it: orders.").await;
    account.world().stacks.pop();

    account.world().stack(STACK).is_guarded = true;
    untouched(4, "--no-enable-termination-protection --stack-name latchgate-prod").await;
    account.world().stack(STACK).is_guarded = false;

    account.world().stack(STACK).status = "UPDATE_IN_PROGRESS".to_owned();
    untouched(1, "is UPDATE_IN_PROGRESS: wait").await;
    account.world().stack(STACK).status = "CREATE_COMPLETE".to_owned();

    account.world().refusals.insert("ListImports".to_owned(), vec!["AccessDenied"]);
    untouched(1, "CloudFormation did not list who imports").await;

    // Another product's stack: such table names are common.
    account.world().stack(STACK).description = "A shop".to_owned();
    account.world().stack(STACK).resources.retain(|resource| resource.id != "Keyset");
    untouched(4, "isn't Latchgate's").await;
    account.world().stacks.clear();
    untouched(3, "there is no stack latchgate-prod").await;
    assert_eq!(tables(&deployed).await, TABLES.len());
}

#[tokio::test]
async fn failed_deletions_are_reported_and_the_same_command_continues() {
    let (deployed, account) = stack().await;
    {
        let mut world = account.world();
        let denied = |operation: &str| (operation.to_owned(), vec!["AccessDeniedException"]);
        let keyset = format!("DeleteSecret {KEYSET}");
        world.refusals = [denied("DeleteTable UsersTable"), denied(&keyset)].into();
        world.refusals.insert("DeleteStack".to_owned(), vec!["Throttling", "Throttling"]);
        world.refusals.insert("DeleteTable ClientsTable".to_owned(), vec!["ResourceInUseException"]);
        world.stack(STACK).fails = Some("LoginFunction is in use");
    }
    let stuck = account.run(&deployed, &DESTROY).await;
    let said = "was not deleted (DELETE_FAILED): LoginFunction: LoginFunction is in use.";
    assert!(stuck.assert(1).stderr.contains(said), "{stuck:?}");
    assert_eq!(tables(&deployed).await, TABLES.len(), "a stack that stays keeps its tables");

    let some = account.run(&deployed, &DESTROY).await;
    assert!(some.assert(1).stderr.contains("2 could not be deleted"), "{some:?}");
    assert_eq!(tables(&deployed).await, 1);
    let failed: Vec<_> = results(&some).into_iter().filter(|(_, result)| result == "failed").collect();
    assert_eq!(failed.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["UsersTable", KEYSET]);
    assert!(some.stdout.contains("get-caller-identity"), "{some:?}");

    let rest = account.run(&deployed, &DESTROY).await;
    rest.assert(0);
    assert_eq!(results(&rest).len(), 2);
    assert_eq!((tables(&deployed).await, account.world().secrets[KEYSET]), (0, true));
}

#[tokio::test]
async fn leftovers_of_a_deleted_http_api_are_found() {
    // The log group could not be deleted, but the rest was.
    let (deployed, account) = stack().await;
    add_own(&account);
    // Another stack's HTTP API, and another product's stack.
    let others = Stack::new("other-http", 4, "Latchgate - an HTTP API").importing("other", "KeysetArn");
    let shop = Stack::new("shop", 5, "A shop").importing(STACK, "KeysetArn");
    for (mut stack, log) in [(others, "other-log"), (shop, "shop-log")] {
        stack = stack.with("AccessLog", "AWS::Logs::LogGroup", log);
        stack.end();
        account.world().log_groups.insert(log.to_owned());
        account.world().stacks.push(stack);
    }
    let denied = vec!["AccessDeniedException"];
    account.world().refusals.insert("DeleteLogGroup http-log".to_owned(), denied);
    let some = account.run(&deployed, &DESTROY).await;
    assert!(some.assert(1).stderr.contains("1 could not be deleted"), "{some:?}");
    let rest = account.run(&deployed, &DESTROY).await;
    assert_eq!(results(rest.assert(0)), [("http-log".to_owned(), "deleted".to_owned())]);
    assert!(
        rest.stderr.contains("stack latchgate-http (DELETE_COMPLETE), which is gone already"),
        "{rest:?}"
    );
    let again = account.run(&deployed, &DESTROY[..3]).await;
    assert!(again.assert(0).stderr.contains("Nothing is left"), "{again:?}");
    let left = ["latchgate-prod-AccessLog-12", "other-log", "shop-log"].map(str::to_owned);
    assert_eq!(account.world().log_groups, left.into());

    // The removal stopped before the log group.
    let (deployed, account) = stack().await;
    add_own(&account);
    account.world().stack("latchgate-alarms").end();
    account.world().stack("latchgate-http").end();
    let ran = account.run(&deployed, &DESTROY).await;
    let is_it = |(name, result): &(String, String)| name == "http-log" && result == "deleted";
    assert!(results(ran.assert(0)).iter().any(is_it), "{ran:?}");
    assert!(!account.world().log_groups.contains("http-log"));
}

#[tokio::test]
async fn logs_can_stay_and_backups_are_made_before_tables_go() {
    let (deployed, account) = stack().await;
    let arguments = [&DESTROY[..], &["--keep-logs", "--backup"]].concat();
    let ran = account.run(&deployed, &arguments).await;
    ran.assert(0);
    {
        let world = account.world();
        assert_eq!((world.log_groups.len(), world.backups.len()), (3, TABLES.len()));
        let at = |call: &str| world.calls.iter().position(|c| c == call).unwrap();
        assert!(at("CreateBackup UsersTable") < at("DeleteTable UsersTable"));
        let deleted = world.calls.iter().position(|call| call.starts_with("DeleteStack")).unwrap();
        assert!(deleted < at("CreateBackup ClientsTable"), "nothing writes to it any more");
    }
    assert!(ran.stdout.contains("table/UsersTable/backup/1"), "{ran:?}");
    // The logs of a deleted stack can be deleted later.
    account.run(&deployed, &DESTROY).await.assert(0);
    assert_eq!(account.world().log_groups.len(), 1);
}

#[tokio::test]
async fn a_table_deleted_with_its_stack_is_backed_up_before_it_loses_protection() {
    let (deployed, account) = stack().await;
    {
        let mut world = account.world();
        let stack = world.stack(STACK);
        stack.status = "ROLLBACK_FAILED".to_owned();
        stack.resources[0].status = "DELETE_FAILED".to_owned();
        stack.fails = Some("LoginFunction is in use");
        world.refusals.insert("DeleteTable UsersTable".to_owned(), vec!["AccessDeniedException"]);
    }
    let arguments = [&DESTROY[..], &["--backup"]].concat();
    let stays = account.run(&deployed, &arguments).await;
    let backup = "arn:aws:dynamodb:eu-west-1:123456789012:table/ClientsTable/backup/1";
    assert!(stays.assert(1).stderr.contains(backup), "{stays:?}");
    let changes = account.take_changes();
    let at = |begins: &str| changes.iter().position(|call| call.starts_with(begins)).unwrap();
    assert!(at("CreateBackup ClientsTable") < at("UpdateTable ClientsTable"), "{changes:?}");

    // The row of a table that remains after its backup has the backup's ARN.
    let some = account.run(&deployed, &arguments).await;
    let rows: Value = serde_json::from_str(&some.assert(1).stdout).unwrap();
    let users = rows.as_array().unwrap().iter().find(|row| row["name"] == "UsersTable").unwrap();
    assert_eq!(users["result"], "failed");
    assert!(users["detail"].as_str().unwrap().contains("table/UsersTable/backup/1"), "{users}");
}

#[tokio::test]
async fn a_table_that_cannot_be_backed_up_stays() {
    let (deployed, account) = stack().await;
    account.world().refusals.insert("CreateBackup UsersTable".to_owned(), vec!["AccessDeniedException"]);
    let ran = account.run(&deployed, &[&DESTROY[..], &["--backup"]].concat()).await;
    assert!(ran.assert(1).stdout.contains("DynamoDB did not carry out CreateBackup"), "{ran:?}");
    let left = deployed.store.list_tables().send().await.unwrap();
    assert_eq!(left.table_names(), ["UsersTable"]);
}

#[tokio::test]
async fn resources_adopted_or_named_by_another_stack_are_never_deleted() {
    let (deployed, account) = stack().await;
    account.world().stack(STACK).end();
    let adopted = ["--stack", "latchgate-2", "adopt", "--from", STACK, "--yes"];
    account.run(&deployed, &adopted).await.assert(0);
    account.take_changes();
    let ran = account.run(&deployed, &DESTROY).await;
    ran.assert(0);
    assert!(results(&ran).iter().all(|(_, result)| result == "kept"), "{ran:?}");
    assert_eq!(account.take_changes(), Vec::<String>::new());

    // A change set that was never executed names the tables, but owns none.
    for status in ["REVIEW_IN_PROGRESS", "IMPORT_ROLLBACK_COMPLETE"] {
        account.world().stack("latchgate-2").status = status.to_owned();
        let named = account.world().stack("latchgate-2").clone();
        let destroy = ["--stack", "latchgate-2", "destroy", "--confirm", "latchgate-2"];
        account.run(&deployed, &destroy).await.assert(0);
        *account.world().stack("latchgate-2") = named;
    }
    assert_eq!((tables(&deployed).await, account.world().secrets[KEYSET]), (TABLES.len(), false));
}

#[tokio::test]
async fn debris_of_failed_deployments_is_cleaned_up_a_stack_at_a_time() {
    let (deployed, account) = stack().await;
    {
        let mut world = account.world();
        world.stack(STACK).end();
        world.stack(STACK).status = "ROLLBACK_COMPLETE".to_owned();
        // An earlier attempt, which left one table.
        let mut first = world.stack(STACK).clone();
        first.id += "-first";
        first.status = "DELETE_COMPLETE".to_owned();
        first.resources.retain(|resource| resource.id == "UsersTable");
        first.resources[0].name = "UsersTable-first".to_owned();
        world.stacks.insert(0, first);
    }
    make_alike(&deployed, "UsersTable", "UsersTable-first").await;
    let ran = account.run(&deployed, &DESTROY).await;
    ran.assert(0);
    assert_eq!(deployed.store.list_tables().send().await.unwrap().table_names(), ["UsersTable-first"]);
    let earlier = account.world().stacks[0].id.clone();
    assert!(ran.stderr.contains(&format!("latchgate --stack {earlier} destroy")), "{ran:?}");
    account.run(&deployed, &DESTROY).await.assert(0);
    assert_eq!(tables(&deployed).await, 1, "only the latest is meant by its name");
    account.run(&deployed, &["--stack", &earlier, "destroy", "--confirm", STACK]).await.assert(0);
    assert_eq!(tables(&deployed).await, 0);
}

#[tokio::test]
async fn a_table_that_kept_a_stack_from_going_loses_its_protection_first() {
    let (deployed, account) = stack().await;
    {
        let mut world = account.world();
        let stack = world.stack(STACK);
        stack.status = "ROLLBACK_FAILED".to_owned();
        stack.resources[0].status = "DELETE_FAILED".to_owned();
    }
    account.run(&deployed, &DESTROY).await.assert(0);
    let changes = account.take_changes();
    let at = |begins: &str| changes.iter().position(|call| call.starts_with(begins)).unwrap();
    assert!(at("UpdateTable ClientsTable") < at("DeleteStack"), "{changes:?}");
    assert!(at("DeleteStack") < at("UpdateTable UsersTable"), "{changes:?}");
}

#[tokio::test]
async fn adopt_takes_in_the_leftovers_of_a_deleted_stack() {
    let (deployed, account) = stack().await;
    account.world().stack(STACK).end();
    for secret in [KEYSET, MAIL_KEY] {
        account.world().secrets.insert(secret.to_owned(), true);
    }
    let ran = account.run(&deployed, &ADOPT).await;
    ran.assert(0);
    assert_eq!(results_of_adoption(&ran), 13);
    {
        let mut world = account.world();
        assert_eq!(world.stack(STACK).status, "IMPORT_COMPLETE");
        assert!(!world.secrets[KEYSET] && !world.secrets[MAIL_KEY], "they aren't to be deleted any more");
        let users = &world.templates[0]["Resources"]["UsersTable"]["Properties"];
        assert_eq!(users["DeletionProtectionEnabled"], true);
        assert_eq!(users["KeySchema"], json!([{ "AttributeName": "user_id", "KeyType": "HASH" }]));
        let sessions = &world.templates[0]["Resources"]["SessionsTable"]["Properties"];
        let ttl = json!({ "AttributeName": "expires_at", "Enabled": true });
        assert_eq!(sessions["TimeToLiveSpecification"], ttl);
        assert_eq!(world.templates[0]["Resources"]["Keyset"]["Properties"]["SecretString"], "{}");
        let mails = &world.templates[0]["Resources"]["MailsTable"]["Properties"];
        assert_eq!(mails["StreamSpecification"], json!({ "StreamViewType": "KEYS_ONLY" }));
        let key = &world.templates[0]["Resources"]["MailKey"]["Properties"];
        assert_eq!(key["GenerateSecretString"], json!({ "PasswordLength": 64, "ExcludePunctuation": true }));
        assert_eq!(world.templates[0]["Resources"]["AccessLog"]["Properties"]["RetentionInDays"], 90);
    }
    let next = "sam deploy --stack-name latchgate-prod --parameter-overrides Issuer=https://login.example.com \
                'ScopeRules=\"GET /a read\"' TableProtection=on";
    assert!(ran.stderr.contains(next), "{ran:?}");
    assert_eq!(deployed.events(), ["client_created", "stack_adopted"]);
    assert_eq!(deployed.items("ClientsTable").await.len(), 1);

    let doctor = account.run(&deployed, &["--stack", STACK, "doctor"]).await;
    assert!(doctor.assert(1).stderr.contains("sam deploy --stack-name latchgate-prod"), "{doctor:?}");
    account.take_changes();
    let again = account.run(&deployed, &ADOPT).await;
    assert_eq!(results_of_adoption(again.assert(0)), 13);
    assert!(again.stderr.contains("has the resources already") && again.stderr.contains(next), "{again:?}");
    assert_eq!(account.take_changes(), Vec::<String>::new());
}

#[tokio::test]
async fn leftovers_of_an_earlier_release_can_be_adopted_and_destroyed() {
    let (deployed, account) = stack().await;
    for id in ["CodesTable", "ConsentsTable", "MailsTable"] {
        drop_table(&deployed, id).await;
        account.world().stack(STACK).resources.retain(|resource| resource.id != id);
    }
    account.world().stack(STACK).resources.retain(|resource| resource.id != "MailKey");
    account.world().stack(STACK).end();
    let ran = account.run(&deployed, &ADOPT).await;
    assert_eq!(results_of_adoption(ran.assert(0)), 9);
    {
        let mut world = account.world();
        assert_eq!(world.stack(STACK).status, "IMPORT_COMPLETE");
        let taken = &world.templates[0]["Resources"];
        assert!(taken["UsersTable"].is_object() && taken["CodesTable"].is_null(), "{taken}");
        // Only these tables show that it is Latchgate's.
        world.stack(STACK).description = "ours".to_owned();
    }
    account.run(&deployed, &DESTROY).await.assert(0);
    assert_eq!(tables(&deployed).await, 0);
}

fn results_of_adoption(ran: &Ran) -> usize {
    let rows: Value = serde_json::from_str(&ran.stdout).unwrap();
    rows.as_array().unwrap().iter().filter(|row| row["id"].is_string()).count()
}

#[tokio::test]
async fn adopt_refuses_resources_that_do_not_fit() {
    let (deployed, account) = stack().await;
    let refused = async |arguments: &[&str], code: i32, said: &str| {
        let ran = account.run(&deployed, &[&ADOPT[..], arguments].concat()).await;
        assert!(ran.assert(code).stderr.contains(said), "{said}: {ran:?}");
        assert_eq!(account.take_changes(), Vec::<String>::new());
    };
    refused(&[], 4, "the stack latchgate-prod exists already (CREATE_COMPLETE)").await;
    account.world().stack(STACK).end();
    refused(&["--resource", "UsersTable=CredentialsTable"], 4, "its key isn't user_id").await;
    refused(&["--resource", "SessionsTable=UsersTable"], 4, "its key isn't user_id and session_key").await;
    refused(&["--resource", "UsersTable=nobodys"], 4, "nobodys can't be the UsersTable: it isn't there")
        .await;
    refused(&["--resource", "OrdersTable=orders"], 2, "choose one of ClientsTable,").await;
    refused(&["--resource", "OrdersTable"], 2, "logical id and its name").await;
    account.world().streams.insert("MailsTable".to_owned(), "NEW_IMAGE");
    refused(&[], 4, "its stream has NEW_IMAGE in the place of KEYS_ONLY").await;
    account.world().streams.insert("MailsTable".to_owned(), "KEYS_ONLY");
    refused(&["--from", "nobody"], 3, "knows no deleted stack nobody in eu-west-1").await;
    let id = account.world().stack(STACK).id.clone();
    let other = Stack::new("other", 2, "x").with("UsersTable", "AWS::DynamoDB::Table", "UsersTable");
    account.world().stacks.push(other);
    refused(&["--from", &id], 4, "UsersTable belongs to the stack other").await;
    account.world().stacks.pop();

    let expiry = aws_sdk_dynamodb::types::TimeToLiveSpecification::builder();
    let expiry = expiry.attribute_name("created_at").enabled(true).build().unwrap();
    let update = deployed.store.update_time_to_live().table_name("UsersTable");
    update.time_to_live_specification(expiry).send().await.unwrap();
    refused(&[], 4, "its items expire by created_at").await;

    drop_table(&deployed, "UsersTable").await;
    refused(&[], 3, "these tables are missing: UsersTable").await;
    // Even a complete set of tables isn't guessed if CloudFormation has forgotten the stack.
    account.world().stacks.clear();
    refused(&[], 3, "--resource ClientsTable=NAME").await;
    for id in ["UsersTable", "ConsentsTable"] {
        let name = format!("{STACK}-{id}-1ABC");
        make_alike(&deployed, "ConsentsTable", &name).await;
        refused(&[], 3, &format!("these may be its tables: --resource {id}={name}")).await;
        deployed.store.delete_table().table_name(name).send().await.unwrap();
    }
}

#[tokio::test]
async fn adopt_takes_an_earlier_stacks_tables_only_by_its_arn() {
    let (deployed, account) = stack().await;
    let (earlier, later) = {
        let mut world = account.world();
        world.stack(STACK).end();
        let mut later = world.stack(STACK).clone();
        later.id += "-later";
        // It left a table that is gone now, and the other resources it lists don't count.
        let users = later.resources.iter_mut().find(|resource| resource.id == "UsersTable").unwrap();
        users.name = "UsersTable-later".to_owned();
        world.stacks.push(later);
        // A failed deployment that left nothing.
        let mut failed = Stack::new(STACK, 3, "Latchgate - login, refresh and logout");
        failed.status = "DELETE_COMPLETE".to_owned();
        world.stacks.push(failed);
        (world.stacks[0].id.clone(), world.stacks[1].id.clone())
    };
    let refused = account.run(&deployed, &ADOPT).await;
    for said in [
        format!("{later}, deleted 2026-11-02T00:00:00Z lacks UsersTable."),
        format!("all of its tables: {earlier}, deleted 2026-11-01T00:00:00Z."),
        format!("--from {earlier}."),
    ] {
        assert!(refused.assert(4).stderr.contains(&said), "{said}: {refused:?}");
    }
    assert_eq!(account.take_changes(), Vec::<String>::new());
    let meant = account.run(&deployed, &[&ADOPT[..], &["--from", &earlier]].concat()).await;
    let said = format!("The stack latchgate-prod left ({earlier}, deleted 2026-11-01T00:00:00Z):");
    assert!(meant.assert(0).stderr.contains(&said), "{meant:?}");
}

#[tokio::test]
async fn tables_keep_the_key_that_they_are_encrypted_with() {
    let (deployed, account) = stack().await;
    let [old, new] = ["old", "new"].map(|key| format!("arn:aws:kms:eu-west-1:123456789012:key/{key}"));
    account.world().stack(STACK).parameters.insert("KmsKeyArn".to_owned(), old.clone());
    account.world().stack(STACK).end();
    account.world().keys = TABLES.map(|(table, _)| (table.to_owned(), new.clone())).into();
    let ran = account.run(&deployed, &ADOPT).await;
    assert!(ran.assert(0).stderr.contains(&format!("KmsKeyArn={new}")), "{ran:?}");
    assert!(ran.stderr.contains("but no earlier stack is known to have had"), "{ran:?}");
    assert!(!ran.stderr.contains(&old), "{ran:?}");
    let template = account.world().templates[0].clone();
    let specification = &template["Resources"]["UsersTable"]["Properties"]["SSESpecification"];
    assert_eq!(specification, &json!({ "SSEEnabled": true, "SSEType": "KMS", "KMSMasterKeyId": new }));

    // A restored table has the default.
    account.world().keys.remove("UsersTable");
    let differ = account.run(&deployed, &ADOPT).await;
    assert!(differ.assert(0).stderr.contains("different keys"), "{differ:?}");
    assert!(differ.stderr.contains("UsersTable: DynamoDB's own"), "{differ:?}");
}

#[tokio::test]
async fn an_import_that_fails_changes_nothing_and_can_be_repeated() {
    let (deployed, account) = stack().await;
    account.world().stack(STACK).end();
    for (is_early, said) in [(true, "Resources are in use"), (false, "UsersTable: it is another's")] {
        account.world().import_fails = Some((is_early, "Resources are in use"));
        let ran = account.run(&deployed, &ADOPT).await;
        assert!(ran.assert(1).stderr.contains(said), "{ran:?}");
        assert!(ran.stderr.contains("They are unchanged"), "{ran:?}");
    }
    account.world().refusals.insert("CreateChangeSet".to_owned(), vec!["AccessDenied"]);
    let denied = account.run(&deployed, &ADOPT).await;
    assert!(denied.assert(1).stderr.contains("get-caller-identity"), "{denied:?}");
    assert_eq!(tables(&deployed).await, TABLES.len());
    account.run(&deployed, &ADOPT).await.assert(0);
    assert_eq!(account.world().stack(STACK).status, "IMPORT_COMPLETE");
    let shop = deployed.store.get_item().table_name("ClientsTable").key("client_id", S("shop".to_owned()));
    assert!(shop.send().await.unwrap().item.is_some());
}

#[tokio::test]
async fn the_doctor_names_tables_without_deletion_protection() {
    let (deployed, account) = stack().await;
    let check = async || {
        let ran = account.run(&deployed, &["--stack", STACK, "doctor"]).await;
        let checks: Value = serde_json::from_str(&ran.stdout).unwrap();
        let is_it = |check: &&Value| check["check"] == "deletion protection";
        checks.as_array().unwrap().iter().find(is_it).unwrap().clone()
    };
    assert_eq!(check().await["result"], "ok");
    let update = deployed.store.update_table().table_name("UsersTable");
    update.deletion_protection_enabled(false).send().await.unwrap();
    // By hand, since without the parameter, or with an unchanged one, a deployment would change nothing.
    let by_hand = "`aws dynamodb update-table --deletion-protection-enabled --table-name UsersTable`";
    for parameter in [None, Some("on")] {
        let parameter = parameter.map(|value| ("TableProtection".to_owned(), value.to_owned()));
        account.world().stack(STACK).parameters.extend(parameter);
        let found = check().await;
        assert_eq!((&found["result"], &found["remedy"]), (&json!("warning"), &json!(by_hand)));
        assert!(found["detail"].as_str().unwrap().contains("UsersTable"), "{found}");
    }
    account.world().stack(STACK).parameters.insert("TableProtection".to_owned(), "off".to_owned());
    let by_parameter = "`sam deploy --stack-name latchgate-prod --parameter-overrides TableProtection=on`";
    assert_eq!(check().await["remedy"], by_parameter);
}
