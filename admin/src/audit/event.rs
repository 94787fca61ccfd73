//! The names of operators' events.

/// An operator's event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperatorEvent {
    /// A client was registered.
    ClientCreated,
    /// A client's name or permissions were changed.
    ClientUpdated,
    /// The secrets of a client were changed.
    ClientSecretRotated,
    /// A client was disabled: it is issued no more tokens.
    ClientDisabled,
    /// A client was enabled again.
    ClientEnabled,
    /// A client was deleted.
    ClientDeleted,
    /// A user was registered.
    UserCreated,
    /// A user's password was replaced, or has to be.
    UserPasswordSet,
    /// A user's claims were changed.
    UserClaimsSet,
    /// A user was renamed.
    UserRenamed,
    /// A user's consent to a client was withdrawn.
    ConsentRevoked,
    /// A user was disabled: the user is issued no more tokens.
    UserDisabled,
    /// A user was enabled again.
    UserEnabled,
    /// A user was deleted.
    UserDeleted,
    /// A user was imported from a file.
    UserImported,
    /// A user was changed by an import, or the user's wish for mails was set.
    UserUpdated,
    /// An address was invited to an account.
    UserInvited,
    /// An unused invitation was withdrawn.
    InvitationWithdrawn,
    /// A mail was put into the outbox again.
    MailResent,
    /// Mails to an address were stopped.
    AddressSuppressed,
    /// Mails to an address are no longer stopped.
    AddressUnsuppressed,
    /// All users were exported.
    UsersExported,
    /// A client was imported from a file.
    ClientImported,
    /// All clients were exported.
    ClientsExported,
    /// A session ended.
    SessionRevoked,
    /// Sessions of a user, of a client, or of all users were cut off.
    SessionsRevoked,
    /// The keys were replaced.
    KeysetRotated,
    /// A pending keyset was discarded.
    KeysetDiscarded,
    /// The deployment was examined.
    DoctorRan,
    /// Clients and users were restored to an earlier state.
    RowsRestored,
    /// Deleted tables were restored.
    TablesRestored,
    /// A stack was deleted, including the resources that CloudFormation would keep.
    StackDestroyed,
    /// A stack was made from another stack's remaining resources.
    StackAdopted,
}

impl OperatorEvent {
    /// All events.
    pub const ALL: [Self; 33] = [
        Self::ClientCreated,
        Self::ClientUpdated,
        Self::ClientSecretRotated,
        Self::ClientDisabled,
        Self::ClientEnabled,
        Self::ClientDeleted,
        Self::UserCreated,
        Self::UserPasswordSet,
        Self::UserClaimsSet,
        Self::UserRenamed,
        Self::ConsentRevoked,
        Self::UserDisabled,
        Self::UserEnabled,
        Self::UserDeleted,
        Self::UserImported,
        Self::UserUpdated,
        Self::UserInvited,
        Self::InvitationWithdrawn,
        Self::MailResent,
        Self::AddressSuppressed,
        Self::AddressUnsuppressed,
        Self::UsersExported,
        Self::ClientImported,
        Self::ClientsExported,
        Self::SessionRevoked,
        Self::SessionsRevoked,
        Self::KeysetRotated,
        Self::KeysetDiscarded,
        Self::DoctorRan,
        Self::RowsRestored,
        Self::TablesRestored,
        Self::StackDestroyed,
        Self::StackAdopted,
    ];

    /// The value of the field `event`. It never changes.
    pub fn name(self) -> &'static str {
        match self {
            Self::ClientCreated => "client_created",
            Self::ClientUpdated => "client_updated",
            Self::ClientSecretRotated => "client_secret_rotated",
            Self::ClientDisabled => "client_disabled",
            Self::ClientEnabled => "client_enabled",
            Self::ClientDeleted => "client_deleted",
            Self::UserCreated => "user_created",
            Self::UserPasswordSet => "user_password_set",
            Self::UserClaimsSet => "user_claims_set",
            Self::UserRenamed => "user_renamed",
            Self::ConsentRevoked => "consent_revoked",
            Self::UserDisabled => "user_disabled",
            Self::UserEnabled => "user_enabled",
            Self::UserDeleted => "user_deleted",
            Self::UserImported => "user_imported",
            Self::UserUpdated => "user_updated",
            Self::UserInvited => "user_invited",
            Self::InvitationWithdrawn => "invitation_withdrawn",
            Self::MailResent => "mail_resent",
            Self::AddressSuppressed => "address_suppressed",
            Self::AddressUnsuppressed => "address_unsuppressed",
            Self::UsersExported => "users_exported",
            Self::ClientImported => "client_imported",
            Self::ClientsExported => "clients_exported",
            Self::SessionRevoked => "session_revoked",
            Self::SessionsRevoked => "sessions_revoked",
            Self::KeysetRotated => "keyset_rotated",
            Self::KeysetDiscarded => "keyset_discarded",
            Self::DoctorRan => "doctor_ran",
            Self::RowsRestored => "rows_restored",
            Self::TablesRestored => "tables_restored",
            Self::StackDestroyed => "stack_destroyed",
            Self::StackAdopted => "stack_adopted",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn event_names_are_distinct() {
        let names: std::collections::BTreeSet<_> = OperatorEvent::ALL.map(OperatorEvent::name).into();
        assert_eq!(names.len(), OperatorEvent::ALL.len());
    }
}
