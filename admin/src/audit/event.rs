//! The events that an operator makes, by their names.

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperatorEvent {
    /// A client was registered.
    ClientCreated,
    /// What a client may do, or is called, was changed.
    ClientUpdated,
    /// The secrets of a client were changed.
    ClientSecretRotated,
    /// Nothing is issued to a client any more.
    ClientDisabled,
    /// It is again.
    ClientEnabled,
    /// A client is gone.
    ClientDeleted,
    /// A user was registered.
    UserCreated,
    /// A user's password was replaced, or has to be.
    UserPasswordSet,
    /// What a user's tokens say was changed.
    UserClaimsSet,
    /// A user has another name.
    UserRenamed,
    /// Nothing is issued to a user any more.
    UserDisabled,
    /// It is again.
    UserEnabled,
    /// A user is gone.
    UserDeleted,
    /// A user was registered from a file.
    UserImported,
    /// A user was changed as a file says.
    UserUpdated,
    /// All users were read.
    UsersExported,
    /// A client was registered from a file.
    ClientImported,
    /// All clients were read.
    ClientsExported,
    /// A session ended.
    SessionRevoked,
    /// Sessions of a user, of a client or of everybody were cut off.
    SessionsRevoked,
    /// The keys were replaced.
    KeysetRotated,
    /// A keyset that was to come was put away.
    KeysetDiscarded,
    /// The deployment was examined.
    DoctorRan,
}

impl OperatorEvent {
    /// All of them.
    pub const ALL: [Self; 23] = [
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
        Self::UserDisabled,
        Self::UserEnabled,
        Self::UserDeleted,
        Self::UserImported,
        Self::UserUpdated,
        Self::UsersExported,
        Self::ClientImported,
        Self::ClientsExported,
        Self::SessionRevoked,
        Self::SessionsRevoked,
        Self::KeysetRotated,
        Self::KeysetDiscarded,
        Self::DoctorRan,
    ];

    /// Its name in the field `event`, which stays.
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
            Self::UserDisabled => "user_disabled",
            Self::UserEnabled => "user_enabled",
            Self::UserDeleted => "user_deleted",
            Self::UserImported => "user_imported",
            Self::UserUpdated => "user_updated",
            Self::UsersExported => "users_exported",
            Self::ClientImported => "client_imported",
            Self::ClientsExported => "clients_exported",
            Self::SessionRevoked => "session_revoked",
            Self::SessionsRevoked => "sessions_revoked",
            Self::KeysetRotated => "keyset_rotated",
            Self::KeysetDiscarded => "keyset_discarded",
            Self::DoctorRan => "doctor_ran",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_has_a_name_of_its_own() {
        let names: std::collections::BTreeSet<_> = OperatorEvent::ALL.map(OperatorEvent::name).into();
        assert_eq!(names.len(), OperatorEvent::ALL.len());
    }
}
