//! Telling formats apart by how a file begins.

/// A format of bank files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// ISO 20022 CAMT.052, .053 or .054.
    Camt,
    /// ISO 20022 pain.002.
    PaymentStatus,
    /// SWIFT MT940 or MT942.
    Mt94x,
    /// BAI2 or BTRS balance report.
    Bai2,
    /// BAI lockbox.
    Lockbox,
    /// OFX 1 (SGML) or 2 (XML).
    Ofx,
    /// NACHA.
    Nacha,
}
/// Tells the format by the file's first bytes (a few thousand are enough); `None` where it is none of ours.
pub fn detect(_start: &[u8]) -> Option<Format> {
    None
}
