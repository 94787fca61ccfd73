//! The names of attributes, each defined once. A test compares the keys and TTL attributes with
//! template.yaml.

/// Clients: the key.
pub const CLIENT_ID: &str = "client_id";
/// Clients: the name that people read.
pub const NAME: &str = "name";
/// Clients: `public` or `confidential`.
pub const KIND: &str = "kind";
/// Clients: the SHA-256 of each valid secret in base64url, newest first; one or two.
pub const SECRET_HASHES: &str = "secret_hashes";
/// Clients: the scopes that the client may ask for. Sessions: the scope that was granted.
pub const SCOPE: &str = "scope";
/// A set of URIs. Clients: the resources that the client may ask for; absent: all. Codes, Sessions: the
/// resources that were granted; Consents: those that the user has consented to; absent there: the audience
/// alone.
pub const RESOURCES: &str = "resources";
/// Clients: replaces the deployment's default.
pub const ACCESS_TTL: &str = "access_ttl";
/// Clients: replaces the deployment's default.
pub const IDLE_TTL: &str = "idle_ttl";
/// Clients: replaces the deployment's default.
pub const ABSOLUTE_TTL: &str = "absolute_ttl";
/// Clients: replaces the deployment's default.
pub const LEEWAY: &str = "leeway";
/// Clients: `required`, if the client gets no tokens without a DPoP proof; otherwise absent.
pub const DPOP: &str = "dpop";
/// Clients: the URIs to which `/authorize` may redirect, a list; absent: none.
pub const REDIRECT_URIS: &str = "redirect_uris";
/// Clients: the URIs to which `/end-session` may redirect, a list; absent: none.
pub const POST_LOGOUT_REDIRECT_URIS: &str = "post_logout_redirect_uris";
/// Clients: present if the client is the operator's own, so that users aren't asked for consent.
pub const FIRST_PARTY: &str = "first_party";
/// Clients: `closed`, `invited` or `open`, who may create an account at this client; absent: the
/// deployment's default.
pub const SIGN_UP: &str = "sign_up";
/// Clients: the URL at which an unregistered client describes itself; absent for registered clients.
pub const DOCUMENT_URL: &str = "document_url";
/// Clients, Users: present if no more tokens are issued.
pub const DISABLED: &str = "disabled";
/// Clients, Users: sessions created before this instant are over.
pub const NOT_BEFORE: &str = "not_before";

/// Credentials: the key, normalised. Users: the same name, to find the credential of a user.
pub const USERNAME: &str = "username";
/// Credentials: the hash of the password, a PHC string.
pub const PASSWORD_HASH: &str = "password_hash";
/// Credentials: the earliest start of the sessions that this password allows; absent: any.
pub const VALID_FROM: &str = "valid_from";
/// Credentials: the session in which the user chose this password; absent if an operator set it.
pub const CHANGED_IN: &str = "changed_in";
/// Credentials: present if the user has to change the password first.
pub const MUST_CHANGE: &str = "must_change";
/// Credentials: the user's identifier. Users, Sessions: the key. Mails: the user that the mail is about; absent,
/// where the address alone says it. Revocations: the user who is told about it.
pub const USER_ID: &str = "user_id";

/// Users: the user's claims, a JSON object as text. Clients: the names of the claims in the client's access
/// tokens, a JSON array as text; absent: all. Mails: the claims of the user that an invitation creates; absent:
/// none.
pub const CLAIMS: &str = "claims";
/// Users: present if the user is being deleted.
pub const DELETING: &str = "deleting";
/// Users: when the user signed up by a mail; absent: an operator created the user.
pub const SIGNED_UP_AT: &str = "signed_up_at";
/// Users: present if the user wants a mail about each session on a new device.
pub const NEW_DEVICE_MAILS: &str = "new_device_mails";
/// Users: the changes of the mail address that can still be undone, oldest first, each `INSTANT#MAIL_ID`; absent:
/// none.
pub const UNDOS: &str = "undos";
/// Users, Revocations: the name of the event that the user is told about by mail; absent: none.
pub const NOTICE: &str = "notice";
/// Users, Mails: when the event began that the user is told about.
pub const NOTICED_AT: &str = "noticed_at";
/// Users: the network whose request is the event, if its mail counts for one; absent: it counts for none.
pub const NOTICE_NETWORK: &str = "notice_network";

/// Sessions: the sort key, `CLIENT_ID#SESSION_ID`.
pub const SESSION_KEY: &str = "session_key";
/// Sessions: the number of rotations.
pub const GENERATION: &str = "generation";
/// Sessions: the time of the last rotation, or of the login.
pub const ROTATED_AT: &str = "rotated_at";
/// Sessions: a hash that recognises a retry of the last rotation.
pub const RETRY_KEY: &str = "retry_key";
/// Sessions: present if the tokens of the last rotation were not issued.
pub const UNDELIVERED: &str = "undelivered";
/// Sessions: when the session began.
pub const CREATED_AT: &str = "created_at";
/// Sessions: when the user entered the password.
pub const AUTH_TIME: &str = "auth_time";
/// Sessions: the thumbprint of the key that the refresh token is bound to; absent if it isn't bound.
pub const JKT: &str = "jkt";
/// Sessions: `true`, if the client gets no refresh token; otherwise absent.
pub const ACCESS_ONLY: &str = "access_only";
/// Sessions: the user's name for the device. Mails: what the notice of a new device calls it.
pub const DEVICE_NAME: &str = "device_name";
/// Sessions: `User-Agent` of the last use.
pub const USER_AGENT: &str = "user_agent";
/// Sessions: network address of the last use. Mails: the mail address, as typed.
pub const ADDRESS: &str = "address";
/// Sessions: when the session ends without a refresh. Clients: when an unregistered client is forgotten.
/// Mails: absent, where the row suppresses an address. In every table that has it, this is the TTL attribute.
pub const EXPIRES_AT: &str = "expires_at";
/// Sessions: when a request began to end the session; absent, unless that is under way or failed half-way.
pub const ENDED_AT: &str = "ended_at";
/// Sessions: the session that replaced this one in a change of password, `SESSION_ID#MARK`.
pub const SUCCESSOR: &str = "successor";
/// Sessions: the random mark of the change of password that is to replace the session. It's absent before
/// any, and once another request ends the session.
pub const PASSWORD_CHANGE: &str = "password_change";
/// Sessions: when the session ends at the latest.
pub const ABSOLUTE_EXPIRES_AT: &str = "absolute_expires_at";

/// Codes: the key, a hash of the code.
pub const CODE_HASH: &str = "code_hash";
/// Codes: the redirect URI that the code was sent to.
pub const REDIRECT_URI: &str = "redirect_uri";
/// Codes: the challenge that the verifier has to match.
pub const CODE_CHALLENGE: &str = "code_challenge";
/// Codes: the nonce for the ID token; absent if the request had none.
pub const NONCE: &str = "nonce";
/// Codes: the session at the pages in which the code was issued.
pub const BROWSER_SESSION: &str = "browser_session";
/// Codes: present if the client gets a refresh token.
pub const REFRESHABLE: &str = "refreshable";
/// Codes: when the code was issued.
pub const ISSUED_AT: &str = "issued_at";
/// Codes: the session that the code began; absent before its use.
pub const REDEEMED_BY: &str = "redeemed_by";
/// Codes: the random mark of the request that used the code; absent before its use.
pub const REDEEMER: &str = "redeemer";

/// Consents: when the user last consented.
pub const GRANTED_AT: &str = "granted_at";

/// Mails: the key, a hash of the address and what its mails are for; or `network#` and a hash of the caller's
/// network; or `user#` and a hash of the caller's user ID; or `suppressed#` and a hash of the address.
pub const MAILBOX: &str = "mailbox";
/// Mails: the random identifier of the pending request, from which its link and code are derived; absent once
/// they are used.
pub const MAIL_ID: &str = "mail_id";
/// Mails: what the request is for, the name of a purpose, as `sign_up` and `reset`.
pub const PURPOSE: &str = "purpose";
/// Mails: when the request began; absent for sign-ups and forgotten passwords.
pub const ASKED_AT: &str = "asked_at";
/// Mails: the language of the mail, a tag of RFC 5646.
pub const LANGUAGE: &str = "language";
/// Mails: when the link and the code expire.
pub const MAIL_EXPIRES_AT: &str = "mail_expires_at";
/// Mails: of an address, a list of when its latest requests began, newest first; of a network or a user, the
/// instant until which its requests fill their bound (see the crate `mails`).
pub const QUOTA: &str = "quota";
/// Mails: how many codes were tried for the pending request.
pub const GUESSES: &str = "guesses";
/// Mails: the beginning of a counter's name, which ends with a day, in days since 1970: how many codes were
/// tried for the address on that day.
pub const DAY_GUESSES: &str = "day_guesses_";
/// Mails: the `mail_id` of the mail that waits to be sent; absent if none waits.
pub const UNSENT: &str = "unsent";
/// Mails: the random mark of the delivery that sends the mail at present.
pub const LEASED_BY: &str = "leased_by";
/// Mails: the instant from which another delivery may send it.
pub const LEASED_UNTIL: &str = "leased_until";
/// Mails: how many deliveries took the mail that waits, and did not give it back.
pub const TAKEN: &str = "taken";
/// Mails: when the last mail was sent.
pub const SENT_AT: &str = "sent_at";
/// Mails: `bounce`, `complaint` or `operator`, why no mail is sent to the address.
pub const SUPPRESSED: &str = "suppressed";

/// Revocations: the key, the hour of the revocation.
pub const BUCKET: &str = "bucket";
/// Revocations: the sort key, `INSTANT#SESSION_ID`.
pub const REVOCATION: &str = "revocation";

/// Revocations: the instant from which the session is refused; absent: at once.
pub const EFFECTIVE_AT: &str = "effective_at";

/// Keys: the partition, the keys' `use` (RFC 7517 section 4.2). One Query reads all keys.
pub const KEY_USE: &str = "key_use";
/// Keys: the sort key, the key's identifier.
pub const KID: &str = "kid";
/// Keys: the public JWK, as JSON text.
pub const JWK: &str = "jwk";
/// Keys: when the key was published.
pub const PUBLISHED_AT: &str = "published_at";
/// Keys: the value of the fence, which changes whenever a new keyset becomes current.
pub const FENCE: &str = "fence";
