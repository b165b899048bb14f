//! The hashes of commands as the request log keeps them.

use quittance_db::{DbError, Tx};
use quittance_events::Event;
use quittance_kernel::{RunId, TenantId};
use quittance_proto::common::v1 as pb;
use quittance_service::{CommonError, Operation as _, Settings, command_hash, service_error};
use quittance_testkit::KeptRequests;
use tonic::Status;

use crate::{
    RunChange, RunMessage, Runs,
    ops::{CancelRun, In},
};

/// The settings of some service.
#[derive(Debug)]
struct Collections;

#[derive(Debug, Clone, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Common(#[from] CommonError),
}

service_error!(Error);

impl From<Error> for Status {
    fn from(Error::Common(error): Error) -> Self {
        error.into()
    }
}

impl Settings for Collections {
    const AREA: &'static str = "collections";
    type Error = Error;

    async fn load(_tx: &mut Tx) -> Result<Option<Self>, DbError> {
        Ok(Some(Self))
    }

    fn time_zone(&self) -> chrono_tz::Tz {
        chrono_tz::UTC
    }
}

impl Runs for Collections {
    fn run_event(tenant: TenantId, _id: RunId, _run: &RunMessage, _change: RunChange) -> Event {
        Event::new("", tenant.uuid(), Vec::new())
    }
}

#[test]
fn hashes_of_commands_stay_what_they_were() {
    let mut kept = KeptRequests::of_shared("quittance/common/v1/run.proto");
    kept.check::<pb::CancelRunRequest, _>(
        r#"{"run_id": "018f4e2a-7d3b-7c55-9a86-000000000001"}"#,
        |request, command: In<Collections, CancelRun>| {
            command_hash(In::<Collections, CancelRun>::NAME, request, &command)
        },
        "200d9a8597676c709dc0f1e7f1db144fc36261605cd827ccf856c231eac941cb",
    );
    kept.finish();
}
