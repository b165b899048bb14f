//! The domain of reporting: what the figures mean. Pure functions over sums that the read models give; each formula is
//! named, versioned, and returned with what it was computed from.

pub(crate) mod kpi;
