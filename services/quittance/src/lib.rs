//! quittance.
