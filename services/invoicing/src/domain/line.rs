//! The lines of an invoice, with their tax categories.

use quittance_kernel::{Currency, Money, MoneyError, Percent, Rounding};
use rust_decimal::Decimal;

use super::field::{Problem, optional_line, required_block};

/// The most lines of a document.
pub(crate) const MAX_LINES: usize = 500;
/// The longest description, in characters.
pub(crate) const MAX_DESCRIPTION: usize = 500;
/// The longest unit, in characters.
pub(crate) const MAX_UNIT: usize = 20;
/// The most decimals of a quantity or a unit price.
pub(crate) const FACTOR_DECIMALS: u32 = 6;
/// The exclusive limit of quantities and unit prices: 15 digits before the point.
const FACTOR_BOUND: Decimal = Decimal::from_parts(2_764_472_320, 232_830, 0, false, 0);

/// The tax category: UNCL 5305, as far as EN 16931 uses it. Ordered by code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TaxCategory {
    /// `AE`: the buyer owes the tax (reverse charge).
    ReverseCharge,
    /// `E`: exempt.
    Exempt,
    /// `G`: export, not taxed.
    Export,
    /// `K`: supply within the European Union.
    IntraCommunity,
    /// `O`: outside the scope of tax.
    OutsideScope,
    /// `S`: taxed at a rate above zero.
    Standard,
    /// `Z`: taxed at zero.
    ZeroRated,
}

impl TaxCategory {
    const ALL: [TaxCategory; 7] = [
        TaxCategory::ReverseCharge,
        TaxCategory::Exempt,
        TaxCategory::Export,
        TaxCategory::IntraCommunity,
        TaxCategory::OutsideScope,
        TaxCategory::Standard,
        TaxCategory::ZeroRated,
    ];

    /// The code of UNCL 5305, on the wire and in storage.
    pub const fn label(self) -> &'static str {
        match self {
            TaxCategory::ReverseCharge => "AE",
            TaxCategory::Exempt => "E",
            TaxCategory::Export => "G",
            TaxCategory::IntraCommunity => "K",
            TaxCategory::OutsideScope => "O",
            TaxCategory::Standard => "S",
            TaxCategory::ZeroRated => "Z",
        }
    }

    /// The category with this code, if there is one.
    pub fn parse(label: &str) -> Option<TaxCategory> {
        TaxCategory::ALL.into_iter().find(|category| category.label() == label)
    }

    /// Its text on the document.
    pub const fn wording(self) -> &'static str {
        match self {
            TaxCategory::ReverseCharge => "Reverse charge",
            TaxCategory::Exempt => "Exempt from tax",
            TaxCategory::Export => "Export",
            TaxCategory::IntraCommunity => "Intra-community supply",
            TaxCategory::OutsideScope => "Outside the scope of tax",
            TaxCategory::Standard => "Tax",
            TaxCategory::ZeroRated => "Zero rated",
        }
    }

    fn permits(self, rate: Percent) -> bool {
        rate.is_zero() != (self == TaxCategory::Standard)
    }
}

/// The content of a line, from a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct LineContent {
    /// The description.
    pub description: String,
    /// The quantity; negative for a deduction, never zero.
    pub quantity: Decimal,
    /// The unit, for example `h`. May be empty.
    pub unit: String,
    /// The unit price, without tax.
    pub unit_price: Decimal,
    /// The tax category.
    pub tax_category: TaxCategory,
    /// The tax rate.
    pub tax_rate: Percent,
}

/// A line of a document, with its net amount.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Line {
    /// The description.
    pub description: String,
    /// The quantity; negative for a deduction.
    pub quantity: Decimal,
    /// The unit.
    pub unit: String,
    /// The unit price, without tax.
    pub unit_price: Decimal,
    /// The tax category.
    pub tax_category: TaxCategory,
    /// The tax rate.
    pub tax_rate: Percent,
    /// Quantity times unit price, rounded once, half away from zero.
    pub net: Money,
}

/// A violation of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// The description is empty, too long or not printable.
    #[error("the description {0}")]
    Description(Problem),
    /// The unit is too long or not printable.
    #[error("the unit {0}")]
    Unit(Problem),
    /// The quantity is zero.
    #[error("the quantity is zero")]
    QuantityZero,
    /// The quantity has too many digits.
    #[error("the quantity has more than 15 digits before the point or more than {FACTOR_DECIMALS} behind it")]
    QuantityDigits,
    /// The unit price has too many digits.
    #[error("the unit price has more than 15 digits before the point or more than {FACTOR_DECIMALS} behind it")]
    UnitPriceDigits,
    /// The standard category without a rate, or a rate with another category.
    #[error("tax category {} has {}", category.label(), if *category == TaxCategory::Standard { "a rate above 0" } else { "the rate 0" })]
    TaxRate {
        /// The category.
        category: TaxCategory,
    },
    /// The net amount is too large for a document.
    #[error("the net amount: {0}")]
    Net(#[from] MoneyError),
}

impl LineError {
    /// The machine-readable reason.
    pub fn reason(&self) -> &'static str {
        match self {
            LineError::Description(problem) | LineError::Unit(problem) => problem.reason(),
            LineError::QuantityZero => "QUANTITY_ZERO",
            LineError::QuantityDigits => "QUANTITY_TOO_MANY_DIGITS",
            LineError::UnitPriceDigits => "UNIT_PRICE_TOO_MANY_DIGITS",
            LineError::TaxRate { .. } => "TAX_RATE_NOT_OF_CATEGORY",
            LineError::Net(error) => error.reason(),
        }
    }

    /// The field it is about.
    pub const fn field(&self) -> &'static str {
        match self {
            LineError::Description(_) => "description",
            LineError::Unit(_) => "unit",
            LineError::QuantityZero | LineError::QuantityDigits => "quantity",
            LineError::UnitPriceDigits | LineError::Net(_) => "unit_price",
            LineError::TaxRate { .. } => "tax_rate",
        }
    }
}

impl LineContent {
    /// The content without trailing zeros, if it is valid in every currency.
    ///
    /// # Errors
    /// [`LineError`], for the first rule that is broken.
    pub(crate) fn checked(self) -> Result<LineContent, LineError> {
        required_block(&self.description, MAX_DESCRIPTION).map_err(LineError::Description)?;
        optional_line(&self.unit, MAX_UNIT).map_err(LineError::Unit)?;
        let quantity = factor(self.quantity).ok_or(LineError::QuantityDigits)?;
        let unit_price = factor(self.unit_price).ok_or(LineError::UnitPriceDigits)?;
        if quantity.is_zero() {
            Err(LineError::QuantityZero)
        } else if !self.tax_category.permits(self.tax_rate) {
            Err(LineError::TaxRate { category: self.tax_category })
        } else {
            Ok(LineContent { quantity, unit_price, ..self })
        }
    }
}

impl Line {
    /// A line priced in the document's currency.
    ///
    /// # Errors
    /// [`LineError`], for the first rule that is broken.
    pub(crate) fn new(content: LineContent, currency: Currency) -> Result<Line, LineError> {
        let content = content.checked()?;
        let LineContent { description, quantity, unit, unit_price, tax_category, tax_rate } = content;
        let net = net_amount(quantity, unit_price, currency)?;
        Ok(Line { description, quantity, unit, unit_price, tax_category, tax_rate, net })
    }

    /// The content of the line.
    pub(crate) fn content(&self) -> LineContent {
        LineContent {
            description: self.description.clone(),
            quantity: self.quantity,
            unit: self.unit.clone(),
            unit_price: self.unit_price,
            tax_category: self.tax_category,
            tax_rate: self.tax_rate,
        }
    }
}

/// The number without trailing zeros, if its digits are within the limits.
fn factor(number: Decimal) -> Option<Decimal> {
    let number = number.normalize();
    (number.scale() <= FACTOR_DECIMALS && number.abs() < FACTOR_BOUND).then_some(number)
}

/// A product below the bound of a document's amounts has at most 15 digits before the point and 12 behind it, which a
/// decimal holds exactly; one with more digits is too large, however it is rounded.
fn net_amount(quantity: Decimal, unit_price: Decimal, currency: Currency) -> Result<Money, MoneyError> {
    let product = quantity.checked_mul(unit_price).ok_or(MoneyError::TooLarge)?;
    let rounded = Money::round(product, currency, Rounding::HalfUp)?;
    Money::new(rounded.amount(), currency)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn content(quantity: &str, unit_price: &str) -> LineContent {
        LineContent {
            description: "Consulting".to_owned(),
            quantity: quantity.parse().unwrap(),
            unit: "h".to_owned(),
            unit_price: unit_price.parse().unwrap(),
            tax_category: TaxCategory::Standard,
            tax_rate: Percent::parse("19").unwrap(),
        }
    }

    fn net(quantity: &str, unit_price: &str, currency: Currency) -> Result<String, LineError> {
        Line::new(content(quantity, unit_price), currency).map(|line| line.net.to_string())
    }

    #[test]
    fn the_bound_is_fifteen_digits() {
        assert_eq!(FACTOR_BOUND, "1000000000000000".parse().unwrap());
    }

    #[test]
    fn net_is_rounded_once_half_away_from_zero() {
        assert_eq!(net("3", "0.335", Currency::EUR).unwrap(), "1.01 EUR");
        assert_eq!(net("-3", "0.335", Currency::EUR).unwrap(), "-1.01 EUR");
        assert_eq!(net("1.5", "1", Currency::JPY).unwrap(), "2 JPY");
        assert_eq!(net("0.333333", "0.000001", Currency::EUR).unwrap(), "0.00 EUR");
        assert_eq!(net("999999999999999", "1", Currency::EUR).unwrap(), "999999999999999.00 EUR");
    }

    #[test]
    fn what_is_wrong_is_named() {
        let error = |quantity, unit_price| net(quantity, unit_price, Currency::EUR).unwrap_err();
        assert_eq!(error("0", "1"), LineError::QuantityZero);
        assert_eq!(error("0.0000001", "1"), LineError::QuantityDigits);
        assert_eq!(error("1000000000000000", "1"), LineError::QuantityDigits);
        assert_eq!(error("1", "0.0000001"), LineError::UnitPriceDigits);
        assert_eq!(error("999999999999999", "2"), LineError::Net(MoneyError::TooLarge));
        assert_eq!(error("999999999999999.999999", "999999999999999.999999"), LineError::Net(MoneyError::TooLarge));
        let empty = Line::new(LineContent { description: " ".to_owned(), ..content("1", "1") }, Currency::EUR);
        assert_eq!(empty.unwrap_err().field(), "description");
        let long = Line::new(LineContent { unit: "x".repeat(21), ..content("1", "1") }, Currency::EUR);
        assert_eq!(long, Err(LineError::Unit(Problem::TooLong { max: 20 })));
    }

    #[test]
    fn zeros_at_the_end_are_no_decimals() {
        let line = Line::new(content("1.00000000", "2.50000000"), Currency::EUR).unwrap();
        assert_eq!((line.quantity.to_string().as_str(), line.net.to_string().as_str()), ("1", "2.50 EUR"));
    }

    #[test]
    fn only_the_standard_category_has_a_rate() {
        for tax_category in TaxCategory::ALL {
            assert_eq!(TaxCategory::parse(tax_category.label()), Some(tax_category));
            for rate in ["0", "19"] {
                let tax_rate = Percent::parse(rate).unwrap();
                let line = Line::new(LineContent { tax_category, tax_rate, ..content("1", "1") }, Currency::EUR);
                assert_eq!(line.is_ok(), (tax_category == TaxCategory::Standard) == (rate == "19"));
            }
        }
        assert_eq!(TaxCategory::parse("s"), None);
        assert!(TaxCategory::ALL.is_sorted_by_key(|category| category.label()) && TaxCategory::ALL.is_sorted());
    }

    proptest! {
        /// Whatever is given, the net amount is within half a minor unit of the exact product, or refused.
        #[test]
        fn net_is_the_nearest_amount(
            quantity in -999_999_999_999i64..1_000_000_000_000,
            price in 0i64..1_000_000_000_000,
            scales in (0u32..=6, 0u32..=6),
        ) {
            let (quantity, unit_price) = (Decimal::new(quantity, scales.0), Decimal::new(price, scales.1));
            if let Ok(net) = net_amount(quantity, unit_price, Currency::EUR) {
                let off = (net.amount() - quantity * unit_price).abs();
                prop_assert!(off <= Decimal::new(5, 3));
            }
        }
    }
}
