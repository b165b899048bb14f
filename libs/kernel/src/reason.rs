//! Field reasons shared by several parts of the contract: one word for one thing.

/// A required field is empty.
pub const FIELD_REQUIRED: &str = "FIELD_REQUIRED";
/// More characters than the field may have.
pub const TEXT_TOO_LONG: &str = "TEXT_TOO_LONG";
/// A control character, or a line break in a single-line field.
pub const TEXT_HAS_CONTROL_CHARACTERS: &str = "TEXT_HAS_CONTROL_CHARACTERS";
