//! The calls about a service's runs.

use std::{collections::HashMap, ops::Deref, time::Duration};

use futures::{StreamExt as _, stream, stream::BoxStream};
use quittance_db::{Place, Tx};
use quittance_grpc::{date_range, id, optional_line, time_range};
use quittance_kernel::{RunId, TenantId};
use quittance_proto::common::v1 as pb;
use quittance_service::{CommonError, Query, State, parse, query, read_places};
use tonic::{Request, Response, Status};

use crate::{
    db,
    error::RunError,
    ops::{CancelRun, In},
    publish::Runs,
    run::{Run, State as RunState},
    wire::{self, RunMessage, Shown},
};

/// The longest method of a filter, in characters.
const MAX_FILTER: usize = 200;
/// How often a watched run is read.
const LOOK: Duration = Duration::from_millis(200);

/// The messages of a watched run.
pub type RunStream = BoxStream<'static, Result<pb::Run, Status>>;

async fn read<S: Runs>(state: &State<S>, tenant: TenantId, id: RunId) -> Result<Run, Status> {
    let found = state.read(tenant, async |tx| db::find(tx, id).await).await.map_err(Into::into)?;
    Ok(found.ok_or_else(|| CommonError::from(RunError::NotFound(id)))?)
}

fn shown<S: Runs>(run: &Run) -> Result<pb::Run, Status> {
    Ok(wire::run(S::AREA, run).map_err(CommonError::from)?.message())
}

/// `GetRun`.
pub async fn get<S: Runs>(state: &State<S>, request: Request<pb::GetRunRequest>) -> Result<Response<pb::Run>, Status> {
    let (tenant, id) = query(request)?.id("run_id", |r| &r.run_id, RunId::parse)?;
    Ok(Response::new(shown::<S>(&read(state, tenant, id).await?)?))
}

/// `ListRuns`.
pub async fn list<S: Runs>(
    state: &State<S>,
    request: Request<pb::ListRunsRequest>,
) -> Result<Response<pb::ListRunsResponse>, Status> {
    let mut query = query(request)?;
    let page = query.ordered_page(|r| &r.order_by, &db::ORDERS);
    let Query { tenant, request, mut bad } = query;
    let method = bad.check("method", optional_line(&request.method, MAX_FILTER));
    let as_of = bad.within("as_of", date_range(request.as_of.as_ref()));
    let created_at = bad.within("create_time", time_range(request.create_time.as_ref()));
    let checked = method.zip(as_of).zip(created_at).zip(page);
    let (((method, as_of), created_at), (page, window)) = bad.into_result(checked)?;
    let method = Some(method).filter(|method| !method.is_empty());
    let filter = db::Filter { state: wire::read_state(request.state()), method, as_of, created_at };
    let read = async |tx: &mut Tx| {
        let places = db::places(tx, filter, window).places(tx).await?;
        read_places(tx, &page, &places, async |tx, ids| {
            let runs = db::find_all(tx, ids).await?;
            let messages = runs.iter().map(|run| {
                let message = wire::run(S::AREA, run).map_err(CommonError::from)?.message();
                Ok((run.id.uuid(), message))
            });
            messages.collect::<Result<HashMap<_, _>, CommonError>>()
        })
        .await
    };
    let (runs, next_page_token) = state.read_list(tenant, read).await.map_err(Into::into)?;
    Ok(Response::new(pb::ListRunsResponse { runs, next_page_token }))
}

/// `ListRunItems`.
pub async fn list_items<S: Runs>(
    state: &State<S>,
    request: Request<pb::ListRunItemsRequest>,
) -> Result<Response<pb::ListRunItemsResponse>, Status> {
    let mut query = query(request)?;
    let page = query.ordered_page(|_| "", &db::ITEM_ORDERS);
    let Query { tenant, request, mut bad } = query;
    let id = bad.check("run_id", id(&request.run_id, RunId::parse));
    let (id, (page, window)) = bad.into_result(id.zip(page))?;
    let run = read(state, tenant, id).await?;
    let Shown::Only(only) = wire::read_item_state(run.state, request.state()) else {
        return Ok(Response::new(pb::ListRunItemsResponse::default()));
    };
    let read = async |tx: &mut Tx| {
        let places: Vec<Place> = db::item_places(tx, id, only, window).places(tx).await?;
        db::find_items(tx, id, &places).await
    };
    let items = state.read_list(tenant, read).await.map_err(Into::into)?;
    let items: Vec<(String, pb::RunItem)> =
        items.into_iter().map(|item| (item.subject.to_string(), wire::item(&run, item))).collect();
    let keys: HashMap<String, String> =
        items.iter().map(|(subject, item)| (item.subject.clone(), subject.clone())).collect();
    let items = items.into_iter().map(|(_, item)| item).collect();
    let (items, next_page_token) = page.cut(items, |item| vec![keys.get(&item.subject).cloned().unwrap_or_default()]);
    Ok(Response::new(pb::ListRunItemsResponse { items, next_page_token }))
}

/// `WatchRun`: the run as it is, and again whenever it has changed, until it has ended. The layer around every call ends the stream with the call's deadline.
pub async fn watch<S: Runs, A>(app: A, request: Request<pb::WatchRunRequest>) -> Result<Response<RunStream>, Status>
where
    A: Deref<Target = State<S>> + Send + Sync + 'static,
{
    let (tenant, id) = query(request)?.id("run_id", |r| &r.run_id, RunId::parse)?;
    let first = read(&app, tenant, id).await?;
    let message = shown::<S>(&first)?;
    let later = stream::unfold(Some((app, first)), move |last| async move {
        let (app, last) = last.filter(|(_, last)| last.state == RunState::Running)?;
        match next_change(&app, tenant, &last).await {
            Ok(next) => Some((shown::<S>(&next), Some((app, next)))),
            Err(status) => Some((Err(status), None)),
        }
    });
    Ok(Response::new(stream::iter([Ok(message)]).chain(later).boxed()))
}

/// The run when it is another than it was last.
async fn next_change<S: Runs>(state: &State<S>, tenant: TenantId, last: &Run) -> Result<Run, Status> {
    loop {
        tokio::time::sleep(LOOK).await;
        let run = read(state, tenant, last.id).await?;
        if run != *last {
            return Ok(run);
        }
    }
}

/// `CancelRun`.
pub async fn cancel<S: Runs>(
    state: &State<S>,
    request: Request<pb::CancelRunRequest>,
) -> Result<Response<pb::Run>, Status> {
    state.run(parse::<In<S, CancelRun>, _>(request)?, RunMessage::message).await
}
