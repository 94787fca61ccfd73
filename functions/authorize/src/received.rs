//! A received request: a client's, or one of our own forms.

use lambda_http::{Request, http::Method};
use shared::http::RequestError;

use crate::{
    AuthorizeError,
    form::Form,
    request::{Pairs, parameter},
};

/// A client's request, and our form that answers its page.
pub(crate) struct Received {
    pub(crate) form: Option<Form>,
    /// The parameters of the client's request.
    pub(crate) pairs: Pairs,
    /// Whether the client's request came by POST.
    pub(crate) is_posted: bool,
}

impl Received {
    pub(crate) fn of(request: &Request) -> Result<Self, AuthorizeError> {
        let body = match *request.method() {
            Method::GET => None,
            Method::POST => Some(Pairs::of_form(request)?),
            _ => return Err(RequestError::Method.into()),
        };
        // Our forms keep the client's request in the query.
        let form = body.as_ref().filter(|body| body.has(parameter::CSRF)).map(Form::parse).transpose()?;
        let posted = body.filter(|_| form.is_none());
        let is_posted = posted.is_some();
        Ok(Self { form, pairs: posted.unwrap_or_else(|| Pairs::of_query(request)), is_posted })
    }
}
