//! AWS's list prices, in USD, in us-east-1, without taxes, free tiers and discounts for quantity.
//!
//! As of [`AS_OF`]; each names the page of AWS that has it. Other Regions cost up to half as much again.

/// When they were looked up.
pub(super) const AS_OF: &str = "November 2026";

/// A million write units on demand ("Amazon DynamoDB pricing for on-demand capacity").
pub(super) const WRITE_UNITS: f64 = 0.625;
/// A million read units on demand (the same).
pub(super) const READ_UNITS: f64 = 0.125;
/// A GB of items for a month (the same), beside point-in-time recovery for the same GB.
pub(super) const STORED_GB: f64 = 0.25;
/// A GB of items for a month with point-in-time recovery (the same).
pub(super) const RECOVERABLE_GB: f64 = 0.20;

/// A million requests to functions ("AWS Lambda Pricing").
pub(super) const INVOCATIONS: f64 = 0.20;
/// A GB of memory for a second on arm64 (the same; the first 7.5 billion of a month).
pub(super) const GB_SECOND_ARM: f64 = 0.000_013_333_4;
/// The same on `x86_64` (the first 6 billion of a month).
pub(super) const GB_SECOND_X86: f64 = 0.000_016_666_7;

/// A million requests to a REST API ("Amazon API Gateway Pricing"; the first 333 million of a month).
pub(super) const REST_REQUESTS: f64 = 3.50;
/// A million requests to an HTTP API (the same; the first 300 million of a month).
pub(super) const HTTP_REQUESTS: f64 = 1.00;

/// A GB that is logged ("Amazon CloudWatch Pricing", logs of Lambda: the first 10 TB of a month).
pub(super) const LOGGED_GB: f64 = 0.50;

/// A secret for a month ("AWS Secrets Manager Pricing").
pub(super) const SECRET: f64 = 0.40;
/// A million requests for secrets (the same: 0.05 for 10,000).
pub(super) const SECRET_REQUESTS: f64 = 5.00;

/// A GB to the Internet ("Amazon EC2 On-Demand Pricing", data transfer: the first 10 TB of a month).
pub(super) const SENT_GB: f64 = 0.09;

/// A custom metric for a month ("Amazon CloudWatch Pricing": the first 10,000), in the hours in which something is written to it.
pub(super) const METRIC: f64 = 0.30;
/// An alarm of standard resolution for a month, for each metric that it looks at (the same).
pub(super) const ALARM_METRIC: f64 = 0.10;
/// A dashboard for a month, beyond the three that an account has for nothing (the same).
pub(super) const DASHBOARD: f64 = 3.00;
