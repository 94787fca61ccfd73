//! The way back: the page where the user signs in after the mail.

use lambda_http::Request;
use shared::{http::parameter as shared_parameter, route};

use super::MailPage;
use crate::{
    cookies,
    pages::MailTask,
    redirect,
    request::{OF_AUTHORIZATION, Pairs, parameter},
};

/// The longest query that the browser keeps in a cookie, in bytes. Browsers take cookies of 4096 bytes.
const MAX_KEPT_LEN: usize = 3000;

/// The page from which the user came, and where the user signs in afterwards.
pub(super) struct Way {
    page: MailPage,
    /// The client's request, or at most the language.
    query: String,
    /// Whether the query is a client's request.
    leads_to_app: bool,
}

impl Way {
    /// The way of a request for this page.
    pub(super) fn of(page: MailPage, request: &Request, query: &Pairs) -> Self {
        match page.task() {
            MailTask::SignUp | MailTask::Reset if page.is_link() => Self::of_link(page, request, query),
            MailTask::SignUp | MailTask::Reset => Self::of_query(page, query),
            MailTask::ChangeEmail | MailTask::UndoChange => Self::of_account(page, query),
        }
    }

    /// The way of a page that the sign-in page links to: the sign-in page's query is the page's own.
    fn of_query(page: MailPage, query: &Pairs) -> Self {
        let has = |name| query.one(name).is_ok_and(|value| value.is_some());
        let leads_to_app = has(shared_parameter::CLIENT_ID) && has(shared_parameter::REDIRECT_URI);
        Self { page, query: query.to_query(&OF_AUTHORIZATION), leads_to_app }
    }

    /// The way of a link in a mail. The browser in which the user asked for the mail has kept the client's
    /// request; another browser hasn't.
    fn of_link(page: MailPage, request: &Request, query: &Pairs) -> Self {
        match cookies::pending(request) {
            Some(pending) => Self { page, query: pending.to_owned(), leads_to_app: true },
            None => Self::of_account(page, query),
        }
    }

    /// The way to the account, where the user sees the sessions or signs in.
    fn of_account(page: MailPage, query: &Pairs) -> Self {
        Self { page, query: query.to_query(&[parameter::UI_LOCALES]), leads_to_app: false }
    }

    /// Whether the sign-in page leads on to the app that the user comes from.
    pub(super) fn leads_to_app(&self) -> bool {
        self.leads_to_app
    }

    pub(super) fn query(&self) -> &str {
        &self.query
    }

    /// The relative URL of the page where the user signs in, or the account of a signed-in user.
    pub(super) fn sign_in(&self) -> String {
        let to = if self.leads_to_app { route::AUTHORIZE } else { route::ACCOUNT };
        redirect::reference(self.page.path(), to, &self.query)
    }

    /// The query for the browser to keep until the link is opened. Longer ones are only in the page's URL.
    pub(super) fn kept(&self) -> Option<&str> {
        Some(&*self.query).filter(|query| self.leads_to_app && query.len() <= MAX_KEPT_LEN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::pairs_of;

    #[test]
    fn a_clients_request_leads_back_to_the_client() {
        let request = [("client_id", "web"), ("redirect_uri", "https://a.example/cb"), ("email", "x")];
        let way = Way::of_query(MailPage::New, &pairs_of(&request));
        let query = "client_id=web&redirect_uri=https%3A%2F%2Fa.example%2Fcb";
        assert_eq!((way.sign_in(), way.kept()), (format!("../authorize?{query}"), Some(query)));
        assert!(way.leads_to_app());
        let long = "x".repeat(MAX_KEPT_LEN);
        let way = Way::of_query(MailPage::New, &pairs_of(&[request[0], request[1], ("state", &*long)]));
        assert!(way.leads_to_app() && way.kept().is_none());
    }

    #[test]
    fn without_a_clients_request_the_way_leads_to_the_account() {
        for (query, sign_in) in [
            (&[][..], "../account"),
            (&[("ui_locales", "vi")], "../account?ui_locales=vi"),
            (&[("client_id", "web")], "../account?client_id=web"),
            (&[("redirect_uri", "x"), ("client_id", "")], "../account?redirect_uri=x"),
        ] {
            let way = Way::of_query(MailPage::New, &pairs_of(query));
            assert_eq!((way.sign_in(), way.kept()), (sign_in.to_owned(), None));
        }
        let request = Request::default();
        let of_link = |page| Way::of(page, &request, &pairs_of(&[("token", "x"), ("ui_locales", "vi")]));
        assert_eq!(of_link(MailPage::Reset).sign_in(), "../account?ui_locales=vi");
        assert_eq!(of_link(MailPage::EmailUndo).sign_in(), "../../account?ui_locales=vi");
    }

    #[test]
    fn the_pages_of_an_account_leave_the_clients_request_of_another_mail_alone() {
        let mut request = Request::default();
        let cookie = "__Host-latchgate-pending=client_id=web".parse().unwrap();
        request.headers_mut().insert("cookie", cookie);
        let way = |page| Way::of(page, &request, &pairs_of(&[]));
        assert_eq!(way(MailPage::Reset).sign_in(), "../authorize?client_id=web");
        for page in [MailPage::Email, MailPage::EmailConfirm, MailPage::EmailUndo] {
            assert!(!way(page).leads_to_app() && way(page).kept().is_none(), "{page:?}");
        }
    }
}
