//! Why a hash can't be taken.

/// What is wrong with a hash. No reason repeats anything of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashRejection {
    /// Of no kind that is known.
    #[error("is of no known kind")]
    Unknown,
    /// Of this kind, but not whole, or with something that isn't known of it.
    #[error("looks like {0}, but isn't in its form")]
    Malformed(&'static str),
    /// Computing it takes more than this.
    #[error("is beyond the cap of {0}")]
    BeyondCap(&'static str),
}
