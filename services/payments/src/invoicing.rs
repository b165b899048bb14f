//! The client of invoicing, which settles allocations and reverses settlements. Every call may be repeated with the same batch and the
//! same entries; it then returns the same response.

use std::{collections::HashMap, time::Duration};

use chrono::NaiveDate;
use prost::Message as _;
use quittance_grpc::{Client, Peer, error_info};
use quittance_kernel::{Actor, AllocationId, RequestId, TenantId, parse_date};
use quittance_proto::{
    invoicing::v1::{self as pb, settlement_result, settlement_service_client::SettlementServiceClient},
    money, reasons, write_off_reason,
};
use tonic::{Code, Status};

use crate::domain::Allocation;

/// Refusals of an allocation that may be granted later: those based on outdated data, and on a clock that is slow around midnight.
const OUT_OF_DATE: [&str; 4] = [
    reasons::ITEM_NOT_FOUND,
    reasons::SETTLEMENT_EXCEEDS_OPEN,
    reasons::WRITE_OFF_NOT_ALLOWED,
    reasons::EFFECTIVE_IN_FUTURE,
];
/// Timeout of a batch. After it a caller gets the pending state; a reconciler retries.
const DEADLINE: Duration = Duration::from_secs(10);

/// Invoicing's result for an allocation: from when it counts, or a refusal.
pub(crate) type Verdict = Result<NaiveDate, SettlementRefusal>;

/// Its results for the allocations of a batch.
pub(crate) type Verdicts = HashMap<AllocationId, Verdict>;

/// Invoicing's refusal of an allocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SettlementRefusal {
    /// The reason, as the contract names it.
    pub(crate) reason: String,
    /// Whether the local copy of the item was out of date: its events are still to arrive.
    pub(crate) is_out_of_date: bool,
}

/// Invoicing did not respond to a batch: its result is not known yet.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoResponse {
    /// It is unavailable or too busy.
    #[error("invoicing is unavailable: {0}")]
    Unavailable(String),
    /// It does not accept the batch, which is a bug in one of the two services.
    #[error("invoicing did not accept the batch: {0}")]
    Refused(String),
}

impl From<Status> for NoResponse {
    fn from(status: Status) -> Self {
        let text = format!("{:?}: {}", status.code(), status.message());
        match status.code() {
            Code::Unavailable
            | Code::DeadlineExceeded
            | Code::Cancelled
            | Code::ResourceExhausted
            | Code::Aborted
            | Code::Unknown => Self::Unavailable(text),
            _ => Self::Refused(text),
        }
    }
}

/// The invoicing service as payments calls it.
#[derive(Debug)]
pub(crate) struct Invoicing(Peer);

impl Invoicing {
    pub(crate) fn new(peer: Peer) -> Self {
        Self(peer)
    }

    fn client(&self, tenant: TenantId) -> Result<SettlementServiceClient<Client>, NoResponse> {
        let client = self.0.for_tenant(tenant, DEADLINE).map_err(|error| NoResponse::Refused(error.to_string()))?;
        Ok(SettlementServiceClient::new(client))
    }

    /// Settles a batch: all allocations with its id, in the order of their ids.
    pub(crate) async fn settle(
        &self,
        tenant: TenantId,
        batch: RequestId,
        allocations: &[Allocation],
    ) -> Result<Verdicts, NoResponse> {
        let request = pb::SettleItemsRequest {
            request_id: batch.to_string(),
            settlements: allocations.iter().map(settlement).collect(),
        };
        let response = self.client(tenant)?.settle_items(request).await?.into_inner();
        verdicts(allocations.iter().map(|a| (a.id, a.effective_on)), response.results)
    }

    /// Reverses settlements: all of a reversal batch, in the order of their ids.
    pub(crate) async fn reverse(
        &self,
        tenant: TenantId,
        batch: RequestId,
        reversals: &[Reversal],
    ) -> Result<Verdicts, NoResponse> {
        let message = |reversal: &Reversal| pb::SettlementReversal {
            allocation_id: reversal.allocation.to_string(),
            effective_on: reversal.effective_on.to_string(),
            reason: reversal.reason.clone(),
            actor: caller(reversal.by.as_ref()),
            on_behalf_of: person(reversal.by.as_ref()),
        };
        let request = pb::ReverseSettlementsRequest {
            request_id: batch.to_string(),
            reversals: reversals.iter().map(message).collect(),
        };
        let response = self.client(tenant)?.reverse_settlements(request).await?.into_inner();
        verdicts(reversals.iter().map(|r| (r.allocation, r.effective_on)), response.results)
    }
}

/// An allocation to reverse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reversal {
    pub(crate) allocation: AllocationId,
    pub(crate) effective_on: NaiveDate,
    pub(crate) reason: String,
    /// Who reverses it; `None` for this service's own work.
    pub(crate) by: Option<Actor>,
}

fn caller(by: Option<&Actor>) -> String {
    by.map(Actor::name).unwrap_or_default().to_owned()
}

fn person(by: Option<&Actor>) -> String {
    by.and_then(Actor::on_behalf_of).unwrap_or_default().to_owned()
}

fn settlement(allocation: &Allocation) -> pb::Settlement {
    pb::Settlement {
        allocation_id: allocation.id.to_string(),
        item_id: allocation.item.to_string(),
        payment_id: allocation.payment.to_string(),
        amount: Some(money(allocation.amount)),
        discount: allocation.discount.map(money),
        effective_on: allocation.effective_on.to_string(),
        write_off: allocation.write_off.map(|write_off| money(write_off.amount)),
        write_off_reason: write_off_reason(allocation.write_off.map(|write_off| write_off.reason)).into(),
        actor: caller(allocation.decided_by.as_ref()),
        on_behalf_of: person(allocation.decided_by.as_ref()),
        tolerance_policy_id: allocation.tolerance_policy.map(|id| id.to_string()).unwrap_or_default(),
    }
}

/// The results for these allocations with their dates.
fn verdicts(
    dated: impl ExactSizeIterator<Item = (AllocationId, NaiveDate)>,
    results: Vec<pb::SettlementResult>,
) -> Result<Verdicts, NoResponse> {
    if dated.len() != results.len() {
        return Err(NoResponse::Refused(format!("{} results for {} entries", results.len(), dated.len())));
    }
    dated.zip(results).map(|((id, effective_on), result)| Ok((id, verdict(effective_on, result)?))).collect()
}

fn verdict(dated: NaiveDate, result: pb::SettlementResult) -> Result<Verdict, NoResponse> {
    match result.result {
        // Versions before this date was answered count from the allocation's own.
        Some(settlement_result::Result::Item(_)) if result.effective_on.is_empty() => Ok(Ok(dated)),
        Some(settlement_result::Result::Item(_)) => {
            parse_date(&result.effective_on).map(Ok).map_err(|error| NoResponse::Refused(error.to_string()))
        }
        Some(settlement_result::Result::Error(status)) => refusal(&status).map(Err),
        None => Err(NoResponse::Refused("a result is empty".to_owned())),
    }
}

/// The reason in an entry's status. An entry without one, or with an internal error of invoicing, has no verdict.
fn refusal(status: &tonic_types::pb::Status) -> Result<SettlementRefusal, NoResponse> {
    let code = Code::from(status.code);
    let whole = Status::with_details(code, status.message.clone(), status.encode_to_vec().into());
    match error_info(&whole) {
        Some(info) if !matches!(code, Code::Internal | Code::Unavailable | Code::Unknown) => {
            Ok(SettlementRefusal { is_out_of_date: OUT_OF_DATE.contains(&info.reason.as_str()), reason: info.reason })
        }
        _ => Err(NoResponse::Unavailable(status.message.clone())),
    }
}
