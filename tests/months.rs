//! The three months of docs/operations/costs.md. This computes every cell of the bill from the page's numbers for the
//! month, the cost of each operation, and the prices.

use aws_sdk_dynamodb::types::AttributeValue;

use crate::{
    harness::Api,
    operations::template_called,
    pages::{self, LINE, Stated, alarm_metrics, number, price, rows, stated_bytes},
};

/// The operations of a month: the row with their number, and the operation with their price.
const OPERATIONS: [(&str, &str); 10] = [
    ("logins", "login"),
    ("logins that are refused", "login, wrong password"),
    ("refreshes", "refresh"),
    ("logouts", "logout"),
    ("changes of a password", "change of password"),
    ("documents", DOCUMENT),
    (PREFLIGHTS, DOCUMENT),
    ("calls that the authorizer allows", ALLOWED),
    ("calls that the authorizer refuses", "authorizer, junk token"),
    ("refreshes that are refused", DOCUMENT),
];
/// A document and a preflight come from memory, like the refusal of a junk token.
const DOCUMENT: &str = "refresh, junk or foreign token";
const PREFLIGHTS: &str = "preflights";
const ALLOWED: &str = "authorizer, `session`";
/// One invocation in a hundred is a cold start that takes a tenth of a second.
const COLD_START_MS: f64 = 1.0;
/// The compressed share of a log line, and the months of `LogRetentionDays`.
const COMPRESSED: f64 = 0.15;
const MONTHS: f64 = 3.0;
const TOKEN_RESPONSE: f64 = 2000.0;
const OTHER_RESPONSE: f64 = 700.0;
/// Requests in a month at one every five minutes.
const EVERY_FIVE_MINUTES: f64 = 8640.0;
/// The size of the deployed packages, in GB.
const PACKAGES: f64 = 0.04;

/// Not a row of the months: all of them have the default.
const WHOLE_LINES: &str = "whole lines";
/// An HTTP API instead of the month's REST API.
const HTTP_API: &str = "an HTTP API";
const FIREWALL: &str = "firewall";

/// One of the months.
struct Month {
    column: usize,
    /// A feature that is on, besides those on the page.
    added: &'static str,
}

impl Month {
    fn cell(&self, of: &str) -> &'static str {
        let row = rows("a month of").into_iter().find(|row| row[0] == of);
        row.unwrap_or_else(|| panic!("no row for {of}"))[self.column]
    }

    fn count(&self, of: &str) -> f64 {
        number(self.cell(of))
    }

    fn is_on(&self, what: &str) -> bool {
        match self.cell(what) {
            _ if what == self.added => true,
            // An HTTP API can't have a firewall.
            _ if what == FIREWALL && self.added == HTTP_API => false,
            "on" => true,
            "off" => false,
            other => panic!("{what}: {other}"),
        }
    }

    fn is_http(&self) -> bool {
        self.added == HTTP_API || self.cell("API") == "HTTP"
    }

    /// Each operation with its name in the month and its number.
    fn operations(&self) -> impl Iterator<Item = (&'static str, Stated, f64)> {
        OPERATIONS.into_iter().map(|(row, operation)| {
            let mut stated = Stated::of(operation);
            let line = match (row, self.added == WHOLE_LINES) {
                ("documents" | PREFLIGHTS, false) => Some(0.0),
                ("documents" | PREFLIGHTS, true) => Some(bytes("that of a document ")),
                ("calls that the authorizer allows", true) => Some(bytes("that of an allowed call ")),
                ("refreshes", true) => Some(bytes("the line of a refresh has ")),
                _ => None,
            };
            if let Some(line) = line {
                (stated.log_lines, stated.log_bytes) = (if line > 0.0 { 1.0 } else { 0.0 }, line);
            }
            (row, stated, self.count(row))
        })
    }

    /// The operations that run a function: an HTTP API answers preflights itself.
    fn invoked(&self) -> impl Iterator<Item = (&'static str, Stated, f64)> {
        self.operations().filter(|(row, ..)| !(self.is_http() && *row == PREFLIGHTS))
    }

    /// The requests to API Gateway. Those behind the authorizer belong to your own API.
    fn requests(&self) -> f64 {
        self.operations().filter(|(row, ..)| !row.contains("authorizer")).map(|(.., count)| count).sum()
    }

    /// The bytes and lines that the functions log.
    fn logged(&self) -> (f64, f64) {
        let metrics = bytes("A line of metrics has ");
        let mut logged = (0.0, 0.0);
        for (_, stated, count) in self.invoked() {
            let counted = if stated.log_lines > 0.0 { stated.log_lines.min(1.0) } else { 1.0 };
            let counted = if self.is_on("`Metrics`") { counted } else { 0.0 };
            logged.0 += count * (stated.log_bytes + counted * metrics);
            logged.1 += count * (stated.log_lines + counted);
        }
        logged
    }

    /// The cost of log lines in USD, for ingestion and storage.
    fn log((bytes, lines): (f64, f64)) -> f64 {
        let kept = bytes * COMPRESSED + lines * LINE;
        ((bytes + lines * LINE) * price("logged") + kept * MONTHS * price("kept in a log")) / 1e9
    }

    /// The items of the bill with their names.
    fn bill(&self) -> Vec<(&'static str, f64)> {
        let api = if self.is_http() { "a request to an HTTP API" } else { "a request to a REST API" };
        let access_log =
            stated_bytes(if self.is_http() { "behind an HTTP API " } else { "behind a REST API " });
        let access_log = (self.requests() * f64::from(u32::try_from(access_log).unwrap()), self.requests());
        let million = |price: f64, count: f64| price * count / 1e6;
        let sum = |of: &dyn Fn(&Stated) -> f64| -> f64 {
            self.invoked().map(|(_, stated, count)| million(of(&stated), count)).sum()
        };
        let if_on = |what: &str, usd: f64| if self.is_on(what) { usd } else { 0.0 };
        let stored = self.count("users") * bytes("a user is ") / 1e9;
        let tokens: f64 =
            ["logins", "refreshes", "changes of a password"].iter().map(|row| self.count(row)).sum();
        let answers = tokens * TOKEN_RESPONSE + (self.requests() - tokens) * OTHER_RESPONSE;
        let calls = |of: &str| self.count(of) * EVERY_FIVE_MINUTES / 1e4;
        let firewall = price("a web ACL") + 2.0 * price("a rule of it");
        let metrics = f64::from(u32::try_from(pages::metrics()).unwrap());
        let alarms = f64::from(u32::try_from(alarm_metrics()).unwrap());
        // For the keys of two tables and of the keyset.
        let decryptions = 2.0 * calls("warm functions") + calls("of these, with the keyset");
        vec![
            ("API Gateway", million(price(api), self.requests())),
            ("Lambda, requests", sum(&|_| price("an invocation"))),
            ("Lambda, time", sum(&|stated| stated.time("arm64", COLD_START_MS))),
            ("DynamoDB, requests", sum(&Stated::store)),
            (
                "DynamoDB, storage and recovery",
                stored * (price("kept in a table") + price("recovery of a table")),
            ),
            ("KMS", if_on("`KmsKeyArn`", price("a key of KMS") + decryptions * price("a call to KMS"))),
            (
                "Secrets Manager",
                price("a secret") + calls("of these, with the keyset") * price("a call to Secrets Manager"),
            ),
            ("logs of functions", Self::log(self.logged())),
            ("access log", if_on("access log", Self::log(access_log))),
            ("custom metrics", if_on("`Metrics`", metrics * price("a custom metric"))),
            ("alarms", if_on("alarms and dashboard", alarms * price("a metric of an alarm"))),
            ("dashboard", if_on("alarms and dashboard", price("a dashboard"))),
            ("traces", if_on("traces", million(price("a trace"), self.requests() / 20.0))),
            (
                FIREWALL,
                if_on(FIREWALL, firewall + million(price("a request to the firewall"), self.requests())),
            ),
            ("domain", if_on("domain", price("a hosted zone"))),
            ("data to the Internet", answers / 1e9 * price("to the Internet")),
            ("packages in S3", PACKAGES * price("kept in S3")),
        ]
    }
}

/// The number of bytes that the page states after these words.
fn bytes(words: &str) -> f64 {
    f64::from(u32::try_from(stated_bytes(words)).unwrap())
}

#[test]
fn each_cell_of_the_bills_is_computed_and_the_sum_is_theirs() {
    let mut computed = Vec::new();
    for column in 1..=3 {
        let bill = Month { column, added: "" }.bill();
        let cells: Vec<_> = bill.iter().map(|(_, usd)| pages::cents(*usd)).collect();
        // The sum of the printed values, so that readers can add them up.
        let sum: f64 = cells.iter().map(|cell| cell.parse::<f64>().unwrap()).sum();
        computed.push((bill, cells, format!("**{sum:.2}**")));
    }
    let names = computed[0].0.iter().map(|(name, _)| (*name).to_owned()).chain(["**in all**".to_owned()]);
    let expected: Vec<_> = names
        .enumerate()
        .map(|(index, name)| {
            let cells = computed.iter().map(|(_, cells, sum)| cells.get(index).unwrap_or(sum).clone());
            [name].into_iter().chain(cells).collect::<Vec<_>>()
        })
        .collect();
    let stated: Vec<_> = rows("USD a month")
        .into_iter()
        .map(|row| row[..4].iter().map(|c| (*c).to_owned()).collect::<Vec<_>>())
        .collect();
    let table = expected.iter().map(|row| format!("| {} |", row.join(" | "))).collect::<Vec<_>>().join("\n");
    assert_eq!(stated, expected, "it should be\n{table}");
}

#[test]
fn optional_features_cost_a_product_what_the_page_says() {
    let sum = |added| Month { column: 2, added }.bill().iter().map(|(_, usd)| usd).sum::<f64>();
    let added = [
        "`Metrics`",
        "alarms and dashboard",
        WHOLE_LINES,
        "access log",
        FIREWALL,
        "traces",
        "domain",
        "`KmsKeyArn`",
    ];
    let expected = added.map(|added| pages::cents(sum(added) - sum("")));
    assert_eq!(rows("parameter").iter().map(|row| row[2]).collect::<Vec<_>>(), expected);
}

#[test]
fn an_http_api_saves_a_large_stack_what_the_page_says() {
    let bill = |added| Month { column: 3, added }.bill();
    let saved = bill("").into_iter().zip(bill(HTTP_API)).map(|((item, rest), (_, http))| (item, rest - http));
    let saved: Vec<_> = saved.collect();
    let of = |items: &[&str]| -> String {
        pages::cents(saved.iter().filter(|(item, _)| items.contains(item)).map(|(_, usd)| usd).sum())
    };
    let (requests, firewall, lines) = (of(&["API Gateway"]), of(&[FIREWALL]), of(&["access log"]));
    let preflights = of(&["Lambda, requests", "Lambda, time", "DynamoDB, requests", "logs of functions"]);
    // The sum of the printed values, so that readers can add them up.
    let parts = [&requests, &preflights, &firewall, &lines].map(|usd| usd.parse::<f64>().unwrap());
    let all = pages::cents(parts.iter().sum());
    let exact = saved.iter().map(|(_, usd)| usd).sum::<f64>();
    assert!((exact - parts.iter().sum::<f64>()).abs() < 0.02, "nothing else differs: {exact}");
    let sentence = format!(
        "An HTTP API in the place of the REST API saves {all}: {requests} of API Gateway's, {preflights} for preflights, which run no \
         function then, {firewall} of the firewall, which can't be put before it, and {lines} of the access log, whose lines are shorter."
    );
    assert!(pages::says(&sentence), "{sentence}");
}

/// Ten thousand users: 300,000 logins and refreshes and 10 million calls, with the templates' defaults.
#[test]
fn a_month_of_a_product_at_the_defaults_is_at_most_eight_dollars() {
    let month = Month { column: 2, added: "" };
    let count = |of: &str| number::<u32>(month.cell(of));
    assert_eq!(count("users"), 10_000);
    assert_eq!(count("logins") + count("refreshes"), 300_000);
    let calls = count("calls that the authorizer allows") + count("calls that the authorizer refuses");
    assert_eq!((calls, month.cell("API")), (10_000_000, "REST"));
    let template = template_called("template.yaml");
    for (row, parameter, off) in
        [("`Metrics`", "Metrics", "off"), ("traces", "Tracing", "off"), ("firewall", "WafRequests", "0")]
    {
        let default = &template["Parameters"][parameter]["Default"];
        let default = default.as_str().map_or_else(|| default.as_u64().unwrap().to_string(), str::to_owned);
        assert_eq!((month.is_on(row), default.as_str()), (false, off), "{row}");
    }
    assert_eq!(template["Parameters"]["RequestLines"]["Default"], "problems");
    assert_eq!(template["Parameters"]["KmsKeyArn"]["Default"], "");
    // For an HTTP API, a log would cost a fifteenth of a refresh.
    for file in ["template.yaml", "template-http.yaml"] {
        assert_eq!(template_called(file)["Parameters"]["AccessLogs"]["Default"], "off", "{file}");
    }
    assert!(!month.is_on("access log") && !month.is_on("`KmsKeyArn`"));
    let sum = rows("USD a month").pop().unwrap()[2].trim_matches('*');
    assert!(number::<f64>(sum) <= 8.0, "{sum}");
}

/// Item sizes follow the DynamoDB Developer Guide, "DynamoDB item sizes and formats", plus the 100 bytes charged for
/// each item.
#[tokio::test]
async fn the_stored_rows_of_a_user_are_no_larger_than_the_page_says() {
    fn size(value: &AttributeValue) -> usize {
        match value {
            AttributeValue::S(text) => text.len(),
            AttributeValue::N(digits) => digits.len().div_ceil(2) + 1,
            AttributeValue::B(bytes) => bytes.as_ref().len(),
            AttributeValue::Bool(_) | AttributeValue::Null(_) => 1,
            AttributeValue::L(values) => 3 + values.iter().map(|value| 1 + size(value)).sum::<usize>(),
            AttributeValue::M(entries) => {
                3 + entries.iter().map(|(name, value)| 1 + name.len() + size(value)).sum::<usize>()
            }
            AttributeValue::Ss(texts) => texts.iter().map(String::len).sum(),
            other => panic!("{other:?}"),
        }
    }
    let api = Api::start().await;
    let (_here, _there) = (api.login().await, api.login().await);
    let mut stored = 0;
    for table in ["UsersTable", "CredentialsTable", "SessionsTable"] {
        for item in api.items(table).await {
            stored += 100 + item.iter().map(|(name, value)| name.len() + size(value)).sum::<usize>();
        }
    }
    let stated = stated_bytes("a user is ");
    assert!(stored <= stated && stored * 2 >= stated, "{stored} of {stated}");
}

/// The months are useful only if they cover all resources of a stack.
#[test]
fn every_kind_of_resource_that_is_charged_is_in_the_bill() {
    let templates = ["template.yaml", "template-http.yaml", "template-alarms.yaml"].map(template_called);
    let kinds = templates.iter().flat_map(|template| template["Resources"].as_mapping().unwrap().values());
    let kinds = kinds.filter_map(|resource| resource["Type"].as_str());
    for kind in kinds {
        let item = match kind.split("::").nth(1).unwrap() {
            "ApiGateway" | "ApiGatewayV2" | "Serverless" | "Lambda" => "API Gateway",
            "DynamoDB" => "DynamoDB, requests",
            "SecretsManager" => "Secrets Manager",
            "Logs" => "logs of functions",
            "CloudWatch" => "alarms",
            "WAFv2" => "firewall",
            "Route53" => "domain",
            // These cost nothing. A stack that sends no mail has none of the last three.
            "IAM" | "CertificateManager" | "SSM" | "SES" | "SNS" | "SQS" => continue,
            other => panic!("{other} is in no bill"),
        };
        assert!(rows("USD a month").iter().any(|row| row[0] == item), "{kind}: {item}");
    }
}
