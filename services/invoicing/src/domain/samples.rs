//! Values the tests of the domain share.

use chrono::{DateTime, NaiveDate, Utc};
use quittance_kernel::{
    Actor, Added, ContactId, Currency, CustomerId, EntryId, InvoiceId, ItemId, Metadata, Money, PaymentTerms, Percent,
    SeriesId, Terms, parse_date,
};

use super::address::Address;
use super::amounts::Amounts;
use super::entry::{Recording, Source};
use super::invoice::Invoice;
use super::invoice_content::InvoiceContent;
use super::issue::IssuedInvoice;
use super::line::{Line, LineContent, TaxCategory};
use super::open_item::{DocumentRef, OpenItem};
use super::parties::{Addressee, Buyer, Parties, Seller};
use super::period::{LateEntries, OpenDays};
use super::rounding::RoundingRule;
use super::series::Series;
use super::tenant::{Enquiries, TenantContent};
use super::timeline::Timeline;

pub(super) fn now() -> DateTime<Utc> {
    "2026-03-02T09:00:00Z".parse().unwrap()
}

pub(super) fn day(text: &str) -> NaiveDate {
    parse_date(text).unwrap()
}

pub(super) fn eur(text: &str) -> Money {
    Money::parse(text, Currency::EUR).unwrap()
}

pub(super) fn terms(text: &str) -> PaymentTerms {
    PaymentTerms::parse(text).unwrap()
}

/// All days to this one.
pub(super) fn days_to(today: &str) -> OpenDays {
    OpenDays::new(day(today), None, LateEntries::default())
}

/// By a caller, for no reason.
pub(super) fn recording() -> Recording {
    because("")
}

pub(super) fn because(reason: &str) -> Recording {
    Recording {
        source: Source::Document(InvoiceId::at(now())),
        actor: Actor::parse("test").unwrap(),
        request: None,
        reason: reason.to_owned(),
        at: now(),
        open_days: days_to("2026-12-31"),
        new_id: EntryId::at,
    }
}

/// A line at the rate: standard, or zero rated where the rate is 0.
pub(super) fn line_content(quantity: &str, unit_price: &str, rate: &str) -> LineContent {
    let tax_rate = Percent::parse(rate).unwrap();
    LineContent {
        description: "Consulting".to_owned(),
        quantity: quantity.parse().unwrap(),
        unit: "h".to_owned(),
        unit_price: unit_price.parse().unwrap(),
        tax_category: if tax_rate.is_zero() { TaxCategory::ZeroRated } else { TaxCategory::Standard },
        tax_rate,
    }
}

pub(super) fn line(quantity: &str, unit_price: &str, rate: &str) -> Line {
    Line::new(line_content(quantity, unit_price, rate), Currency::EUR).unwrap()
}

/// One piece at this price and 19%.
pub(super) fn content(price: &str) -> InvoiceContent {
    InvoiceContent {
        customer: CustomerId::at(now()),
        contact: None,
        currency: Currency::EUR,
        lines: vec![line_content("1", price, "19")],
        terms_id: None,
        series: None,
        external_number: None,
        issued_on: None,
        due_on: None,
        rounding: None,
        reservation: None,
        purchase_order: String::new(),
        note: String::new(),
        metadata: Metadata::default(),
        agreed_terms: Added::default(),
    }
}

pub(super) fn draft(price: &str, terms_text: &str) -> Invoice {
    let (id, series) = (InvoiceId::at(now()), SeriesId::at(now()));
    Invoice::draft(id, content(price), terms(terms_text), series, RoundingRule::STANDARD, now()).unwrap()
}

pub(super) fn issue_parts(draft: Invoice, issued_on: &str) -> IssuedInvoice {
    let plan = draft.plan_issue(days_to(issued_on)).unwrap();
    let mut series = series();
    let number = series.take(plan.issued_on()).unwrap();
    let reference = series.payment_reference(&number);
    draft.issue(plan, number, reference, || ItemId::at(now()), &recording())
}

/// Issues what is paid at once.
pub(super) fn issue(draft: Invoice, issued_on: &str) -> (Invoice, OpenItem) {
    let IssuedInvoice { invoice, mut items, .. } = issue_parts(draft, issued_on);
    assert_eq!(items.len(), 1);
    (invoice, items.remove(0))
}

/// Issues what is paid in installments, with 19% tax on the price.
pub(super) fn issued_in_parts(price: &str, terms_text: &str, issued_on: &str) -> IssuedInvoice {
    issue_parts(draft(price, terms_text), issued_on)
}

pub(super) fn issued(price: &str, terms_text: &str, issued_on: &str) -> (Invoice, OpenItem) {
    issue(draft(price, terms_text), issued_on)
}

pub(super) fn open_item(total: &str, terms_text: &str, issued_on: &str) -> OpenItem {
    let (terms, issued_on) = (Terms::parse(terms_text).unwrap(), day(issued_on));
    let id = InvoiceId::at(now());
    OpenItem {
        id: id.into(),
        document: DocumentRef::Invoice(id),
        installment: None,
        customer: CustomerId::at(now()),
        number: "INV-000001".to_owned(),
        issued_on,
        due_on: terms.due_on(issued_on),
        terms,
        amounts: Amounts::opened(eur(total)).unwrap(),
        timeline: Timeline::since(Some(issued_on), eur(total)),
        updated_at: now(),
    }
}

pub(super) fn series() -> Series {
    let [invoices, _, _] = Series::starters(std::array::from_fn(|_| SeriesId::at(now())), now());
    invoices
}

pub(super) fn tenant_content() -> TenantContent {
    TenantContent {
        name: "Hafenlicht Beratung GmbH".to_owned(),
        address: Address {
            lines: vec!["Am Sandtorkai 5".to_owned()],
            postal_code: "20457".to_owned(),
            city: "Hamburg".to_owned(),
            country_code: "DE".to_owned(),
        },
        tax_id: "DE123456789".to_owned(),
        time_zone: "Europe/Berlin".to_owned(),
        enquiries: Enquiries {
            name: "Receivables team".to_owned(),
            email: "receivables@hafenlicht.example".to_owned(),
            phone: "+49 40 123456".to_owned(),
        },
        late_payment_consequences: "Interest of 9 points above the base rate is charged from the first day.".to_owned(),
        bank_account: "DE89 3704 0044 0532 0130 00".to_owned(),
        terms_and_conditions: "Our terms of 1 January 2026 apply.".to_owned(),
        rounding: None,
        metadata: Metadata::default(),
    }
}

/// The seller of [`tenant_content`], and a buyer with a contact.
pub(super) fn parties() -> Parties {
    let seller = tenant_content();
    let contact = Addressee { id: ContactId::at(now()), name: "Ms Johanna Petersen".to_owned() };
    Parties {
        seller: Seller {
            name: seller.name,
            address: seller.address,
            tax_id: seller.tax_id,
            enquiries: seller.enquiries,
            late_payment_consequences: seller.late_payment_consequences,
            bank_account: seller.bank_account,
            terms_and_conditions: seller.terms_and_conditions,
        },
        buyer: Buyer {
            number: Some("C-1001".to_owned()),
            name: "Nordlicht & Söhne KG".to_owned(),
            address: Address {
                lines: vec!["Deichstraße 12".to_owned()],
                postal_code: "28195".to_owned(),
                city: "Bremen".to_owned(),
                country_code: "DE".to_owned(),
            },
            tax_id: "DE987654321".to_owned(),
            contacts: vec![contact],
        },
    }
}
