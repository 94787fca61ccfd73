//! Time in the model.

/// An instant of the model.
pub type Tick = u8;
