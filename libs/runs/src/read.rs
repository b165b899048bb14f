//! Messages as commands, with all violations.

use quittance_grpc::{Violations, id};
use quittance_kernel::RunId;
use quittance_proto::common::v1 as pb;
use quittance_service::Settings;

use crate::ops::{CancelRun, In};

impl<S: Settings> TryFrom<pb::CancelRunRequest> for In<S, CancelRun> {
    type Error = Violations;

    fn try_from(request: pb::CancelRunRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let run = bad.check("run_id", id(&request.run_id, RunId::parse));
        bad.into_result(run.map(|run| Self::new(CancelRun { run })))
    }
}
