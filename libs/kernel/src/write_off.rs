//! Write-offs: small differences between the amounts owed and paid, written off with the settlement that leaves them.

use crate::money::Money;

/// A small difference that closes an item with the settlement it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WriteOff {
    /// Positive: underpaid and given up. Negative: overpaid and kept. In the currency of the settlement.
    pub amount: Money,
    /// The reason.
    pub reason: WriteOffReason,
}

/// Why a difference is written off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WriteOffReason {
    /// Within the tenant's tolerance.
    SmallDifference,
    /// A fee deducted by a bank.
    BankCharges,
}

impl WriteOffReason {
    const ALL: [WriteOffReason; 2] = [WriteOffReason::SmallDifference, WriteOffReason::BankCharges];

    /// The name in the contract and in storage.
    pub const fn label(self) -> &'static str {
        match self {
            WriteOffReason::SmallDifference => "SMALL_DIFFERENCE",
            WriteOffReason::BankCharges => "BANK_CHARGES",
        }
    }

    /// The reason with this label, if there is one.
    pub fn parse(label: &str) -> Option<WriteOffReason> {
        WriteOffReason::ALL.into_iter().find(|reason| reason.label() == label)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_round_trip() {
        // They are stored.
        assert_eq!(WriteOffReason::ALL.map(WriteOffReason::label), ["SMALL_DIFFERENCE", "BANK_CHARGES"]);
        for reason in WriteOffReason::ALL {
            assert_eq!(WriteOffReason::parse(reason.label()), Some(reason));
        }
        assert_eq!(WriteOffReason::parse(""), None);
    }
}
