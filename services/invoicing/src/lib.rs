//! invoicing.
