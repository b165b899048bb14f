//! Payments, verification and stream status.

use std::{collections::HashMap, hash::Hash};

use quittance_db::{StorableResponse as _, Tx};
use quittance_events::tenant_stream_status;
use quittance_grpc::{MAX_RESPONSE_BYTES, ids, optional_date};
use quittance_kernel::{Bug, PaymentId, TenantId};
use quittance_proto::{
    common::v1::{self as common, View},
    money,
    payments::v1::{self as pb, payment_service_server::PaymentService},
};
use quittance_service::{Call, Operation, Query, entries, parse, parse_batch, query, response_fits};
use tonic::{Request, Response, Status};

use crate::{
    App, Error,
    app::TenantSettings,
    db::{self, statistics::CurrencyMatching},
    domain::Payment,
    ops, wire,
};

/// Payments with their allocations.
pub(super) async fn with_allocations(tx: &mut Tx, payments: &[&Payment]) -> Result<Vec<pb::Payment>, Error> {
    let ids: Vec<PaymentId> = payments.iter().map(|payment| payment.id).collect();
    let allocations = db::allocation::of_payments(tx, &ids).await?;
    let answer = |payment: &&Payment| wire::payment(payment, allocations.get(&payment.id).map_or(&[], Vec::as_slice));
    Ok(payments.iter().map(answer).collect())
}

/// The alternatives for review, in the order of the ids.
async fn reviews(tx: &mut Tx, ids: &[PaymentId]) -> Result<Vec<pb::MatchReview>, Error> {
    let payments = db::payment::find_all(tx, ids).await?;
    let mut alternatives = db::review::find(tx, ids).await?;
    let payments: Vec<&Payment> = ids.iter().filter_map(|id| payments.get(id)).collect();
    let answers = with_allocations(tx, &payments).await?;
    let review = |(payment, answer): (&Payment, pb::Payment)| pb::MatchReview {
        alternatives: alternatives.remove(&payment.id).unwrap_or_default().iter().map(wire::alternative).collect(),
        payment: Some(answer),
    };
    Ok(payments.into_iter().zip(answers).map(review).collect())
}

impl App {
    async fn read_payment(&self, tenant: TenantId, id: PaymentId) -> Result<pb::Payment, Error> {
        let read = async |tx: &mut Tx| {
            let payment = db::payment::find_all(tx, &[id]).await?.remove(&id).ok_or(Error::PaymentNotFound(id))?;
            let allocations = db::allocation::of_payments(tx, &[id]).await?.remove(&id).unwrap_or_default();
            Ok::<_, Error>(wire::payment(&payment, &allocations))
        };
        self.read(tenant, read).await
    }

    /// Records payments, and returns them as they are after invoicing's response.
    async fn record(
        &self,
        tenant: TenantId,
        calls: Vec<Call<ops::RecordPayment>>,
        is_limited: bool,
    ) -> ops::Batch<pb::Payment> {
        let outcomes = if is_limited {
            let sized = |recorded: &ops::Recorded| ops::PaymentResponse::sized(recorded, payment(recorded).size());
            self.execute_within(tenant, calls, sized, Some(MAX_RESPONSE_BYTES)).await?
        } else {
            self.execute_many(tenant, calls, ops::PaymentResponse::of).await?
        };
        self.matching().wake();
        let recorded = ops::settle_recorded(self, tenant, outcomes).await?;
        Ok(recorded.into_iter().map(|recorded| recorded.map(|recorded| payment(&recorded))).collect())
    }

    /// Runs a person's decision about a payment, and returns it as it is after invoicing's response.
    async fn decide<C>(&self, call: Call<C>) -> Result<Response<pb::Payment>, Status>
    where
        C: Operation<Settings = TenantSettings, Output = ops::Recorded> + Hash,
    {
        let tenant = call.tenant;
        let outcome = self.execute(call, ops::PaymentResponse::of).await?;
        let mut recorded = ops::settle_recorded(self, tenant, vec![Ok(outcome)]).await?;
        let recorded = recorded.pop().ok_or(Error::from(Bug("a payment has no result")))??;
        Ok(Response::new(payment(&recorded)))
    }
}

/// The results of a batch in the view that is wanted.
fn batch_response(
    results: Vec<Result<pb::Payment, tonic_types::pb::Status>>,
    view: View,
) -> Result<Response<pb::BatchPaymentsResponse>, Status> {
    let mut results = results;
    if view != View::Full {
        results.iter_mut().flatten().for_each(wire::strip_payment);
    }
    response_fits(results.iter().flatten())?;
    let results = results.into_iter().map(|result| {
        let result = match result {
            Ok(payment) => pb::payment_result::Result::Payment(payment),
            Err(error) => pb::payment_result::Result::Error(error),
        };
        pb::PaymentResult { result: Some(result) }
    });
    Ok(Response::new(pb::BatchPaymentsResponse { results: results.collect() }))
}

fn payment(recorded: &ops::Recorded) -> pb::Payment {
    wire::payment(&recorded.payment, &recorded.allocations)
}

fn currency_matching(matching: CurrencyMatching) -> pb::CurrencyMatching {
    let rules = matching.rules.into_iter().map(|(rule, allocations, amount)| pb::RuleMatching {
        rule: wire::rule(Some(rule)).into(),
        allocations,
        amount: Some(money(amount)),
    });
    let unapplied = matching.unapplied.into_iter().map(|(reason, payments, amount)| pb::UnappliedMatching {
        reason: wire::unapplied_reason(reason).into(),
        payments,
        amount: Some(money(amount)),
    });
    pb::CurrencyMatching {
        currency_code: matching.currency.code().to_owned(),
        payments: matching.payments,
        matched_payments: matching.matched_payments,
        amount: Some(money(matching.amount)),
        matched_amount: Some(money(matching.matched_amount)),
        rules: rules.collect(),
        unapplied: unapplied.collect(),
        envelopes: matching.envelopes,
        matched_envelopes: matching.matched_envelopes,
        automatic_allocations: matching.automatic_allocations,
        reversed_allocations: matching.reversed_allocations,
    }
}

#[tonic::async_trait]
impl PaymentService for App {
    async fn record_payment(
        &self,
        request: Request<pb::RecordPaymentRequest>,
    ) -> Result<Response<pb::Payment>, Status> {
        let call = parse::<ops::RecordPayment, _>(request)?;
        let tenant = call.tenant;
        let payment = self.coalesce(call, |calls| self.record(tenant, calls, false)).await?;
        Ok(Response::new(payment))
    }

    async fn batch_record_payments(
        &self,
        request: Request<pb::BatchRecordPaymentsRequest>,
    ) -> Result<Response<pb::BatchPaymentsResponse>, Status> {
        let view = request.get_ref().view();
        let calls = parse_batch::<ops::RecordPayment, _, _>(request, |batch| batch.requests)?;
        let tenant = calls.tenant;
        let results = calls.respond(|calls| self.record(tenant, calls, view == View::Full)).await?;
        batch_response(results, view)
    }

    async fn get_payment(&self, request: Request<pb::GetPaymentRequest>) -> Result<Response<pb::Payment>, Status> {
        let (tenant, id) = query(request)?.id("payment_id", |r| &r.payment_id, PaymentId::parse)?;
        Ok(Response::new(self.read_payment(tenant, id).await?))
    }

    async fn batch_get_payments(
        &self,
        request: Request<pb::BatchGetPaymentsRequest>,
    ) -> Result<Response<pb::BatchPaymentsResponse>, Status> {
        let Query { tenant, request, mut bad } = query(request)?;
        let ids = ids(&mut bad, "payment_ids", &request.payment_ids, PaymentId::parse);
        let ids = bad.into_result(ids)?;
        let read = async |tx: &mut Tx| {
            let payments = db::payment::find_all(tx, &ids).await?;
            let in_order: Vec<&Payment> = ids.iter().filter_map(|id| payments.get(id)).collect();
            with_allocations(tx, &in_order).await
        };
        let found: HashMap<String, pb::Payment> =
            self.read(tenant, read).await?.into_iter().map(|payment| (payment.payment_id.clone(), payment)).collect();
        let get = |id: &PaymentId| found.get(&id.to_string()).cloned().ok_or(Error::PaymentNotFound(*id));
        batch_response(entries(ids.iter().map(get).collect()), request.view())
    }

    async fn list_payments(
        &self,
        request: Request<pb::ListPaymentsRequest>,
    ) -> Result<Response<pb::ListPaymentsResponse>, Status> {
        Ok(Response::new(self.page_of_payments(query(request)?).await?))
    }

    async fn apply_payment(&self, request: Request<pb::ApplyPaymentRequest>) -> Result<Response<pb::Payment>, Status> {
        self.decide(parse::<ops::ApplyPayment, _>(request)?).await
    }

    async fn unapply_payment(
        &self,
        request: Request<pb::UnapplyPaymentRequest>,
    ) -> Result<Response<pb::Payment>, Status> {
        self.decide(parse::<ops::UnapplyPayment, _>(request)?).await
    }

    async fn list_match_reviews(
        &self,
        request: Request<pb::ListMatchReviewsRequest>,
    ) -> Result<Response<pb::ListMatchReviewsResponse>, Status> {
        let (tenant, page) = query(request)?.unfiltered()?;
        let after = page.after_id(PaymentId::parse)?;
        let read = async |tx: &mut Tx| {
            let ids = db::review::list(tx, after, page.limit()).await?;
            reviews(tx, &ids).await
        };
        let reviews = self.read_list(tenant, read).await?;
        let (reviews, next_page_token) = page.cut(reviews, |review| {
            vec![review.payment.as_ref().map(|payment| payment.payment_id.clone()).unwrap_or_default()]
        });
        Ok(Response::new(pb::ListMatchReviewsResponse { reviews, next_page_token }))
    }

    async fn confirm_match(&self, request: Request<pb::ConfirmMatchRequest>) -> Result<Response<pb::Payment>, Status> {
        self.decide(parse::<ops::ConfirmMatch, _>(request)?).await
    }

    async fn get_matching_policy(
        &self,
        request: Request<pb::GetMatchingPolicyRequest>,
    ) -> Result<Response<pb::MatchingPolicy>, Status> {
        let policy = self.read(query(request)?.tenant, async |tx| db::policy::find(tx).await).await?;
        Ok(Response::new(wire::policy(&policy)))
    }

    async fn set_matching_policy(
        &self,
        request: Request<pb::SetMatchingPolicyRequest>,
    ) -> Result<Response<pb::MatchingPolicy>, Status> {
        self.run(parse::<ops::SetMatchingPolicy, _>(request)?, wire::policy).await
    }

    async fn get_matching_statistics(
        &self,
        request: Request<pb::GetMatchingStatisticsRequest>,
    ) -> Result<Response<pb::MatchingStatistics>, Status> {
        let Query { tenant, request, mut bad } = query(request)?;
        let from = bad.check("from_on", optional_date(&request.from_on));
        let to = bad.check("to_on", optional_date(&request.to_on));
        if from.flatten().zip(to.flatten()).is_some_and(|(from, to)| to < from) {
            bad.add("to_on", "PERIOD_EMPTY", "lies before from_on");
        }
        let (from, to) = bad.into_result(from.zip(to))?;
        let currencies = self.read_list(tenant, async |tx| db::statistics::matching(tx, from, to).await).await?;
        Ok(Response::new(pb::MatchingStatistics {
            currencies: currencies.into_iter().map(currency_matching).collect(),
        }))
    }

    async fn verify_ledger(
        &self,
        request: Request<common::VerifyLedgerRequest>,
    ) -> Result<Response<common::VerifyLedgerResponse>, Status> {
        let tenant = query(request)?.tenant;
        self.settings_of(tenant).await?;
        let invariants = db::verify::invariants(self.db(), tenant).await.map_err(Error::from)?;
        Ok(Response::new(quittance_grpc::ledger(invariants)))
    }

    async fn get_stream_status(
        &self,
        request: Request<common::GetStreamStatusRequest>,
    ) -> Result<Response<common::StreamStatus>, Status> {
        let read =
            async |tx: &mut Tx| Ok::<_, Error>((tenant_stream_status(tx).await?, db::unfinished::count(tx).await?));
        let (status, unfinished) = self.read_unknown(query(request)?.tenant, read).await?;
        Ok(Response::new(quittance_grpc::stream_status(status, unfinished).map_err(Error::from)?))
    }
}
