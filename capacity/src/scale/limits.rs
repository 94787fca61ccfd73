//! The limits of AWS that count here, as they are by default, each with the page that says so.
//!
//! Looked up in November 2026. "Adjustable" ones are raised on request, in the Service Quotas console.

/// Write units a second of one partition (DynamoDB Developer Guide, "Best practices for designing and using partition keys
/// effectively in DynamoDB"). Fixed.
pub(crate) const PARTITION_WRITES: f64 = 1000.0;
/// Read units a second of one partition (the same). Fixed.
pub(crate) const PARTITION_READS: f64 = 3000.0;
/// Write units a second that a new table on demand takes at once (DynamoDB Developer Guide, "Understanding DynamoDB warm
/// throughput"). More is had by `WarmThroughput`, or by itself: twice the highest of the last 30 minutes.
pub(crate) const NEW_TABLE_WRITES: f64 = 4000.0;
/// Read units of the same.
pub(crate) const NEW_TABLE_READS: f64 = 12_000.0;
/// Units a second of one table on demand, reads and writes each (DynamoDB Developer Guide, "Quotas in Amazon DynamoDB").
/// Adjustable. On demand, there is no quota for the account.
pub(crate) const TABLE_UNITS: f64 = 40_000.0;

/// Executions at the same time, of all functions of an account in a Region (AWS Lambda Developer Guide, "Lambda quotas").
/// Adjustable, to tens of thousands and more; lower in new accounts.
pub(crate) const CONCURRENCY: f64 = 1000.0;
/// Requests a second for each of these (the same: "Each instance of your execution environment can serve up to 10 requests
/// per second. In other words, the total invocation limit is 10 times your concurrency limit"). Fixed.
pub(crate) const REQUESTS_PER_ENVIRONMENT: f64 = 10.0;
/// Environments that a function gets in a second, at most (AWS Lambda Developer Guide, "Lambda scaling behavior": 1,000
/// every 10 seconds, for each function). Fixed.
pub(crate) const STARTS_PER_SECOND: f64 = 100.0;

/// Requests a second to all APIs of an account in a Region (API Gateway Developer Guide, "Amazon API Gateway quotas"); 2,500
/// in some Regions. Adjustable.
pub(crate) const GATEWAY_REQUESTS: f64 = 10_000.0;
/// What may come at once beyond that (the same). AWS sets it by the quota above.
pub(crate) const GATEWAY_BURST: f64 = 5000.0;

/// `GetSecretValue` and `DescribeSecret` a second (AWS Secrets Manager User Guide, "AWS Secrets Manager quotas"). Fixed.
pub(crate) const SECRET_READS: f64 = 10_000.0;
