//! Commands about accounting periods.

use quittance_approvals::Approvable;
use quittance_grpc::{Violations, date, id, text};
use quittance_kernel::PeriodId;
use quittance_proto::invoicing::v1 as pb;

use crate::{
    domain::invoice_content::MAX_REASON,
    ops::{ClosePeriod, ReopenPeriod},
};

impl TryFrom<pb::ClosePeriodRequest> for ClosePeriod {
    type Error = Violations;

    fn try_from(request: pb::ClosePeriodRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let end_on = bad.check("end_on", date(&request.end_on));
        bad.into_result(end_on.map(|end_on| Self { end_on }))
    }
}

impl TryFrom<pb::ReopenPeriodRequest> for ReopenPeriod {
    type Error = Violations;

    fn try_from(request: pb::ReopenPeriodRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let period = bad.check("period_id", id(&request.period_id, PeriodId::parse));
        let reason = bad.check("reason", text(&request.reason, MAX_REASON));
        bad.into_result(period.zip(reason).map(|(period, reason)| Self { period, reason }))
    }
}

impl Approvable for ReopenPeriod {
    type Request = pb::ReopenPeriodRequest;

    fn request(&self) -> pb::ReopenPeriodRequest {
        pb::ReopenPeriodRequest {
            request_id: String::new(),
            period_id: self.period.to_string(),
            reason: self.reason.clone(),
        }
    }
}
