//! Reasons that several parts of the contract give for a field that is refused: one word for one thing, wherever it is found.

/// Nothing is given where something must be.
pub const FIELD_REQUIRED: &str = "FIELD_REQUIRED";
/// More characters than the field may have.
pub const TEXT_TOO_LONG: &str = "TEXT_TOO_LONG";
/// A character that no document can print, or a line break where there is one line.
pub const TEXT_HAS_CONTROL_CHARACTERS: &str = "TEXT_HAS_CONTROL_CHARACTERS";
