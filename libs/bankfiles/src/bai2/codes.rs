//! Codes of the standard.

use crate::CurrencyCode;

/// Type codes of balances.
pub(super) const OPENING_LEDGER: u16 = 10;
/// See [`OPENING_LEDGER`].
pub(super) const CLOSING_LEDGER: u16 = 15;

/// The meaning of a type code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// 001 to 099, 701 to 709 apart from transactions, 900 to 919: a balance or figure.
    Status,
    /// 100 to 399, 706, 708, 720 to 759, 827, 829, 920 to 959: money in.
    Credit,
    /// 400 to 699, 760 to 799, 828, 960 to 999: money out.
    Debit,
    /// 890: a text without money; and codes without a side in the standard.
    None,
}

/// The side of a type code.
pub(super) fn kind(code: u16) -> Kind {
    match code {
        1..=99 | 701 | 703 | 705 | 707 | 709 | 900..=919 => Kind::Status,
        100..=399 | 706 | 708 | 720..=759 | 827 | 829 | 920..=959 => Kind::Credit,
        400..=699 | 760..=799 | 828 | 960..=999 => Kind::Debit,
        _ => Kind::None,
    }
}

/// The decimals of amounts written without a point, by currency (ISO 4217; two for all others).
pub(super) fn decimals(currency: CurrencyCode) -> u32 {
    match currency.as_str() {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "VND" | "VUV"
        | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        _ => 2,
    }
}
