//! The names of attributes, each once. template.yaml has those of keys and TTL too, and a test holds them together.

/// Clients: the key.
pub const CLIENT_ID: &str = "client_id";
/// Clients: what a person calls the client.
pub const NAME: &str = "name";
/// Clients: `public` or `confidential`.
pub const KIND: &str = "kind";
/// Clients: a list of the SHA-256 of the secrets that are valid, base64url, the newest first, one or two.
pub const SECRET_HASHES: &str = "secret_hashes";
/// Clients: the scope a client may ask for. Sessions: the scope that was granted.
pub const SCOPE: &str = "scope";
/// Clients: instead of the deployment's default.
pub const ACCESS_TTL: &str = "access_ttl";
/// Clients: instead of the deployment's default.
pub const IDLE_TTL: &str = "idle_ttl";
/// Clients: instead of the deployment's default.
pub const ABSOLUTE_TTL: &str = "absolute_ttl";
/// Clients: instead of the deployment's default.
pub const LEEWAY: &str = "leeway";
/// Clients, Users: nothing is issued any more.
pub const DISABLED: &str = "disabled";
/// Clients, Users: sessions created before this instant are over.
pub const NOT_BEFORE: &str = "not_before";

/// Credentials: the key, normalised. Users: the same name, for whoever has the user and needs the credential.
pub const USERNAME: &str = "username";
/// Credentials: the hash of the password, a PHC string.
pub const PASSWORD_HASH: &str = "password_hash";
/// Credentials: the instant at which sessions of this password begin at the earliest; absent: any.
pub const VALID_FROM: &str = "valid_from";
/// Credentials: the session in which the user chose this password; absent where an operator did.
pub const CHANGED_IN: &str = "changed_in";
/// Credentials: the user has to choose another password before anything else.
pub const MUST_CHANGE: &str = "must_change";
/// Credentials: whose they are. Users, Sessions: the key.
pub const USER_ID: &str = "user_id";

/// Users: the claims for the access token, a JSON object as text. Clients: the names of those that the client's access
/// tokens carry, a JSON array as text; absent: all.
pub const CLAIMS: &str = "claims";

/// Sessions: the sort key, `CLIENT_ID#SESSION_ID`.
pub const SESSION_KEY: &str = "session_key";
/// Sessions: how many rotations there were.
pub const GENERATION: &str = "generation";
/// Sessions: when the last rotation, or else the login, was.
pub const ROTATED_AT: &str = "rotated_at";
/// Sessions: hash of what a retry of the last rotation can show.
pub const RETRY_KEY: &str = "retry_key";
/// Sessions: the last rotation was carried out and its tokens were not issued; absent where they were.
pub const UNDELIVERED: &str = "undelivered";
/// Sessions: when the session was put.
pub const CREATED_AT: &str = "created_at";
/// Sessions: when the user gave a password.
pub const AUTH_TIME: &str = "auth_time";
/// Sessions: what the user calls the device.
pub const DEVICE_NAME: &str = "device_name";
/// Sessions: `User-Agent` of the last use.
pub const USER_AGENT: &str = "user_agent";
/// Sessions: network address of the last use.
pub const ADDRESS: &str = "address";
/// Sessions: when the session ends unless it is refreshed. Every table that has it: the TTL attribute.
pub const EXPIRES_AT: &str = "expires_at";
/// Sessions: when a request began to end the session; absent, unless one is under way or failed half-way.
pub const ENDED_AT: &str = "ended_at";
/// Sessions: the session that a change of password put in this one's place, `SESSION_ID#MARK`.
pub const SUCCESSOR: &str = "successor";
/// Sessions: the change of password that is to replace the session: random, another for each request; absent before any, and once
/// somebody else ends the session.
pub const PASSWORD_CHANGE: &str = "password_change";
/// Sessions: when the session ends however often it is refreshed.
pub const ABSOLUTE_EXPIRES_AT: &str = "absolute_expires_at";

/// Revocations: the key, the hour of the revocation.
pub const BUCKET: &str = "bucket";
/// Revocations: the sort key, `INSTANT#SESSION_ID`.
pub const REVOCATION: &str = "revocation";

/// Revocations: the instant from which on the session is refused; absent: at once.
pub const EFFECTIVE_AT: &str = "effective_at";

/// Keys: the partition, what the keys are for (`use` in RFC 7517 section 4.2): all of them are one Query.
pub const KEY_USE: &str = "key_use";
/// Keys: the sort key, the key's identifier.
pub const KID: &str = "kid";
/// Keys: the public JWK, as JSON text.
pub const JWK: &str = "jwk";
/// Keys: when the key was published.
pub const PUBLISHED_AT: &str = "published_at";
/// Keys: the value of the fence, which is another whenever another keyset became the current one.
pub const FENCE: &str = "fence";
