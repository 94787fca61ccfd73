//! The streams of other tables than the outbox, which bring the mailer what its notices are about.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use mailer::Mail;
use serde_json::{Map, Value, json};
use shared::store::attribute;

use super::{Api, Change, Post, nothing_failed, sequence_number};

type Item = BTreeMap<String, AttributeValue>;

/// A table whose stream the mailer reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Users,
    Revocations,
    /// Only with `NewDeviceMails`.
    Sessions,
}

impl Source {
    /// The logical ID of the table.
    pub(crate) fn table(self) -> &'static str {
        match self {
            Self::Users => "UsersTable",
            Self::Revocations => "RevocationsTable",
            Self::Sessions => "SessionsTable",
        }
    }

    fn key(self) -> &'static [&'static str] {
        match self {
            Self::Users => &[attribute::USER_ID],
            Self::Revocations => &[attribute::BUCKET, attribute::REVOCATION],
            Self::Sessions => &[attribute::USER_ID, attribute::SESSION_KEY],
        }
    }

    /// The content of the records: the rows, or the keys alone.
    fn view(self) -> &'static str {
        match self {
            Self::Users | Self::Revocations => "NEW_IMAGE",
            Self::Sessions => "KEYS_ONLY",
        }
    }
}

impl Api {
    /// Records of changes of this table's rows. The sequence numbers are 1, 2 and so on.
    pub(crate) fn records<'a>(
        &self,
        source: Source,
        changes: impl IntoIterator<Item = (Change, &'a Item)>,
    ) -> Value {
        let table = &self.deployment.tables[source.table()];
        let record = |((change, row), number): ((Change, &Item), usize)| {
            let key = |name: &&str| ((*name).to_owned(), json_of(&row[*name]));
            let mut record = json!({
                "eventID": format!("event-{number}"),
                "eventName": change.name(),
                "eventVersion": "1.1",
                "eventSource": "aws:dynamodb",
                "awsRegion": "eu-west-1",
                "dynamodb": {
                    "ApproximateCreationDateTime": self.clock.unix(),
                    "Keys": source.key().iter().map(key).collect::<Map<_, _>>(),
                    "SequenceNumber": sequence_number(number),
                    "SizeBytes": 50,
                    "StreamViewType": source.view(),
                },
                "eventSourceARN":
                    format!("arn:aws:dynamodb:eu-west-1:123456789012:table/{table}/stream/2026-01-01T00:00:00.000"),
            });
            if source != Source::Sessions && change != Change::Remove {
                record["dynamodb"]["NewImage"] =
                    row.iter().map(|(name, value)| (name.clone(), json_of(value))).collect();
            }
            record
        };
        json!({ "Records": changes.into_iter().zip(1..).map(record).collect::<Vec<_>>() })
    }

    /// The rows of this table whose changes call the mailer, by the filters of template.yaml.
    pub(crate) async fn noticed(&self, source: Source) -> Vec<Item> {
        let parameters = self.deployment.parameters.clone().with("NewDeviceMails", "yes");
        let mut streams = self.template.streams("mailer", &parameters).unwrap().into_iter();
        let stream = streams.find(|stream| stream.table == source.table()).unwrap();
        assert_eq!(stream.view, source.view());
        let mut rows = self.items(source.table()).await;
        rows.retain(|row| {
            let event = self.records(source, [(Change::Modify, row)]);
            stream.filters.iter().any(|filter| filter.takes(&event["Records"][0]))
        });
        rows
    }
}

impl Post {
    /// Brings the mailer the rows of Users and Revocations that ask for a notice, as their streams do.
    pub(crate) async fn hear(&self, api: &Api) {
        for source in [Source::Users, Source::Revocations] {
            let rows = api.noticed(source).await;
            let event = api.records(source, rows.iter().map(|row| (Change::Modify, row)));
            assert_eq!(self.handle(event).await, nothing_failed());
        }
    }

    /// Brings the mailer these rows, and the outbox, and returns the mails that were accepted.
    pub(crate) async fn notices(&self, api: &Api) -> Vec<Mail> {
        self.hear(api).await;
        self.deliver(api).await
    }

    /// Brings the mailer a new session, as the stream does with `NewDeviceMails`.
    pub(crate) async fn hear_of_session(&self, api: &Api, session: &Item) {
        let event = api.records(Source::Sessions, [(Change::Insert, session)]);
        assert_eq!(self.handle(event).await, nothing_failed());
    }

    /// Brings the mailer a new session, and then the outbox.
    pub(crate) async fn of_new_session(&self, api: &Api, session: &Item) -> Vec<Mail> {
        self.hear_of_session(api, session).await;
        self.deliver(api).await
    }
}

/// A value as the events have it.
fn json_of(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::Bool(is_true) => json!({ "BOOL": is_true }),
        AttributeValue::Ss(texts) => json!({ "SS": texts }),
        AttributeValue::L(values) => json!({ "L": values.iter().map(json_of).collect::<Vec<_>>() }),
        other => panic!("no row has it: {other:?}"),
    }
}
