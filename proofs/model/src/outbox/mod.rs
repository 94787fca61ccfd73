//! A model of the outbox: how a mail gets from the row of its mailbox to the mail service.
//!
//! A request writes the row, and the table's stream brings a record of it. A delivery takes the mail by a lease, sends
//! it, and marks it. A delivery that fails or dies leaves its record, which comes again. Records come twice, and
//! deliveries overlap. The records that deliveries' own writes make are left out: they can only help.

mod check;
pub mod delivery;
pub mod properties;
pub mod protocol;
pub mod row;
pub mod scenario;
pub mod transitions;
pub mod world;
