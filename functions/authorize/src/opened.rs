//! Opens a page that has a form.

use lambda_http::{Request, http::Method};
use shared::{http::RequestError, log::RequestLog};

use crate::{
    Authorize, AuthorizeError,
    form::Form,
    request::{Pairs, parameter},
    visit::Visit,
};

impl Authorize {
    /// The form of a POST, and the visit of the request. A GET has no form.
    pub(crate) async fn opened<'a>(
        &'a self,
        request: &'a Request,
        log: &'a RequestLog,
    ) -> Result<(Option<Form>, Visit<'a>), AuthorizeError> {
        let form = match *request.method() {
            Method::GET => None,
            Method::POST => Some(Form::parse(&Pairs::of_form(request)?)?),
            _ => return Err(RequestError::Method.into()),
        };
        let ui_locales = Pairs::of_query(request);
        let ui_locales = ui_locales.one(parameter::UI_LOCALES).ok().flatten();
        Ok((form, self.visit_of(request, log, ui_locales).await?))
    }
}
