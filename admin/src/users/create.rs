//! Users come to be.

use passwords::{NewCredential, Passwords};
use secrecy::ExposeSecret;
use shared::{ids::UserId, random, store::User};

use super::{
    Create, UserTables, claims,
    table::{Creation, NewUser},
    view::UserView,
};
use crate::{
    audit::{OperatorEvent, Subject},
    error::AdminError,
    run::Context,
};

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
    let credential = NewCredential { user_id, password_hash, must_change };
    let new = NewUser { username, user, credential };
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
    context.console.single(UserView::LINES, &view)?;
    chosen.note(&context.console);
    recorded
}

/// An identifier that nobody has.
pub(super) fn new_id(random: &dyn random::Random) -> Result<UserId, AdminError> {
    // Never refused: what is random here has the shape of an identifier.
    UserId::parse(&random::identifier(random)).ok_or(AdminError::Refused("no identifier could be made"))
}
