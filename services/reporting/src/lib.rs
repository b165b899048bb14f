//! reporting.
