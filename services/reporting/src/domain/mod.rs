//! The domain of reporting: definitions of the figures. Pure functions over sums from the read models; each formula is
//! named, versioned, and returned with its inputs.

pub(crate) mod kpi;
