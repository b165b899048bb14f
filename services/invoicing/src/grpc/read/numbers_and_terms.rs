//! Commands about series and payment terms.

use quittance_grpc::{Mask, Violations, decimal, id, message, percent, required};
use quittance_kernel::{Added, Discount, Installment, PaymentTerms, SeriesId, Share, Terms, TermsId};
use quittance_proto::invoicing::v1 as pb;
use quittance_service::Etag;

use super::checked;
use crate::{
    domain::{BadSeries, NamedTermsContent, NamedTermsPatch, Numbering, SeriesKind, SeriesPatch},
    ops::{CreateSeries, CreateTerms, DeleteSeries, DeleteTerms, UpdateSeries, UpdateTerms},
};

/// Adds the violations found by the domain.
fn numbered<T>(bad: &mut Violations, checked: Result<T, Vec<BadSeries>>) -> Option<T> {
    let add = |problems: Vec<BadSeries>| {
        for problem in problems {
            bad.add(problem.field(), problem.reason(), problem.to_string());
        }
    };
    checked.map_err(add).ok()
}

impl TryFrom<pb::CreateSeriesRequest> for CreateSeries {
    type Error = Violations;

    fn try_from(request: pb::CreateSeriesRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let series = bad.check("series", message(request.series)).map(series);
        let series = series.and_then(|series| bad.within("series", series));
        bad.into_result(series.map(|(kind, numbering)| Self { kind, numbering }))
    }
}

fn series(series: pb::Series) -> Result<(SeriesKind, Numbering), Violations> {
    let mut bad = Violations::default();
    let kind = match series.kind() {
        pb::SeriesKind::Unspecified => required(),
        pb::SeriesKind::Invoice => Ok(SeriesKind::Invoice),
        pb::SeriesKind::CreditNote => Ok(SeriesKind::CreditNote),
        pb::SeriesKind::External => Ok(SeriesKind::External),
    };
    let kind = bad.check("kind", kind);
    let numbering = Numbering::new(series.code, series.prefix, series.min_digits, series.next_number);
    let numbering = numbered(&mut bad, numbering);
    bad.into_result(kind.zip(numbering))
}

impl TryFrom<pb::UpdateSeriesRequest> for UpdateSeries {
    type Error = Violations;

    fn try_from(request: pb::UpdateSeriesRequest) -> Result<Self, Violations> {
        const FIELDS: &[&str] = &["code", "prefix", "min_digits", "next_number"];
        let mut bad = Violations::default();
        let mask = Mask::of(request.update_mask, request.series.as_ref(), FIELDS);
        let mask = bad.check("update_mask", mask).unwrap_or_default();
        let series = bad.check("series", message(request.series)).unwrap_or_default();
        let id = bad.check("series.series_id", id(&series.series_id, SeriesId::parse));
        let etag = Etag::new(series.etag);
        let patch = SeriesPatch {
            code: mask.names("code").then_some(series.code),
            prefix: mask.names("prefix").then_some(series.prefix),
            min_digits: mask.names("min_digits").then_some(series.min_digits),
            next_number: mask.names("next_number").then_some(series.next_number),
        };
        let mut inner = Violations::default();
        let patch = numbered(&mut inner, patch.checked());
        let patch = bad.within("series", inner.into_result(patch));
        bad.into_result(id.zip(patch).map(|(series, patch)| Self { series, etag, patch }))
    }
}

impl TryFrom<pb::DeleteSeriesRequest> for DeleteSeries {
    type Error = Violations;

    fn try_from(request: pb::DeleteSeriesRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let id = bad.check("series_id", id(&request.series_id, SeriesId::parse));
        let etag = Etag::new(request.etag);
        bad.into_result(id.map(|series| Self { series, etag }))
    }
}

impl TryFrom<pb::CreateTermsRequest> for CreateTerms {
    type Error = Violations;

    fn try_from(request: pb::CreateTermsRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let content = bad.check("terms", message(request.terms)).map(terms_content);
        let content = content.and_then(|content| bad.within("terms", content));
        bad.into_result(content.map(|content| Self { content }))
    }
}

fn terms_content(terms: pb::Terms) -> Result<NamedTermsContent, Violations> {
    let mut bad = Violations::default();
    let payment = bad.check("payment_terms", message(terms.payment_terms)).unwrap_or_default();
    let read = bad.within("payment_terms", payment_terms(payment));
    let content =
        read.and_then(|read| checked(&mut bad, NamedTermsContent { code: terms.code, terms: read }.checked()));
    bad.into_result(content)
}

/// Payment terms, of the whole or in installments.
pub(super) fn payment_terms(terms: pb::PaymentTerms) -> Result<PaymentTerms, Violations> {
    let mut bad = Violations::default();
    let net_days = bad.check("net_days", days(terms.net_days));
    let discounts = bad.each("discounts", terms.discounts, discount);
    let installments = bad.each("installments", terms.installments, installment);
    let read = net_days.zip(discounts).zip(installments).map(|((days, discounts), installments)| {
        PaymentTerms::new(days, discounts, installments).map_err(|e| (e.reason(), e.to_string()))
    });
    let read = read.and_then(|read| bad.check("", read));
    bad.into_result(read)
}

fn installment(installment: pb::Installment) -> Result<Installment, Violations> {
    let mut bad = Violations::default();
    let share = match installment.share {
        None => Some(Share::Rest),
        Some(pb::installment::Share::Percent(text)) => bad.check("percent", percent(&text)).map(Share::Percent),
        Some(pb::installment::Share::Amount(text)) => {
            bad.check("amount", decimal(&text, AMOUNT_DECIMALS)).map(Share::Amount)
        }
    };
    let net_days = bad.check("net_days", days(installment.net_days));
    let discounts = bad.each("discounts", installment.discounts, discount);
    let terms = net_days.zip(discounts).map(|(days, discounts)| Terms::new(days, discounts));
    let terms = terms.and_then(|terms| bad.check("", terms.map_err(|e| (e.reason(), e.to_string()))));
    bad.into_result(share.zip(terms).map(|(share, terms)| Installment { share, terms }))
}

/// The most decimals of a currency (ISO 4217).
const AMOUNT_DECIMALS: usize = 4;

fn days(value: i32) -> Result<u16, (&'static str, String)> {
    u16::try_from(value).map_err(|_| ("DAYS_OUT_OF_RANGE", "is 0 to 3650".to_owned()))
}

fn discount(discount: pb::EarlyPaymentDiscount) -> Result<Discount, Violations> {
    let mut bad = Violations::default();
    let days = bad.check("days", days(discount.days));
    let percent = bad.check("percent", percent(&discount.percent));
    bad.into_result(days.zip(percent).map(|(days, percent)| Discount { days, percent }))
}

impl TryFrom<pb::UpdateTermsRequest> for UpdateTerms {
    type Error = Violations;

    fn try_from(request: pb::UpdateTermsRequest) -> Result<Self, Violations> {
        const FIELDS: &[&str] = &[
            "code",
            "payment_terms",
            "payment_terms.net_days",
            "payment_terms.discounts",
            "payment_terms.installments",
        ];
        let mut bad = Violations::default();
        let mask = Mask::of(request.update_mask, request.terms.as_ref(), FIELDS);
        let mask = bad.check("update_mask", mask).unwrap_or_default();
        let terms = bad.check("terms", message(request.terms)).unwrap_or_default();
        let id = bad.check("terms.terms_id", id(&terms.terms_id, TermsId::parse));
        let etag = Etag::new(terms.etag.clone());
        let patch = bad.within("terms", terms_patch(terms, &mask));
        bad.into_result(id.zip(patch).map(|(terms, patch)| Self { terms, etag, patch }))
    }
}

/// The change. Fields outside the update mask are ignored.
fn terms_patch(terms: pb::Terms, mask: &Mask) -> Result<NamedTermsPatch, Violations> {
    let mut bad = Violations::default();
    let payment = if mask.names("payment_terms") {
        bad.check("payment_terms", message(terms.payment_terms)).unwrap_or_default()
    } else {
        terms.payment_terms.unwrap_or_default()
    };
    let mut patch = NamedTermsPatch { code: mask.names("code").then_some(terms.code), ..NamedTermsPatch::default() };
    if mask.names("payment_terms.net_days") {
        patch.net_days = bad.check("payment_terms.net_days", days(payment.net_days));
    }
    if mask.names("payment_terms.discounts") {
        patch.discounts = bad.each("payment_terms.discounts", payment.discounts, discount);
    }
    // Terms that are replaced as a whole have the installments that are given with them.
    let replaced = patch.net_days.is_some() && patch.discounts.is_some() && payment.installments.is_empty();
    if mask.names("payment_terms.installments") && !replaced {
        patch.installments = Added(bad.each("payment_terms.installments", payment.installments, installment));
    }
    let patch = checked(&mut bad, patch.checked());
    bad.into_result(patch)
}

impl TryFrom<pb::DeleteTermsRequest> for DeleteTerms {
    type Error = Violations;

    fn try_from(request: pb::DeleteTermsRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let id = bad.check("terms_id", id(&request.terms_id, TermsId::parse));
        let etag = Etag::new(request.etag);
        bad.into_result(id.map(|terms| Self { terms, etag }))
    }
}
