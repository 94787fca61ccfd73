//! Creates users.

use clap::Args;
use passwords::{NewCredential, Passwords, Username};
use secrecy::ExposeSecret;
use shared::{clock::Timestamp, ids::UserId, random, store::User};

use super::{claims, password::PasswordSource, view::UserView};
use crate::{
    audit::{OperatorEvent, Subject},
    context::Context,
    error::AdminError,
    options::{user_id, username},
    tables::users::{Creation, NewUser, UserTables},
};

pub(super) const CREATE_HELP: &str = "\
Examples:
  latchgate users create ada@example.com --claims '{\"email\": \"ada@example.com\", \"roles\": [\"admin\"]}'
  latchgate users create ada@example.com --generate --must-change
  pass show ada | latchgate users create ada@example.com --password-stdin

The command asks for the password twice; it is never an argument. A password has at least 8 characters, and
is neither one of the most common ones nor the user name.";

/// `users create`
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// The user's name: 1 to 256 bytes of letters, digits and ASCII symbols; case makes no difference
    #[arg(value_name = "NAME", value_parser = username, allow_hyphen_values = true)]
    username: Username,
    /// The user's identifier, `sub` in tokens [default: a random one]
    #[arg(long, value_name = "ID", value_parser = user_id, allow_hyphen_values = true)]
    id: Option<UserId>,
    /// The claims in the user's access tokens, a JSON object
    #[arg(long, value_name = "JSON")]
    claims: Option<String>,
    /// Make the user change the password at the first login
    #[arg(long)]
    must_change: bool,
    #[command(flatten)]
    password: PasswordSource,
}

pub(super) async fn create(context: &Context, command: Create) -> Result<(), AdminError> {
    let Create { username, id, claims, must_change, password } = command;
    let random = &context.deployment.random;
    let claims = claims.map(|json| claims::parse(json.as_bytes())).transpose()?.unwrap_or_default();
    let tables = UserTables::of(&context.deployment)?;
    let chosen = password.choose(&context.console, &username, &**random)?;
    let audit = context.audit_log().await?;
    let password_hash = Passwords::new(random.clone()).hash(chosen.new.password()).await?;
    let user_id = match id {
        Some(user_id) => user_id,
        None => new_id(&**random)?,
    };
    let user = User { username: Some(username.as_str().to_owned()), claims, ..User::default() };
    let credential = NewCredential { user_id, password_hash, must_change, valid_from: Timestamp::default() };
    let new = NewUser { username, user, credential, undos: None };
    let name = new.username.as_str();
    match tables.create(&new).await? {
        Creation::Done => {}
        Creation::NameTaken => return Err(AdminError::Exists { kind: "user", name: name.to_owned() }),
        Creation::IdTaken => {
            let name = new.credential.user_id.to_string();
            return Err(AdminError::Exists { kind: "user with the identifier", name });
        }
    }
    let user_id = &new.credential.user_id;
    let recorded = audit.record(OperatorEvent::UserCreated, &Subject::user(user_id, Some(name)));
    let mut view = UserView::of(user_id, &new.user);
    view.password = chosen.generated.as_ref().map(|password| password.expose_secret().to_owned());
    context.console.print_one(UserView::LINES, &view)?;
    chosen.note(&context.console);
    recorded
}

/// A new identifier.
pub(super) fn new_id(random: &dyn random::Random) -> Result<UserId, AdminError> {
    // Never refused: a random identifier always has the right form.
    UserId::parse(&random::identifier(random)).ok_or(AdminError::Refused("no identifier could be generated"))
}
