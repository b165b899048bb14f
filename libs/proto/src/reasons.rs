//! Reasons (`google.rpc.ErrorInfo.reason`) that our own services act on, spelled once for both sides of a call.

/// There is no such open item.
pub const ITEM_NOT_FOUND: &str = "ITEM_NOT_FOUND";
/// A settlement is larger than what is open on its item.
pub const SETTLEMENT_EXCEEDS_OPEN: &str = "SETTLEMENT_EXCEEDS_OPEN";
/// What would be written off is not the rest of the item.
pub const WRITE_OFF_NOT_ALLOWED: &str = "WRITE_OFF_NOT_ALLOWED";
