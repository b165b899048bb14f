//! Settlements and their reversals, called by payments.

use quittance_proto::invoicing::v1::{self as pb, settlement_service_server::SettlementService};
use quittance_service::{entries, parse};
use tonic::{Request, Response, Status};

use crate::{App, ops, wire};

fn results(verdicts: &[ops::Verdict]) -> Vec<pb::SettlementResult> {
    let results = entries(verdicts.to_vec()).into_iter().map(|verdict| match verdict {
        Ok(ops::Settled { view, counts_on }) => {
            let item = wire::open_item(&view.item, view.disputed);
            let result = Some(pb::settlement_result::Result::Item(item));
            pb::SettlementResult { result, effective_on: counts_on.to_string() }
        }
        Err(error) => {
            let result = Some(pb::settlement_result::Result::Error(error));
            pb::SettlementResult { result, effective_on: String::new() }
        }
    });
    results.collect()
}

#[tonic::async_trait]
impl SettlementService for App {
    async fn settle_items(
        &self,
        request: Request<pb::SettleItemsRequest>,
    ) -> Result<Response<pb::SettleItemsResponse>, Status> {
        let answer = |verdicts: &Vec<ops::Verdict>| pb::SettleItemsResponse { results: results(verdicts) };
        self.run_coalesced(parse::<ops::SettleItems, _>(request)?, answer).await
    }

    async fn reverse_settlements(
        &self,
        request: Request<pb::ReverseSettlementsRequest>,
    ) -> Result<Response<pb::ReverseSettlementsResponse>, Status> {
        let answer = |verdicts: &Vec<ops::Verdict>| pb::ReverseSettlementsResponse { results: results(verdicts) };
        self.run(parse::<ops::ReverseSettlements, _>(request)?, answer).await
    }
}
