//! The hashes of commands as the request log keeps them.

use chrono::NaiveDate;
use quittance_db::Tx;
use quittance_events::Event;
use quittance_kernel::{CustomerId, TenantId};
use quittance_proto::common::v1 as pb;
use quittance_service::{Operation as _, command_hash};
use quittance_testkit::{KeptRequests, SomeError, SomeService};

use crate::{
    ApprovalMessage, ApproveRequest, Approves, InForce,
    ops::{In, Reject},
};

impl Approves for SomeService {
    async fn approval_policy(_tx: &mut Tx, _today: NaiveDate) -> Result<Option<InForce>, SomeError> {
        Ok(None)
    }

    fn approval_event(tenant: TenantId, _customer: Option<CustomerId>, _approval: &ApprovalMessage) -> Event {
        Event::new("", tenant.uuid(), Vec::new())
    }
}

#[test]
fn hashes_of_commands_stay_what_they_were() {
    let mut kept = KeptRequests::of_shared("quittance/common/v1/approval.proto");
    kept.check::<pb::ApproveRequest, _>(
        r#"{"approval_id": "018f4e2a-7d3b-7c55-9a86-000000000001", "note": "Seen the letter."}"#,
        |request, command: ApproveRequest| command_hash("Approve", request, &command),
        "d304d1bc685ef231d392d6c9feafb79f60921c6acd8f606b67bd1ac019ff28b8",
    );
    kept.check::<pb::RejectRequest, _>(
        r#"{"approval_id": "018f4e2a-7d3b-7c55-9a86-000000000001", "note": "Too early."}"#,
        |request, command: In<SomeService, Reject>| command_hash(In::<SomeService, Reject>::NAME, request, &command),
        "089401234bbd4f4847a81b2b2864edf1de2678806586fd3eba01e39644e4ef19",
    );
    kept.finish();
}
