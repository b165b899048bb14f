//! The domain of reporting: definitions of the figures. Pure functions over sums from the read models; each formula is
//! named, versioned, and returned with its inputs.

mod as_of;
pub(crate) mod kpi;

pub(crate) use as_of::AsOf;
