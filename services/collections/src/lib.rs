//! collections.
