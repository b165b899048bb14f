//! The time to live of reservations.

/// The default time to live of a reservation, in seconds: a day.
pub(crate) const DEFAULT_TTL_SECONDS: u32 = 86_400;
/// The longest time to live of a reservation, in seconds: 90 days.
pub(crate) const MAX_TTL_SECONDS: u32 = 7_776_000;
