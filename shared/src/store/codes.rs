//! The Codes table: the authorization codes of the last hour.
//!
//! A code is valid for a minute. Its row stays longer, so that a second use finds the session that the first
//! one began. Redeeming a code is one conditional write. If it fails, the row that it returns tells why.

use std::time::Duration;

use aws_sdk_dynamodb::{
    Client,
    error::SdkError,
    operation::update_item::{UpdateItemError, builders::UpdateItemFluentBuilder},
    types::{
        AttributeValue::{Bool, N, S, Ss},
        ReturnValue, ReturnValuesOnConditionCheckFailure,
    },
};

use super::{Item, Row, StoreError, Table, attribute, granted_condition};
use crate::{
    clock::Timestamp,
    environment::{Environment, EnvironmentError, variable},
    ids::{ClientId, SessionId, UserId},
    resource::{GrantedResources, WantedResource},
    scope::Scope,
    thumbprint::Thumbprint,
};

/// How long a code is valid. RFC 6749 section 4.1.2 allows ten minutes; clients use a code at once.
pub const CODE_TTL: Duration = Duration::from_secs(60);
/// How long a second use of a code is recognised.
const ROW_TTL: Duration = Duration::from_secs(60 * 60);
const OPERATION: &str = "UpdateItem on Codes";

/// An authorization code and its grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// The key of the row: [`crate::tokens::AuthorizationCode::hash`].
    pub code_hash: String,
    /// The client that the code was issued to.
    pub client_id: ClientId,
    /// The redirect URI that the code was sent to, as in the request.
    pub redirect_uri: String,
    /// The SHA-256 of the code verifier, in base64url (RFC 7636 section 4.2).
    pub code_challenge: String,
    /// The nonce for the ID token (OpenID Connect Core 1.0 section 3.1.2.1).
    pub nonce: Option<String>,
    /// The scope that was granted.
    pub scope: Scope,
    /// The resources that its access tokens can be for.
    pub resources: GrantedResources,
    /// The user who signed in.
    pub user_id: UserId,
    /// The user's session at the pages. The code ends with it.
    pub browser_session: SessionId,
    /// When the user entered the password.
    pub auth_time: Timestamp,
    /// When the code was issued, or the `created_at` of its session at the pages if that is later.
    pub issued_at: Timestamp,
    /// The key that its tokens must be bound to (RFC 9449 section 10).
    pub jkt: Option<Thumbprint>,
    /// Whether the client gets a refresh token.
    pub is_refreshable: bool,
    /// The session that the code began, once it is redeemed.
    pub redeemed_by: Option<SessionId>,
    /// The request that redeemed it.
    pub redeemer: Option<String>,
}

impl Code {
    /// Whether the code hasn't expired.
    pub fn is_live(&self, now: Timestamp) -> bool {
        now < self.issued_at + CODE_TTL
    }

    /// Reads an item.
    ///
    /// # Errors
    ///
    /// [`StoreError::Malformed`], if the item is not a code.
    pub fn from_item(item: &Item) -> Result<Self, StoreError> {
        let row = Row::new("Codes", item);
        let optional = |attribute| Ok(row.optional_text(attribute)?.map(str::to_owned));
        Ok(Self {
            code_hash: row.text(attribute::CODE_HASH)?.to_owned(),
            client_id: row.parsed(attribute::CLIENT_ID, ClientId::parse)?,
            redirect_uri: row.text(attribute::REDIRECT_URI)?.to_owned(),
            code_challenge: row.text(attribute::CODE_CHALLENGE)?.to_owned(),
            nonce: optional(attribute::NONCE)?,
            scope: row.scope(attribute::SCOPE)?,
            resources: GrantedResources::stored(row.texts(attribute::RESOURCES)?),
            user_id: row.parsed(attribute::USER_ID, UserId::parse)?,
            browser_session: row.parsed(attribute::BROWSER_SESSION, SessionId::parse)?,
            auth_time: row.instant(attribute::AUTH_TIME)?,
            issued_at: row.instant(attribute::ISSUED_AT)?,
            jkt: row.optional_parsed(attribute::JKT, Thumbprint::parse)?,
            is_refreshable: row.flag(attribute::REFRESHABLE)?,
            redeemed_by: row.optional_parsed(attribute::REDEEMED_BY, SessionId::parse)?,
            redeemer: optional(attribute::REDEEMER)?,
        })
    }

    /// The code as an item. Absent values are left out.
    pub fn to_item(&self) -> Item {
        let scope: Vec<String> = self.scope.tokens().map(str::to_owned).collect();
        let text = |text: &Option<String>| text.clone().map(S);
        let attributes = [
            (attribute::CODE_HASH, Some(S(self.code_hash.clone()))),
            (attribute::CLIENT_ID, Some(S(self.client_id.to_string()))),
            (attribute::REDIRECT_URI, Some(S(self.redirect_uri.clone()))),
            (attribute::CODE_CHALLENGE, Some(S(self.code_challenge.clone()))),
            (attribute::NONCE, text(&self.nonce)),
            (attribute::SCOPE, (!scope.is_empty()).then_some(Ss(scope))),
            (attribute::RESOURCES, self.resources.to_stored().map(Ss)),
            (attribute::USER_ID, Some(S(self.user_id.to_string()))),
            (attribute::BROWSER_SESSION, Some(S(self.browser_session.to_string()))),
            (attribute::AUTH_TIME, Some(N(self.auth_time.to_string()))),
            (attribute::ISSUED_AT, Some(N(self.issued_at.to_string()))),
            (attribute::JKT, self.jkt.map(|jkt| S(jkt.to_string()))),
            (attribute::REFRESHABLE, self.is_refreshable.then_some(Bool(true))),
            (attribute::REDEEMED_BY, self.redeemed_by.as_ref().map(|session| S(session.to_string()))),
            (attribute::REDEEMER, text(&self.redeemer)),
            (attribute::EXPIRES_AT, Some(N((self.issued_at + ROW_TTL).to_string()))),
        ];
        attributes.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }
}

/// A request to redeem a code. The code has to match its values.
#[derive(Clone, Copy, Debug)]
pub struct Redemption<'a> {
    /// The key of the code's row.
    pub code_hash: &'a str,
    /// The client that sends the code.
    pub client_id: &'a ClientId,
    /// The redirect URI that the client names.
    pub redirect_uri: &'a str,
    /// The hash of the client's verifier.
    pub code_challenge: &'a str,
    /// The key of the request's proof.
    pub jkt: Option<Thumbprint>,
    /// The resource that the request wants a token for.
    pub resource: WantedResource<'a>,
    /// The session that the code is to begin.
    pub session_id: &'a SessionId,
    /// The random mark of this request.
    pub redeemer: &'a str,
    /// When the request began.
    pub now: Timestamp,
}

/// The outcome of redeeming a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Redeemed {
    /// This request redeemed the code.
    Done(Code),
    /// Nothing was written. With the code as stored, or `None` if there is no such code.
    Refused(Option<Code>),
}

/// The outcome of sealing a used code.
#[expect(clippy::large_enum_variant, reason = "it is matched where it is made")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sealed {
    /// The code stays used by that session. No request can give it back.
    Done,
    /// Meanwhile the code began another session, or its row is gone. With the code as stored now.
    Changed(Option<Code>),
}

/// The Codes table.
#[derive(Clone, Debug)]
pub struct Codes {
    table: Table,
}

impl Codes {
    /// Opens the table that `CODES_TABLE` names.
    ///
    /// # Errors
    ///
    /// If the variable is missing.
    pub fn new(environment: &Environment, client: &Client) -> Result<Self, EnvironmentError> {
        Ok(Self { table: Table::from_environment(variable::CODES_TABLE, environment, client)? })
    }

    /// Stores a code.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the write fails.
    pub async fn put(&self, code: &Code) -> Result<(), StoreError> {
        let put = self.table.put_item().set_item(Some(code.to_item())).send().await;
        put.map_err(|e| StoreError::unavailable("PutItem on Codes", e))?;
        Ok(())
    }

    /// Redeems a code, if it is valid and the request matches it. The condition decides everything, so only
    /// one of several simultaneous requests succeeds. If the SDK repeats a write, the `redeemer` shows that
    /// the first one succeeded.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the write fails.
    pub async fn redeem(&self, redemption: &Redemption<'_>) -> Result<Redeemed, StoreError> {
        let Redemption {
            client_id,
            redirect_uri,
            code_challenge,
            jkt,
            resource,
            session_id,
            redeemer,
            now,
            ..
        } = redemption;
        let mut condition = "#client_id = :client_id AND #redirect_uri = :redirect_uri \
                             AND #code_challenge = :code_challenge \
                             AND #issued_at > :oldest \
                             AND attribute_not_exists(#redeemed_by) AND attribute_not_exists(#redeemer)"
            .to_owned();
        // Codes issued at `:oldest` or before have expired: `issued_at + CODE_TTL > now` is false for them.
        let oldest = now.as_unix().saturating_sub(CODE_TTL.as_secs());
        condition += match jkt {
            Some(_) => " AND (attribute_not_exists(#jkt) OR #jkt = :jkt)",
            None => " AND attribute_not_exists(#jkt)",
        };
        let (is_granted, wanted) = granted_condition(*resource);
        let condition = format!("{condition} AND {is_granted}");
        let mut update = self
            .of_redemption(redemption)
            .update_expression("SET #redeemed_by = :session_id, #redeemer = :redeemer")
            .condition_expression(condition)
            .expression_attribute_names("#client_id", attribute::CLIENT_ID)
            .expression_attribute_names("#redirect_uri", attribute::REDIRECT_URI)
            .expression_attribute_names("#code_challenge", attribute::CODE_CHALLENGE)
            .expression_attribute_names("#issued_at", attribute::ISSUED_AT)
            .expression_attribute_names("#jkt", attribute::JKT)
            .expression_attribute_names("#resources", attribute::RESOURCES)
            .expression_attribute_values(":wanted", wanted)
            .expression_attribute_values(":client_id", S(client_id.to_string()))
            .expression_attribute_values(":redirect_uri", S((*redirect_uri).to_owned()))
            .expression_attribute_values(":code_challenge", S((*code_challenge).to_owned()))
            .expression_attribute_values(":oldest", N(oldest.to_string()))
            .expression_attribute_values(":session_id", S(session_id.to_string()))
            .expression_attribute_values(":redeemer", S((*redeemer).to_owned()))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        if let Some(jkt) = jkt {
            update = update.expression_attribute_values(":jkt", S(jkt.to_string()));
        }
        let error = match update.send().await {
            Ok(output) => {
                return Code::from_item(&output.attributes.unwrap_or_default()).map(Redeemed::Done);
            }
            Err(error) => error,
        };
        let stored = stored_of(error)?;
        Ok(match stored {
            // The SDK repeated a write that had succeeded.
            Some(code) if code.redeemer.as_deref() == Some(*redeemer) => Redeemed::Done(code),
            stored => Redeemed::Refused(stored),
        })
    }

    /// Makes a code valid again that this request has redeemed, after the request failed to issue tokens. A
    /// code that was used a second time meanwhile stays used: [`Self::seal`].
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the write fails.
    pub async fn give_back(&self, redemption: &Redemption<'_>) -> Result<(), StoreError> {
        let given = self
            .of_redemption(redemption)
            .update_expression("REMOVE #redeemed_by, #redeemer")
            .condition_expression("#redeemer = :redeemer")
            .expression_attribute_values(":redeemer", S(redemption.redeemer.to_owned()))
            .send()
            .await;
        match given {
            Ok(_) => Ok(()),
            Err(error) if is_refused(&error) => Ok(()),
            Err(error) => Err(StoreError::unavailable(OPERATION, error)),
        }
    }

    /// Keeps a code used after its second use: if the first request fails, it can no longer give the code
    /// back. If it has done so already, the code becomes used again.
    ///
    /// # Errors
    ///
    /// [`StoreError`], if the write fails.
    pub async fn seal(&self, redemption: &Redemption<'_>, first: &SessionId) -> Result<Sealed, StoreError> {
        let sealed = self
            .of_redemption(redemption)
            .update_expression("SET #redeemed_by = :first REMOVE #redeemer")
            .condition_expression(
                "attribute_exists(#code_hash) AND (attribute_not_exists(#redeemed_by) OR #redeemed_by = :first)",
            )
            .expression_attribute_names("#code_hash", attribute::CODE_HASH)
            .expression_attribute_values(":first", S(first.to_string()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let Err(error) = sealed else { return Ok(Sealed::Done) };
        stored_of(error).map(Sealed::Changed)
    }

    /// An update of the code, with the attribute names of its use.
    fn of_redemption(&self, redemption: &Redemption<'_>) -> UpdateItemFluentBuilder {
        self.table
            .update_item()
            .key(attribute::CODE_HASH, S(redemption.code_hash.to_owned()))
            .expression_attribute_names("#redeemed_by", attribute::REDEEMED_BY)
            .expression_attribute_names("#redeemer", attribute::REDEEMER)
    }
}

fn is_refused(error: &SdkError<UpdateItemError>) -> bool {
    error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception)
}

/// The row that a failed condition returned, if it exists.
fn stored_of(error: SdkError<UpdateItemError>) -> Result<Option<Code>, StoreError> {
    let Some(UpdateItemError::ConditionalCheckFailedException(failed)) = error.as_service_error() else {
        return Err(StoreError::unavailable(OPERATION, error));
    };
    failed.item().filter(|item| !item.is_empty()).map(Code::from_item).transpose()
}
