//! One function, running.

use super::{lambda::Lambda, proxy::Proxy};

/// A function on the stage, and what lies between it and the services that it calls.
pub(super) struct Actor {
    pub(super) lambda: Lambda,
    pub(super) services: [Proxy; 2],
}
