//! Rounding of a document's tax.

use quittance_kernel::Rounding;

/// The amounts that are rounded to the currency's minor unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum RoundingScope {
    /// The tax of each category and rate, on the sum of its lines (EN 16931, BR-CO-17).
    PerRate,
    /// The tax of each line.
    PerLine,
}

impl RoundingScope {
    const ALL: [RoundingScope; 2] = [RoundingScope::PerRate, RoundingScope::PerLine];

    /// The name in storage.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            RoundingScope::PerRate => "per_rate",
            RoundingScope::PerLine => "per_line",
        }
    }

    /// The scope with this label, if there is one.
    pub(crate) fn parse(label: &str) -> Option<RoundingScope> {
        RoundingScope::ALL.into_iter().find(|scope| scope.label() == label)
    }
}

/// The rounding rule of tax. It is frozen on a document at creation, so that a later change of the
/// tenant's rule does not affect it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct RoundingRule {
    /// The rounded amounts.
    pub scope: RoundingScope,
    /// The rounding of ties: `HalfUp` (away from zero) or `HalfEven`.
    pub mode: Rounding,
}

impl RoundingRule {
    /// Per rate, half up: as in EN 16931, and a tenant's default.
    pub(crate) const STANDARD: RoundingRule = RoundingRule { scope: RoundingScope::PerRate, mode: Rounding::HalfUp };

    /// The rule with these labels. `None` for an unknown one, and for a mode that does not round to the nearest.
    pub(crate) fn parse(scope: &str, mode: &str) -> Option<RoundingRule> {
        let scope = RoundingScope::parse(scope)?;
        match Rounding::parse(mode)? {
            mode @ (Rounding::HalfUp | Rounding::HalfEven) => Some(RoundingRule { scope, mode }),
            Rounding::Down => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_round_trip() {
        for scope in RoundingScope::ALL {
            for mode in [Rounding::HalfUp, Rounding::HalfEven] {
                let rule = RoundingRule { scope, mode };
                assert_eq!(RoundingRule::parse(scope.label(), mode.label()), Some(rule));
            }
        }
        assert_eq!(RoundingRule::parse("per_rate", "down"), None);
        assert_eq!(RoundingRule::parse("per_invoice", "half_up"), None);
    }
}
