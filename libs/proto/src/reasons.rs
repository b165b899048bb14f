//! Reasons (`google.rpc.ErrorInfo.reason`) that our own services act on, spelled once for both sides of a call.

/// The open item does not exist.
pub const ITEM_NOT_FOUND: &str = "ITEM_NOT_FOUND";
/// A settlement exceeds the open balance of its item.
pub const SETTLEMENT_EXCEEDS_OPEN: &str = "SETTLEMENT_EXCEEDS_OPEN";
/// The effective date is after today.
pub const EFFECTIVE_IN_FUTURE: &str = "EFFECTIVE_IN_FUTURE";
/// The amount to write off is not the open balance of the item.
pub const WRITE_OFF_NOT_ALLOWED: &str = "WRITE_OFF_NOT_ALLOWED";
