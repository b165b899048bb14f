//! Rounding modes.

use std::cmp::Ordering;

/// A rounding mode. Every mode is symmetric around zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rounding {
    /// To the nearest; a half goes to the even neighbour.
    HalfEven,
    /// To the nearest; a half goes away from zero.
    HalfUp,
    /// Towards zero.
    Down,
}

impl Rounding {
    /// The name in configuration and storage.
    pub const fn label(self) -> &'static str {
        match self {
            Rounding::HalfEven => "half_even",
            Rounding::HalfUp => "half_up",
            Rounding::Down => "down",
        }
    }

    /// The mode with this label, if there is one.
    pub fn parse(label: &str) -> Option<Rounding> {
        [Rounding::HalfEven, Rounding::HalfUp, Rounding::Down].into_iter().find(|mode| mode.label() == label)
    }

    /// Whether a magnitude is rounded up: `rest_to_half` compares the remainder with one half, and `odd` says
    /// whether the digit before it is odd.
    pub(crate) const fn goes_up(self, rest_to_half: Ordering, odd: bool) -> bool {
        match (self, rest_to_half) {
            (Rounding::Down, _) | (_, Ordering::Less) => false,
            (Rounding::HalfEven, Ordering::Equal) => odd,
            (Rounding::HalfEven | Rounding::HalfUp, Ordering::Equal | Ordering::Greater) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_round_trip() {
        for mode in [Rounding::HalfEven, Rounding::HalfUp, Rounding::Down] {
            assert_eq!(Rounding::parse(mode.label()), Some(mode));
        }
        assert_eq!(Rounding::parse("up"), None);
        assert_eq!(Rounding::parse("HALF_UP"), None);
    }

    #[test]
    fn only_a_half_depends_on_the_digit_before() {
        assert!(!Rounding::HalfEven.goes_up(Ordering::Equal, false));
        assert!(Rounding::HalfEven.goes_up(Ordering::Equal, true));
        assert!(Rounding::HalfUp.goes_up(Ordering::Equal, false));
        assert!(Rounding::HalfEven.goes_up(Ordering::Greater, false));
        assert!(!Rounding::HalfUp.goes_up(Ordering::Less, true));
        assert!(!Rounding::Down.goes_up(Ordering::Greater, true));
    }
}
