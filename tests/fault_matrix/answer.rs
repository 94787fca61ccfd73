//! The answers to the matrix's requests.

use crate::harness::{Page, Reply};

/// An answer to a client or to a browser.
#[derive(Debug)]
pub(super) enum Answer {
    Reply(Reply),
    Page(Page),
}

impl Answer {
    pub(super) fn status(&self) -> u16 {
        match self {
            Self::Reply(reply) => reply.status,
            Self::Page(page) => page.status,
        }
    }

    /// The answer to a client.
    #[track_caller]
    pub(super) fn reply(&self) -> &Reply {
        match self {
            Self::Reply(reply) => reply,
            Self::Page(page) => panic!("a page: {page:?}"),
        }
    }

    /// The answer to a browser.
    #[track_caller]
    pub(super) fn page(&self) -> &Page {
        match self {
            Self::Page(page) => page,
            Self::Reply(reply) => panic!("no page: {reply:?}"),
        }
    }

    /// Asserts that this function's call failed with a server error. A page then has neither a code nor a cookie.
    #[track_caller]
    pub(super) fn assert_failed(&self, function: &str) {
        match self {
            // The gateway's answer to anything that is neither a policy nor `Unauthorized`.
            Self::Reply(reply) if function == "authorizer" => reply.assert_gateway_error(500, "server_error"),
            Self::Reply(reply) => {
                reply.assert_error(503, "temporarily_unavailable");
                assert_eq!(reply.header("retry-after"), Some("1"));
            }
            Self::Page(page) => {
                page.assert_page(503);
                assert_eq!(page.header("retry-after"), Some("1"));
                assert_eq!(page.header("set-cookie"), None, "{page:?}");
                assert!(page.forms().is_empty(), "{page:?}");
            }
        }
    }
}
