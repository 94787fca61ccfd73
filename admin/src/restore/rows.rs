//! `restore rows`: restores deleted or damaged clients and users. It never undoes a later security measure.

use aws_sdk_dynamodb::primitives::{DateTime, DateTimeFormat};
use clap::Args;
use passwords::{Credential, NewCredential, Username};
use shared::{
    client::Client,
    clock::Timestamp,
    ids::ClientId,
    store::{StoreError, User},
};

use super::{
    address::{undos, with_address_of},
    copies::Copies,
};
use crate::{
    audit::{AuditLog, OperatorEvent, Subject},
    clients::{Changed, change},
    context::Context,
    doctor::{self, Check},
    error::AdminError,
    import::ImportOptions,
    options,
    tables::{
        clients::{ClientTable, Registration},
        users::{Creation, Half, NewUser, UserTables},
    },
    users::{Outcome, Record, Secret, Worker, each_user},
};

pub(super) const HELP: &str = "\
DynamoDB makes copies of Clients, Credentials and Users as they were at that moment. The command takes missing clients and
users from the copies, and completes users who have lost one of their two rows. With --update, it also sets the claims,
scopes and lifetimes of existing clients and users back. It never undoes security changes: it enables and disables no user,
and takes back no cut-off, newer password, newer secret or rename; a client that must send DPoP proofs today still must, and
keeps its redirect URIs and who may sign up. Sessions don't come back.

The command also restores users and clients that were deleted on purpose: name the ones you want with --user and --client.
At the end it deletes the copies, and the doctor checks the result. If a name that you gave didn't exist at that moment, the
copies stay.

Examples:
  latchgate --stack latchgate restore rows --at 2026-11-28T09:30:00Z --dry-run
  latchgate --stack latchgate restore rows --at 2026-11-28T09:30:00Z
  latchgate --stack latchgate restore rows --at 2026-11-28T09:30:00Z --user ada@example.com";

/// `restore rows`
#[derive(Debug, Args)]
pub(crate) struct Rows {
    /// The moment, in UTC, like 2026-11-28T09:30:00Z
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    at: Timestamp,
    /// Also set back existing clients and users
    #[arg(long)]
    update: bool,
    /// Only this user, by the name at that moment; can be repeated
    #[arg(long = "user", value_name = "NAME", value_parser = options::username, allow_hyphen_values = true)]
    users: Vec<Username>,
    /// Only this client; can be repeated
    #[arg(long = "client", value_name = "ID", value_parser = options::client_id, allow_hyphen_values = true)]
    clients: Vec<ClientId>,
    /// Count the rows to restore. The copies stay for the actual run
    #[arg(long)]
    dry_run: bool,
}

fn instant(text: &str) -> Result<Timestamp, &'static str> {
    let parsed = DateTime::from_str(text, DateTimeFormat::DateTime).ok();
    let seconds = parsed.and_then(|instant| u64::try_from(instant.secs()).ok());
    seconds.map(Timestamp::from_unix).ok_or("an instant is written like 2026-11-28T09:30:00Z, in UTC")
}

impl Rows {
    /// Whether the command line names users or clients.
    fn is_selective(&self) -> bool {
        !self.users.is_empty() || !self.clients.is_empty()
    }

    /// The question before anything is restored.
    fn question(&self) -> String {
        let whom = if self.is_selective() { "those named" } else { "every client and user who was there" };
        let back = format!("This brings back {whom}, including those that were deleted on purpose since.");
        if !self.update {
            return back;
        }
        format!(
            "{back} It also sets the claims, scopes and lifetimes of existing ones back: later changes to \
             these are lost."
        )
    }

    fn wants_client(&self, client_id: &str) -> bool {
        !self.is_selective() || self.clients.iter().any(|wanted| wanted.as_str() == client_id)
    }

    fn wants_user(&self, username: &str) -> bool {
        !self.is_selective() || self.users.iter().any(|wanted| is_name(username, wanted))
    }
}

/// Whether a stored name is this name, also in an earlier release's form.
fn is_name(stored: &str, wanted: &Username) -> bool {
    stored == wanted.as_str() || Username::parse(stored).as_ref() == Some(wanted)
}

/// The number of users or clients with each result.
#[derive(Debug, Default)]
struct Counts {
    found: u64,
    brought_back: u64,
    set_back: u64,
    /// The given names that didn't exist then.
    unknown: Vec<String>,
    /// Why some couldn't be restored.
    problems: Vec<String>,
}

impl Counts {
    fn check(&self, kind: &str, dry_run: bool) -> Check {
        let Self { found, brought_back, set_back, unknown, problems } = self;
        let would = if dry_run { "would be " } else { "" };
        let detail = format!(
            "of {found} then, {brought_back} {would}brought back, {set_back} {would}set back, {} left as they are",
            found.saturating_sub(brought_back + set_back)
        );
        let name = format!("restored {kind}");
        if problems.is_empty() && unknown.is_empty() {
            return Check::ok(name, detail);
        }
        let (mut details, mut remedies) = (vec![detail], Vec::new());
        if !problems.is_empty() {
            details.push(format!("{} can't be restored: {}", problems.len(), problems.join("; ")));
            remedies.push("correct those by hand, and run the command again");
        }
        if !unknown.is_empty() {
            details.push(format!("there was no {}", unknown.join(", no ")));
            remedies.push("run the command again with the name at that moment, or with another moment");
        }
        Check::wrong(name, details.join("; "), remedies.join("; "))
    }
}

pub(super) async fn restore(context: &Context, rows: &Rows) -> Result<(), AdminError> {
    if !rows.dry_run {
        context.console.confirm(&rows.question())?;
    }
    let audit = context.audit_log().await?;
    let copies = Copies::make(&context.deployment, &context.console, rows.at).await?;
    if !rows.dry_run {
        audit.record(OperatorEvent::RowsRestored, &Subject::default())?;
    }
    let audit = (!rows.dry_run).then_some(audit).map(std::sync::Arc::new);
    let clients = clients(context, rows, &copies, audit.as_deref()).await?;
    let users = users(context, rows, &copies, audit).await?;
    let checks = vec![clients.check("clients", rows.dry_run), users.check("users", rows.dry_run)];
    if rows.dry_run {
        context.console.note(&format!("The copies stay for the actual run: {}", copies.names()));
        return context.console.print_list(&["check", "result", "detail"], &checks);
    }
    if clients.unknown.is_empty() && users.unknown.is_empty() {
        copies.remove().await?;
    } else {
        // The next run, with the right name, needn't wait for new copies.
        let names = copies.names();
        context.console.note(&format!(
            "The copies stay for a run with other names; if you need none, delete them: {names}"
        ));
    }
    doctor::run_after(context, checks).await
}

async fn clients(
    context: &Context,
    rows: &Rows,
    copies: &Copies,
    audit: Option<&AuditLog>,
) -> Result<Counts, AdminError> {
    let (table, then) = (ClientTable::of(&context.deployment)?, ClientTable::of(&copies.deployment)?);
    let all = then.all().await?;
    let is_unknown = |wanted: &&ClientId| !all.iter().any(|(name, _)| name == wanted.as_str());
    let unknown = rows.clients.iter().filter(is_unknown).map(ToString::to_string).collect();
    let mut counts = Counts { unknown, ..Counts::default() };
    for (name, client) in all {
        if !rows.wants_client(&name) || doctor::is_throwaway(&name) {
            continue;
        }
        let client = match client {
            Ok(client) => client,
            Err(error) => {
                counts.problems.push(format!("{name}: {error}"));
                continue;
            }
        };
        if client.client_id.is_reserved() {
            counts.problems.push(format!("{name}: it is reserved for sessions at the sign-in pages"));
            continue;
        }
        counts.found += 1;
        let there = table.item(&client.client_id).await?;
        match there {
            None => {
                if let Some(audit) = audit {
                    // Meanwhile the client was created. It stays unchanged.
                    if table.register(&client).await? == Registration::Exists {
                        continue;
                    }
                    audit.record(OperatorEvent::ClientImported, &Subject::client(&client.client_id))?;
                }
                counts.brought_back += 1;
            }
            Some(there) if rows.update => {
                let client = set_back(client, Client::from_item(&there).ok());
                match change(&table, audit, &client, &there).await? {
                    Changed::Nothing => {}
                    Changed::Yes => counts.set_back += 1,
                    Changed::Overtaken => {
                        counts.problems.push(format!("{}: it was changed meanwhile", client.client_id));
                    }
                }
            }
            Some(_) => {}
        }
    }
    Ok(counts)
}

/// The client as it was, but with the later `not_before`, and with today's secrets, `disabled`, `dpop`,
/// redirect URIs, `first_party`, `sign_up` and resources. Rights that were withdrawn since stay withdrawn, and a URI may
/// belong to someone else by now.
fn set_back(then: Client, now: Option<Client>) -> Client {
    let Some(now) = now else { return then };
    Client {
        kind: now.kind,
        disabled: now.disabled,
        requires_dpop: now.requires_dpop,
        redirect_uris: now.redirect_uris,
        post_logout_redirect_uris: now.post_logout_redirect_uris,
        is_first_party: now.is_first_party,
        sign_up: now.sign_up,
        url: now.url,
        resources: now.resources,
        not_before: then.not_before.max(now.not_before),
        ..then
    }
}

async fn users(
    context: &Context,
    rows: &Rows,
    copies: &Copies,
    audit: Option<std::sync::Arc<AuditLog>>,
) -> Result<Counts, AdminError> {
    let restorer = Restorer {
        tables: UserTables::of(&context.deployment)?,
        copies: UserTables::of(&copies.deployment)?,
        worker: Worker::new(&context.deployment, &ImportOptions::updating(rows.dry_run), audit.clone())?,
        audit,
        update: rows.update,
    };
    let mut counts = Counts::default();
    let mut unknown: Vec<&Username> = rows.users.iter().collect();
    let take = async |username: &str, credential: &Credential, user: User| {
        if !rows.wants_user(username) {
            return Ok(());
        }
        counts.found += 1;
        unknown.retain(|wanted| !is_name(username, wanted));
        let Some(name) = Username::stored(username) else {
            counts.problems.push(format!("{username}: not a valid user name any more"));
            return Ok(());
        };
        match restorer.user(&name, credential, user).await? {
            Restored::BroughtBack => counts.brought_back += 1,
            Restored::SetBack => counts.set_back += 1,
            Restored::LeftAlone => {}
            Restored::Not(reason) => counts.problems.push(format!("{username}: {reason}")),
        }
        Ok(())
    };
    if let Some(error) = each_user(&copies.deployment, &context.console, take).await? {
        counts.problems.push(error.to_string());
    }
    counts.unknown = unknown.into_iter().map(|wanted| wanted.as_str().to_owned()).collect();
    Ok(counts)
}

/// The rows of a user as of then, without the list of undos.
fn new_user(name: &Username, credential: &Credential, user: User) -> NewUser {
    let Credential { user_id, password_hash, valid_from, changed_in: _, must_change } = credential.clone();
    NewUser {
        username: name.clone(),
        user: User { username: Some(name.as_str().to_owned()), ..user },
        credential: NewCredential { user_id, password_hash, valid_from, must_change },
        undos: None,
    }
}

/// The result for a user.
enum Restored {
    BroughtBack,
    SetBack,
    LeftAlone,
    Not(String),
}

struct Restorer {
    tables: UserTables,
    copies: UserTables,
    worker: Worker,
    /// `None` in a dry run, which writes nothing.
    audit: Option<std::sync::Arc<AuditLog>>,
    update: bool,
}

impl Restorer {
    async fn user(
        &self,
        name: &Username,
        credential: &Credential,
        user: User,
    ) -> Result<Restored, AdminError> {
        let user_id = &credential.user_id;
        let there = self.tables.user_item(user_id).await?.map(|item| User::from_item(&item));
        let there = match there {
            Some(Err(error @ StoreError::Malformed { .. })) => return Ok(Restored::Not(error.to_string())),
            there => there.transpose()?,
        };
        // In this row, a user of an earlier release has no name.
        let now = there.as_ref().map(|user| user.username.as_deref().and_then(Username::stored));
        let now = now.map(|stored| stored.unwrap_or_else(|| name.clone()));
        let holder = self.tables.credentials.find(now.as_ref().unwrap_or(name)).await?;
        match (now, holder) {
            (_, Some(holder)) if holder.user_id != *user_id => {
                Ok(Restored::Not("the name is another user's by now".to_owned()))
            }
            (None, None) => self.bring_back(name, credential, user).await,
            (None, Some(_)) => self.complete(name, credential, user, Half::User).await,
            (Some(now), None) => self.complete(&now, credential, user, Half::Credential).await,
            (Some(now), Some(_)) if self.update => {
                let user = match &there {
                    Some(today) if now != *name => with_address_of(today, user),
                    _ => user,
                };
                self.set_back(&now, credential, &user).await
            }
            (Some(_), Some(_)) => Ok(Restored::LeftAlone),
        }
    }

    /// Creates the user as of then.
    async fn bring_back(
        &self,
        name: &Username,
        credential: &Credential,
        user: User,
    ) -> Result<Restored, AdminError> {
        if self.audit.is_none() {
            return Ok(Restored::BroughtBack);
        }
        let user_id = &credential.user_id;
        let new = NewUser { undos: undos(&self.copies, user_id).await?, ..new_user(name, credential, user) };
        match self.tables.create(&new).await? {
            Creation::Done => {}
            Creation::NameTaken => return Ok(Restored::Not("the name is another user's by now".to_owned())),
            Creation::IdTaken => return Ok(Restored::Not("it was changed meanwhile".to_owned())),
        }
        self.record(OperatorEvent::UserImported, &Subject::user(user_id, Some(name.as_str())))?;
        Ok(Restored::BroughtBack)
    }

    /// Sets an existing user back. The user stays enabled or disabled.
    async fn set_back(
        &self,
        name: &Username,
        credential: &Credential,
        user: &User,
    ) -> Result<Restored, AdminError> {
        let record = Record {
            username: name.clone(),
            written: None,
            user_id: Some(credential.user_id.clone()),
            claims: Some(user.claims.clone()),
            secret: Some(Secret::Hash(credential.password_hash.clone())),
            disabled: None,
            must_change: credential.must_change.then_some(true),
            not_before: Some(user.not_before),
            new_device_mails: Some(user.new_device_mails),
            valid_from: Some(credential.valid_from),
        };
        Ok(match self.worker.import(&record).await? {
            // Meanwhile the user was deleted.
            Outcome::Imported(user_id) => {
                self.record(OperatorEvent::UserImported, &Subject::user(&user_id, Some(name.as_str())))?;
                Restored::BroughtBack
            }
            Outcome::Updated(updated) if updated.changed.is_empty() => Restored::LeftAlone,
            Outcome::Updated(updated) => {
                let subject = Subject::user(&updated.user_id, Some(name.as_str()));
                self.record(
                    OperatorEvent::UserUpdated,
                    &Subject { changed: Some(updated.changed), ..subject },
                )?;
                Restored::SetBack
            }
            Outcome::There => Restored::LeftAlone,
            Outcome::Taken(_) => Restored::Not("the name is another user's by now".to_owned()),
            Outcome::Bad(reason) => Restored::Not(reason),
        })
    }

    /// Restores the missing half of a user whose other half exists.
    async fn complete(
        &self,
        name: &Username,
        credential: &Credential,
        user: User,
        missing: Half,
    ) -> Result<Restored, AdminError> {
        if self.audit.is_none() {
            return Ok(Restored::BroughtBack);
        }
        let user_id = &credential.user_id;
        let undos = match missing {
            Half::Credential => None,
            Half::User => undos(&self.copies, user_id).await?,
        };
        let new = NewUser { undos, ..new_user(name, credential, user) };
        if !self.tables.complete(&new, missing).await? {
            return Ok(Restored::Not("it was changed meanwhile".to_owned()));
        }
        let changed = match missing {
            Half::Credential => "credential",
            Half::User => "user",
        };
        let subject = Subject::user(user_id, Some(name.as_str()));
        self.record(OperatorEvent::UserUpdated, &Subject { changed: Some(vec![changed]), ..subject })?;
        Ok(Restored::BroughtBack)
    }

    fn record(&self, event: OperatorEvent, subject: &Subject) -> Result<(), AdminError> {
        self.audit.as_ref().map_or(Ok(()), |audit| audit.record(event, subject))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_warns_that_an_update_sets_back_existing_rows() {
        let question = |update| {
            let (users, clients) = (Vec::new(), Vec::new());
            Rows { at: Timestamp::default(), update, users, clients, dry_run: false }.question()
        };
        assert!(!question(false).contains("lifetimes"));
        assert!(question(true).contains("sets the claims, scopes and lifetimes"));
    }

    #[test]
    fn an_instant_is_in_utc() {
        assert_eq!(instant("1970-01-02T00:00:01Z"), Ok(Timestamp::from_unix(86_401)));
        for other in
            ["2026-11-28", "2026-11-28T09:30:00", "2026-11-28T09:30:00+07:00", "9:30", "1969-01-01T00:00:00Z"]
        {
            assert!(instant(other).is_err(), "{other}");
        }
    }
}
