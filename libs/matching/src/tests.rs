//! The waterfall on small books.
#![expect(clippy::inconsistent_digit_grouping, reason = "cents are set apart")]

use chrono::NaiveDate;
use proptest::prelude::*;
use quittance_kernel::{CreditorReference, Currency, parse_date};

use super::*;

pub(super) fn day(text: &str) -> NaiveDate {
    parse_date(text).unwrap()
}

/// A book of customers that pay from accounts of their own names.
#[derive(Default)]
pub(super) struct Shelf {
    pub(super) book: Book,
    policy: Policy,
}

impl Shelf {
    pub(super) fn customer(&mut self, name: &str) -> CustomerIx {
        let customer = self.book.add_customer(name);
        self.book.add_account(customer, name, Origin::Record);
        customer
    }

    pub(super) fn item(&mut self, customer: CustomerIx, number: &str, minor: i64) -> ItemIx {
        self.discounted(customer, number, minor, &[])
    }

    pub(super) fn discounted(
        &mut self,
        customer: CustomerIx,
        number: &str,
        minor: i64,
        tiers: &[(&str, i64)],
    ) -> ItemIx {
        self.book.add_item(Item {
            customer,
            number: Number::new(number),
            reference: CreditorReference::from_base(number),
            currency: Currency::EUR,
            kind: ItemKind::Invoice,
            issued_on: day("2026-01-01"),
            due_on: day("2026-01-31"),
            open: minor,
            total: minor,
            tiers: tiers.iter().map(|(until, amount)| Tier { until: day(until), amount: *amount }).collect(),
            paid_on: None,
            tolerates: true,
            part_of: None,
        })
    }

    fn look(&self, account: &str, minor: i64, text: &str) -> Proposal {
        propose(&line(account, minor, text), &self.book, &self.policy)
    }

    /// What is applied, by number; an empty list where a person decides.
    fn paid(&self, account: &str, minor: i64, text: &str) -> Vec<String> {
        let proposal = self.look(account, minor, text);
        let parts = proposal.best.iter().flat_map(|best| &best.parts);
        parts.map(|part| self.book.item(part.item).unwrap().number.as_str().to_owned()).collect()
    }

    fn pay(&mut self, account: &str, minor: i64, text: &str) -> Proposal {
        let line = line(account, minor, text);
        let proposal = propose(&line, &self.book, &self.policy);
        self.book.apply(&line, &proposal);
        proposal
    }
}

fn line<'a>(account: &'a str, minor: i64, text: &'a str) -> MoneyIn<'a> {
    MoneyIn {
        customer: None,
        currency: Currency::EUR,
        amount: minor,
        value_on: day("2026-02-15"),
        payer_name: "",
        payer_account: account,
        text,
        advice: &[],
    }
}

fn reason(proposal: &Proposal) -> &'static str {
    assert_ne!(proposal.decision, Decision::Apply);
    proposal.reason.map_or("", UnappliedReason::label)
}

/// Ada owes three documents, Bob one.
fn shelf() -> Shelf {
    let mut shelf = Shelf::default();
    let (ada, bob) = (shelf.customer("Ada"), shelf.customer("Bob"));
    for (number, minor) in [("INV-2026-001001", 100_01), ("INV-2026-001002", 200_02), ("INV-2026-001003", 345_67)] {
        shelf.item(ada, number, minor);
    }
    shelf.item(bob, "INV-2026-002000", 77_00);
    shelf
}

#[test]
fn a_number_is_found_however_it_is_written() {
    let shelf = shelf();
    for text in [
        "INV-2026-001001",
        "Invoice INV-2026-001001, thanks",
        "inv 2026 001001",
        "INV2026001001",
        "INV/2026/001001",
        "INV-2026-1001",
        "INV-20\n26-001001",
        "INV-2026-0010\n01",
        "2026-001001",
        "RE 2026/1001 vom 12.03.2026",
        "/REMI/USTD//INV-2026-001001/",
        "SVWZ+INV-2026-001001 KD-NR 47110815 DATUM 12.03.2026 100,01 EUR",
    ] {
        assert_eq!(shelf.paid("stranger", 100_01, text), ["INV-2026-001001"], "{text}");
    }
    for text in ["INV-2026-0010011", "INV-2026-001001A", "CN 1001", "100,01 EUR 20.01.1001", ""] {
        assert!(shelf.paid("stranger", 100_01, text).is_empty(), "{text}");
    }
}

#[test]
fn lists_and_ranges_name_each_of_their_members() {
    let shelf = shelf();
    let both = ["INV-2026-001001", "INV-2026-001002"];
    for text in [
        "INV-2026-001001, INV-2026-001002",
        "INV-2026-001001/001002",
        "INV-2026-001001/1002",
        "INV-2026-001001 + 002",
        "INV-2026-001001 und 1002",
        "inv 2026-001001-1002",
    ] {
        assert_eq!(shelf.paid("stranger", 300_03, text), both, "{text}");
    }
    let all = ["INV-2026-001001", "INV-2026-001002", "INV-2026-001003"];
    for text in
        ["INV-2026-001001-1003", "INV-2026-001001 - 001003", "INV-2026-001001 bis 1003", "INV-2026-001001 to 003"]
    {
        assert_eq!(shelf.paid("stranger", 645_70, text), all, "{text}");
    }
}

#[test]
fn short_numbers_are_found_too() {
    let mut shelf = Shelf::default();
    let ada = shelf.customer("Ada");
    for (number, minor) in [("INV-1001", 10_01), ("INV-1002", 20_02), ("INV-1003", 30_03)] {
        shelf.item(ada, number, minor);
    }
    assert_eq!(shelf.paid("", 60_06, "inv 1001-1003"), ["INV-1001", "INV-1002", "INV-1003"]);
    for text in [
        "Rechnungen 1001-1003",
        "INV-1001..1003",
        "INV-1001 to INV-1003",
        "INV-1001-INV-1003",
        "Rg. 1001, 1002 und 1003",
    ] {
        assert_eq!(shelf.paid("", 60_06, text), ["INV-1001", "INV-1002", "INV-1003"], "{text}");
    }
    assert!(shelf.paid("", 10_01, "order 1001").is_empty());
    assert_eq!(shelf.paid("", 30_03, "INV1001/1002"), ["INV-1001", "INV-1002"]);
    assert_eq!(shelf.paid("Ada", 20_02, "1002"), ["INV-1002"]);
}

#[test]
fn a_mistyped_number_counts_with_its_payer_and_amount_only() {
    let shelf = shelf();
    for text in [
        "INV-2026-001010",
        "INV-2026-O01001",
        "INV-2O26-OO1OO1",
        "INV-2026-00101",
        "INV-2026-0011001",
        "INV-2026-00l00l",
    ] {
        assert_eq!(shelf.paid("Ada", 100_01, text), ["INV-2026-001001"], "{text}");
    }
    // Of another customer's document, or for another amount, nothing is certain.
    assert!(shelf.paid("Bob", 100_01, "INV-2026-001010").is_empty());
    assert!(shelf.paid("Ada", 90_00, "INV-2026-001010").is_empty());
    // The number of another document of the payer is no mistake: whether it is part of it, or all of its neighbour, is not known.
    assert!(shelf.paid("Ada", 100_01, "INV-2026-001002").is_empty());
}

#[test]
fn our_reference_comes_first_and_is_repaired_if_only_one_can_be_meant() {
    let shelf = shelf();
    let reference = CreditorReference::from_base("INV-2026-001001").unwrap();
    for text in [reference.to_string(), reference.grouped(), format!("INV-2026-001002 {reference}")] {
        let proposal = shelf.look("stranger", 100_01, &text);
        let best = proposal.best.unwrap();
        assert_eq!(
            (best.rule, best.evidence[0].clone()),
            (MatchRule::PaymentReference, Evidence::Reference(reference.to_string(), false))
        );
    }
    let mistyped = reference.as_str().replace("001001", "001010");
    let best = shelf.look("Ada", 100_01, &mistyped).best.unwrap();
    assert_eq!(best.evidence[0], Evidence::Reference(reference.to_string(), true));
}

#[test]
fn a_strangers_part_payment_waits_and_the_payers_own_is_applied() {
    let shelf = shelf();
    let number = "INV-2026-001003";
    assert_eq!(reason(&shelf.look("stranger", 300_00, number)), "AMOUNT_BELOW_ITEMS");
    assert_eq!(reason(&shelf.look("Bob", 300_00, number)), "PAYER_DIFFERS");
    let best = shelf.look("Ada", 300_00, number).best.unwrap();
    assert_eq!((best.parts[0].amount, best.left_open, best.left_over), (300_00, 45_67, 0));
    // To the cent anyone may pay it.
    assert_eq!(shelf.paid("Bob", 345_67, number), [number]);
}

#[test]
fn too_much_stays_on_account_unless_it_may_be_meant_for_something_else() {
    let shelf = shelf();
    let best = shelf.look("Bob", 80_00, "INV-2026-002000").best.unwrap();
    assert_eq!((best.parts[0].amount, best.left_over), (77_00, 3_00));
    assert_eq!(reason(&shelf.look("Ada", 310_00, "INV-2026-001001")), "AMOUNT_EXCEEDS_ITEMS");
    // What is missing in the text is found among what the payer owes: applied with a trace in the text, suggested without.
    assert_eq!(shelf.paid("Ada", 300_03, "INV-2026-001001, INV-2026-OO1002").len(), 2);
    let suggested = shelf.look("Ada", 300_03, "INV-2026-001001");
    assert_eq!((reason(&suggested), suggested.alternatives[0].parts.len()), ("SEVERAL_EXPLANATIONS", 2));
}

#[test]
fn what_was_paid_is_not_paid_again() {
    let mut shelf = shelf();
    assert_eq!(shelf.pay("Ada", 100_01, "INV-2026-001001").decision, Decision::Apply);
    assert_eq!(reason(&shelf.look("Ada", 100_01, "INV-2026-001001")), "ITEM_ALREADY_PAID");
    let ada = shelf.book.item(ItemIx(0)).unwrap().customer;
    shelf.item(ada, "INV-2026-003000", 55_55);
    assert_eq!(shelf.pay("Ada", 55_55, "thanks").decision, Decision::Apply);
    shelf.item(ada, "INV-2026-003001", 55_55);
    assert_eq!(reason(&shelf.look("Ada", 55_55, "thanks")), "POSSIBLE_DUPLICATE");
    assert_eq!(shelf.paid("Ada", 55_55, "INV-2026-003001"), ["INV-2026-003001"]);
}

#[test]
fn equal_items_are_told_apart_by_a_number_alone() {
    let mut shelf = Shelf::default();
    let ada = shelf.customer("Ada");
    shelf.item(ada, "INV-2026-000100", 50_00);
    shelf.item(ada, "INV-2026-000777", 50_00);
    assert_eq!(reason(&shelf.look("Ada", 50_00, "")), "NO_SINGLE_EQUAL_ITEM");
    assert_eq!(shelf.look("Ada", 50_00, "").alternatives.len(), 2);
    assert_eq!(shelf.paid("Ada", 50_00, "INV-2026-000777"), ["INV-2026-000777"]);
    assert_eq!(shelf.paid("Ada", 50_00, "INV-2026-00077"), ["INV-2026-000777"]);
}

#[test]
fn a_unique_set_or_the_whole_balance_is_found_without_a_text() {
    let mut shelf = Shelf::default();
    let ada = shelf.customer("Ada");
    for (at, minor) in [12_345_67, 8_765_43, 33_333_39, 5_555_51].into_iter().enumerate() {
        shelf.item(ada, &format!("INV-{at}"), minor);
    }
    assert_eq!(shelf.paid("Ada", 12_345_67 + 5_555_51, ""), ["INV-0", "INV-3"]);
    assert_eq!(shelf.paid("Ada", 12_345_67 + 8_765_43 + 33_333_39 + 5_555_51, "").len(), 4);
    assert_eq!(reason(&shelf.look("Ada", 1, "")), "NO_SINGLE_EQUAL_ITEM");
    assert_eq!(reason(&shelf.look("Ada", 12_345_67, "Ihre Rechnung K/790777")), "UNKNOWN_DOCUMENT");
    let early = MoneyIn { value_on: day("2025-12-31"), ..line("Ada", 12_345_67, "") };
    assert_ne!(propose(&early, &shelf.book, &shelf.policy).decision, Decision::Apply);
    assert_eq!(reason(&shelf.look("nobody", 12_345_67, "")), "NO_REFERENCE_NO_PAYER");
}

#[test]
fn a_similar_name_alone_is_a_suggestion() {
    let mut shelf = Shelf::default();
    let ada = shelf.customer("Nordwind Handel GmbH");
    shelf.item(ada, "INV-2026-1", 99_01);
    let named = |payer_name| MoneyIn { payer_name, ..line("", 99_01, "") };
    let proposal = propose(&named("Nordwind Handle"), &shelf.book, &shelf.policy);
    assert_eq!((proposal.decision, reason(&proposal)), (Decision::Review, "NAME_ONLY"));
    assert_eq!(proposal.alternatives[0].rule, MatchRule::SimilarName);
    // The name itself, however a bank writes it, identifies the payer.
    let proposal = propose(&named("NORDWIND HANDEL GMBH"), &shelf.book, &shelf.policy);
    assert_eq!(proposal.best.unwrap().rule, MatchRule::PayerAndAmount);
}

#[test]
fn remittance_advice_says_what_is_paid_on_each() {
    let shelf = shelf();
    let advice = [
        AdviceLine { number: "INV-2026-001001".to_owned(), paid: Some(100_01) },
        AdviceLine { number: "inv 2026 001002".to_owned(), paid: Some(150_00) },
    ];
    let money = MoneyIn { advice: &advice, ..line("Ada", 250_01, "") };
    let best = propose(&money, &shelf.book, &shelf.policy).best.unwrap();
    assert_eq!(best.rule, MatchRule::RemittanceAdvice);
    assert_eq!(best.parts.iter().map(|part| part.amount).collect::<Vec<_>>(), [100_01, 150_00]);
    assert_eq!(best.left_open, 50_02);
}

/// The shelf's items were issued on 1 January.
#[test]
fn money_that_came_before_the_items_says_so() {
    let mut shelf = Shelf::default();
    let ada = shelf.customer("Ada");
    shelf.item(ada, "INV-1", 10_00);
    let came = |currency, on| MoneyIn { currency, value_on: day(on), ..line("", 10_00, "") };
    let reason = |line: &MoneyIn<'_>| propose(line, &shelf.book, &Policy::default()).reason;
    assert_eq!(
        reason(&MoneyIn { customer: Some(ada), ..came(Currency::EUR, "2025-12-31") }),
        Some(UnappliedReason::PaidBeforeIssue)
    );
    assert_eq!(
        reason(&MoneyIn { customer: Some(ada), ..came(Currency::USD, "2025-12-31") }),
        Some(UnappliedReason::CurrencyDiffers)
    );
}

/// What is too large is refused; it never becomes the largest number there is, which another may be too.
#[test]
fn amounts_beyond_matching_are_refused() {
    let money = |text: &str| quittance_kernel::Money::parse(text, Currency::parse("CLF").unwrap()).unwrap();
    assert_eq!(minor(money("950000000000000")), None);
    assert_eq!(minor(money("900000000000")), Some(9_000_000_000_000_000));
    let mut shelf = Shelf::default();
    let ada = shelf.customer("Ada");
    let items: Vec<ItemIx> = (0..1_001).map(|n| shelf.item(ada, &format!("INV-{n}"), MAX_AMOUNT)).collect();
    let items: Vec<(ItemIx, &Item)> = items.iter().map(|ix| (*ix, shelf.book.item(*ix).unwrap())).collect();
    let outcome = settle(&items, MAX_AMOUNT, day("2026-03-02"), &Policy::default());
    assert_eq!((outcome.fit, outcome.parts.len()), (Fit::Short, 0));
}

#[test]
fn the_sellers_policy_may_pay_the_oldest_first() {
    let mut shelf = shelf();
    assert_eq!(reason(&shelf.look("Ada", 150_00, "")), "NO_SINGLE_EQUAL_ITEM");
    shelf.policy.fallback = Fallback::OldestFirst;
    let best = shelf.look("Ada", 150_00, "").best.unwrap();
    assert_eq!(best.rule, MatchRule::OldestFirst);
    assert_eq!(best.parts.iter().map(|part| part.amount).collect::<Vec<_>>(), [100_01, 49_99]);
}

proptest! {
    /// Whatever is applied comes out of the money and never exceeds what is open; and any text is read without panic.
    #[test]
    fn no_cent_is_lost_or_made(
        minor in 1i64..1_000_00,
        text in "(INV|inv|RE)?[-/ ]?(2026)?[-/ ,\n]?[0-9O]{3,7}([-/,+ ]{1,2}[0-9]{1,6}){0,3}|\\PC{0,40}",
        account in "Ada|Bob|X",
        cap in 0i64..10_00,
        early in any::<bool>(),
    ) {
        let mut shelf = shelf();
        let ada = shelf.book.item(ItemIx(0)).unwrap().customer;
        shelf.discounted(ada, "INV-2026-001004", 500_00, &[("2026-03-01", 10_00)]);
        let value_on = if early { day("2026-02-15") } else { day("2026-04-01") };
        let money = MoneyIn { value_on, ..line(&account, minor, &text) };
        let policy = Policy { tolerance: rust_decimal::Decimal::new(2, 2), tolerance_cap: cap, believe_number_alone: early, ..Policy::default() };
        let proposal = propose(&money, &shelf.book, &policy);
        for explanation in proposal.best.iter().chain(&proposal.alternatives).filter(|found| !found.parts.is_empty()) {
            let paid: i64 = explanation.parts.iter().map(|part| part.amount).sum();
            prop_assert_eq!(paid + explanation.left_over, minor);
            for part in &explanation.parts {
                let item = shelf.book.item(part.item).unwrap();
                prop_assert!(part.amount > 0 && part.reduces() <= item.open, "{part:?}");
            }
            let open: i64 = explanation.parts.iter().map(|part| shelf.book.item(part.item).unwrap().open - part.reduces()).sum();
            prop_assert_eq!(open, explanation.left_open);
        }
    }
}
