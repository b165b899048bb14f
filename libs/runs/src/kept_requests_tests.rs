//! The hashes of commands as the request log keeps them.

use quittance_events::Event;
use quittance_kernel::{RunId, TenantId};
use quittance_proto::common::v1 as pb;
use quittance_service::{Operation as _, command_hash};
use quittance_testkit::{KeptRequests, SomeService};

use crate::{
    RunChange, RunMessage, Runs,
    ops::{CancelRun, In},
};

impl Runs for SomeService {
    fn run_event(tenant: TenantId, _id: RunId, _run: &RunMessage, _change: RunChange) -> Event {
        Event::new("", tenant.uuid(), Vec::new())
    }
}

#[test]
fn hashes_of_commands_stay_what_they_were() {
    let mut kept = KeptRequests::of_shared("quittance/common/v1/run.proto");
    kept.check::<pb::CancelRunRequest, _>(
        r#"{"run_id": "018f4e2a-7d3b-7c55-9a86-000000000001"}"#,
        |request, command: In<SomeService, CancelRun>| {
            command_hash(In::<SomeService, CancelRun>::NAME, request, &command)
        },
        "200d9a8597676c709dc0f1e7f1db144fc36261605cd827ccf856c231eac941cb",
    );
    kept.finish();
}
