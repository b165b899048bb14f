//! Fields that commands got later.

use std::hash::{Hash, Hasher};

/// An optional field that was added to a command: where it is not given it is hashed as nothing, so that a request repeated across an
/// upgrade is the same command. Last in the command, or followed by fields of this kind only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Added<T>(pub Option<T>);

impl<T> Default for Added<T> {
    fn default() -> Added<T> {
        Added(None)
    }
}

impl<T: Hash> Hash for Added<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        if let Some(value) = &self.0 {
            value.hash(state);
        }
    }
}
