//! `users list`: prints a page of users, each as a [`UserView`].

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue::S;
use clap::{Args, ValueEnum, value_parser};
use shared::{
    environment::variable,
    ids::UserId,
    store::{Item, Row, StoreError, Table, User, attribute},
};

use super::{cursor::Cursor, search::Search, view::UserView};
use crate::{console::Console, context::Context, error::AdminError};

pub(super) const HELP: &str = "\
Examples:
  latchgate users list
  latchgate users list --search example.com --limit 20
  latchgate users list --prefix ada --output json
  latchgate users list --cursor eyJuYW1l…

The command sorts users by name, up to 100,000 users. It doesn't sort a larger table, and refuses --sort name
there: users come in the stored order, and each page ends with the cursor of the next. The time of registration
isn't stored; `users show` shows the last login.";

/// The most users that a command reads.
const MAX_READ: usize = 100_000;

/// The order of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Sort {
    /// By name
    Name,
    /// In the stored order, which is arbitrary, but needs the fewest reads
    Stored,
}

/// `users list`
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only users with this text in their name or in a claim, such as the email address; case makes no
    /// difference
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    search: Option<String>,
    /// Only users whose name begins with this text
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    prefix: Option<String>,
    /// The order [default: by name, unless there are more than 100,000 users]
    #[arg(long, value_enum, value_name = "ORDER")]
    sort: Option<Sort>,
    /// The most users to list, 1 to 10000
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = value_parser!(u32).range(1..=10_000))]
    limit: u32,
    /// Continue after the page with this cursor; repeat its --search and --prefix
    #[arg(long, value_name = "CURSOR", value_parser = Cursor::parse, allow_hyphen_values = true)]
    cursor: Option<Cursor>,
}

/// A page of the list.
struct Page {
    views: Vec<UserView>,
    next: Option<Cursor>,
}

pub(super) async fn list(context: &Context, command: List) -> Result<(), AdminError> {
    let List { search, prefix, sort, limit, cursor } = command;
    let reader = Reader {
        table: context.deployment.table(variable::USERS_TABLE)?,
        console: &context.console,
        search: Search::new(search.as_deref(), prefix.as_deref()),
        limit: limit as usize,
    };
    let page = match (sort, cursor) {
        (None | Some(Sort::Stored), Some(Cursor::Stored { user_id })) => reader.stored(Some(user_id)).await?,
        (None | Some(Sort::Name), Some(Cursor::Name { name, user_id })) => {
            reader.by_name(Some((name, user_id))).await?.ok_or(TOO_MANY)?
        }
        (Some(_), Some(_)) => {
            return Err(AdminError::Usage("the cursor is of a list in another order: leave --sort out"));
        }
        (Some(Sort::Stored), None) => reader.stored(None).await?,
        (Some(Sort::Name), None) => reader.by_name(None).await?.ok_or(TOO_MANY)?,
        (None, None) => match reader.by_name(None).await? {
            Some(page) => page,
            None => reader.stored(None).await?,
        },
    };
    let next = page.next.map(|cursor| cursor.to_text());
    context.console.print_page("users", UserView::COLUMNS, &page.views, next.as_deref())
}

const TOO_MANY: AdminError = AdminError::Refused(
    "there are more than 100000 users, too many to sort: list them with --sort stored, page by page",
);

/// Reads the Users table.
struct Reader<'a> {
    table: Table,
    console: &'a Console,
    search: Search,
    limit: usize,
}

impl Reader<'_> {
    /// The next page by name; `None`, if there are too many users. It reads all users, but keeps only a page.
    async fn by_name(&self, after: Option<(String, String)>) -> Result<Option<Page>, AdminError> {
        let mut first = BTreeMap::new();
        let (mut start, mut read) = (None, 0);
        loop {
            let (items, next) = self.scan(start).await?;
            read += items.len();
            if read > MAX_READ {
                return Ok(None);
            }
            for item in &items {
                let Some(view) = self.found(item)? else { continue };
                let key = (view.username.clone().unwrap_or_default(), view.user_id.to_string());
                if after.as_ref().is_none_or(|after| key > *after) {
                    first.insert(key, view);
                }
                // One more shows whether there is a next page.
                if first.len() > self.limit + 1 {
                    first.pop_last();
                }
            }
            match next {
                None => break,
                next => start = next,
            }
        }
        let has_more = first.len() > self.limit;
        let views: Vec<_> = first.into_values().take(self.limit).collect();
        let last = views.last().filter(|_| has_more);
        let next = last.map(|view| Cursor::Name {
            name: view.username.clone().unwrap_or_default(),
            user_id: view.user_id.to_string(),
        });
        Ok(Some(Page { views, next }))
    }

    /// The next page in the stored order. It may have fewer users than requested, or none, even if a next
    /// page follows.
    async fn stored(&self, after: Option<String>) -> Result<Page, AdminError> {
        let mut start = after.map(|user_id| Item::from([(attribute::USER_ID.to_owned(), S(user_id))]));
        let (mut views, mut read) = (Vec::new(), 0);
        loop {
            let (items, next) = self.scan(start).await?;
            for (i, item) in items.iter().enumerate() {
                views.extend(self.found(item)?);
                read += 1;
                let is_last = i + 1 == items.len() && next.is_none();
                if (views.len() == self.limit || read == MAX_READ) && !is_last {
                    let user_id = Row::new("Users", item).text(attribute::USER_ID)?.to_owned();
                    return Ok(Page { views, next: Some(Cursor::Stored { user_id }) });
                }
            }
            match next {
                None => return Ok(Page { views, next: None }),
                next => start = next,
            }
        }
    }

    /// Reads a megabyte of the table, and returns the start of the next.
    async fn scan(&self, start: Option<Item>) -> Result<(Vec<Item>, Option<Item>), AdminError> {
        let scan = self.table.client.scan().table_name(&self.table.name).consistent_read(true);
        let output = scan.set_exclusive_start_key(start).send().await;
        let output = output.map_err(|e| StoreError::unavailable("Scan on Users", e))?;
        Ok((output.items.unwrap_or_default(), output.last_evaluated_key))
    }

    /// The user, if the search matches.
    fn found(&self, item: &Item) -> Result<Option<UserView>, AdminError> {
        let user_id = Row::new("Users", item).parsed(attribute::USER_ID, UserId::parse)?;
        match User::from_item(item) {
            Ok(user) => Ok(self.search.finds(&user).then(|| UserView::of(&user_id, &user))),
            Err(error) => {
                self.console.note(&format!("Left out {user_id}: {error}"));
                Ok(None)
            }
        }
    }
}
