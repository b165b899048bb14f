//! What cannot happen.

/// Something that cannot happen did: the program is wrong, and calling again does not help. It is logged, counted and answered as INTERNAL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this cannot happen: {0}")]
pub struct Bug(pub &'static str);
