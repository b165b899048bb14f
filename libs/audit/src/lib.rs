//! Who did what: the events of a service as its callers read them, with who caused each, through which method, why, and what a change has changed. Nothing is
//! written for it: an event has its origin, and the event before it about the same resource has what was there before.

mod changes;
mod wire;

use quittance_events::{RecordedFilter, recorded_events};
use quittance_grpc::{optional_line, time_range};
use quittance_kernel::EventId;
use quittance_proto::common::v1 as pb;
use quittance_service::{Query, Settings, State, query};
use tonic::{Request, Response, Status};

/// The longest subject or person of a filter, in characters.
const MAX_FILTER: usize = 200;

/// `ListAuditEntries`.
pub async fn list<S: Settings>(
    state: &State<S>,
    request: Request<pb::ListAuditEntriesRequest>,
) -> Result<Response<pb::ListAuditEntriesResponse>, Status> {
    let mut query = query(request)?;
    let page = query.page();
    let Query { tenant, request, mut bad } = query;
    let subject = bad.check("subject", optional_line(&request.subject, MAX_FILTER));
    let person = bad.check("person", optional_line(&request.person, MAX_FILTER));
    let recorded_at = bad.within("record_time", time_range(request.record_time.as_ref()));
    let after = page.as_ref().and_then(|page| bad.within("", page.after_id(EventId::parse)));
    let read = page.zip(after).zip(subject.zip(person)).zip(recorded_at);
    let (((page, after), (subject, person)), recorded_at) = bad.into_result(read)?;
    let given = |text: String| Some(text).filter(|text| !text.is_empty());
    let filter = RecordedFilter { subject: given(subject), person: given(person), recorded_at };
    let recorded = state
        .read_list(tenant, async |tx| recorded_events(tx, &filter, after, page.limit()).await)
        .await
        .map_err(Into::into)?;
    let entries = recorded.iter().map(wire::entry).collect();
    let (entries, next_page_token) = page.cut(entries, |entry: &pb::AuditEntry| vec![entry.event_id.clone()]);
    Ok(Response::new(pb::ListAuditEntriesResponse { entries, next_page_token }))
}

/// Implements a service's list of who did what: the generated trait of its package, for its app, which dereferences to its `State`.
#[macro_export]
macro_rules! audit_service {
    ($trait:path, $app:ty) => {
        #[tonic::async_trait]
        impl $trait for $app {
            async fn list_audit_entries(
                &self,
                request: tonic::Request<quittance_proto::common::v1::ListAuditEntriesRequest>,
            ) -> Result<tonic::Response<quittance_proto::common::v1::ListAuditEntriesResponse>, tonic::Status> {
                $crate::list(self, request).await
            }
        }
    };
}
