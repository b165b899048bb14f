//! Settlements and their reversals, called by payments.

use quittance_proto::invoicing::v1::{self as pb, settlement_service_server::SettlementService};
use quittance_service::{entries, parse};
use tonic::{Request, Response, Status};

use crate::{App, ops, wire};

fn results(settled: &[ops::Settled]) -> Vec<pb::SettlementResult> {
    let results = entries(settled.to_vec()).into_iter().map(|settled| {
        let result = match settled {
            Ok((item, disputed)) => pb::settlement_result::Result::Item(wire::open_item(&item, disputed)),
            Err(error) => pb::settlement_result::Result::Error(error),
        };
        pb::SettlementResult { result: Some(result) }
    });
    results.collect()
}

#[tonic::async_trait]
impl SettlementService for App {
    async fn settle_items(
        &self,
        request: Request<pb::SettleItemsRequest>,
    ) -> Result<Response<pb::SettleItemsResponse>, Status> {
        let answer = |settled: &Vec<ops::Settled>| pb::SettleItemsResponse { results: results(settled) };
        self.run_coalesced(parse::<ops::SettleItems, _>(request)?, answer).await
    }

    async fn reverse_settlements(
        &self,
        request: Request<pb::ReverseSettlementsRequest>,
    ) -> Result<Response<pb::ReverseSettlementsResponse>, Status> {
        let answer = |settled: &Vec<ops::Settled>| pb::ReverseSettlementsResponse { results: results(settled) };
        self.run(parse::<ops::ReverseSettlements, _>(request)?, answer).await
    }
}
