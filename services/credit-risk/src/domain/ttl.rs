//! How long credit stays set aside.

/// How long a reservation lasts where the caller does not say: a day.
pub const DEFAULT_TTL_SECONDS: u32 = 86_400;
/// How long a reservation lasts at most: 90 days.
pub const MAX_TTL_SECONDS: u32 = 7_776_000;
