//! Runs: worked off by any number of replicas, interrupted at any moment, cancelled, and watched.

use std::{collections::HashSet, time::Duration};

use quittance_collections::App;
use quittance_db::Db;
use quittance_events::Relay;
use quittance_host::Service as _;
use quittance_proto::{
    collections::v1::{self as pb, collections_event::Payload},
    common::v1::{
        self as common, CancelRunRequest, GetRunRequest, ListRunItemsRequest, ListRunsRequest, Run, RunItem,
        RunItemState, RunState, WatchRunRequest,
    },
};
use quittance_runtime::ShutdownTrigger;
use quittance_testkit::{assert_fault, assert_violations, request_id, wait_until};
use tonic::{Code, Status};

use crate::support::{Setup, step};

const TODAY: &str = "2026-03-02";

/// Another process with the same database, which works off runs. Dropped, it is killed: nothing of it goes on, wherever it was.
struct Replica {
    runtime: Option<tokio::runtime::Runtime>,
    _trigger: ShutdownTrigger,
}

impl Replica {
    fn start(setup: &Setup) -> Self {
        let (trigger, shutdown) = ShutdownTrigger::new();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (logins, clock) = (setup.db.logins.clone(), setup.server.clock.clone());
        runtime.spawn(async move {
            let db = Db::connect(&logins, 4, App::WORKLOAD).await.unwrap();
            // Its tasks end with their runtime.
            drop(App::new(db, Relay::default(), clock).spawn_jobs(&shutdown));
        });
        Self { runtime: Some(runtime), _trigger: trigger }
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Setup {
    /// Customers with items that are long due, as invoicing's events would have made them: their numbers are C-1 and so on.
    async fn fill(&self, customers: i32, items: i32) {
        let mut tx = self.db.db.begin(self.server.tenant).await.unwrap();
        let tenant = self.server.tenant.uuid();
        sqlx::query(
            "insert into customer (tenant_id, id, number, name, contact_name)
             select $1, gen_random_uuid(), 'C-' || k, 'Customer ' || k, '' from generate_series(1, $2) k",
        )
        .bind(tenant)
        .bind(customers)
        .execute(&mut *tx)
        .await
        .unwrap();
        sqlx::query(
            "insert into item (tenant_id, id, customer_id, number, currency, issued_on, due_on, total, open)
             select $1, gen_random_uuid(), c.id, c.number || '-' || k, 'EUR', '2026-01-01', '2026-02-01', 10, 10
             from customer c cross join generate_series(1, $2) k",
        )
        .bind(tenant)
        .bind(items)
        .execute(&mut *tx)
        .await
        .unwrap();
        tx.commit().await.unwrap();
    }

    async fn read_run(&self, run_id: &str) -> Run {
        self.runs().get_run(GetRunRequest { run_id: run_id.to_owned() }).await.unwrap().into_inner()
    }

    async fn cancel(&self, run_id: &str) -> Result<Run, Status> {
        let request = CancelRunRequest { request_id: request_id(), run_id: run_id.to_owned() };
        self.runs().cancel_run(request).await.map(tonic::Response::into_inner)
    }

    /// The items of a run, page by page.
    async fn run_items(&self, run_id: &str, state: RunItemState) -> Vec<RunItem> {
        let (mut items, mut page_token) = (Vec::new(), String::new());
        loop {
            let request =
                ListRunItemsRequest { run_id: run_id.to_owned(), state: state.into(), page_size: 300, page_token };
            let page = self.runs().list_run_items(request).await.unwrap().into_inner();
            items.extend(page.items);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return items;
            }
        }
    }

    /// How many reminders, customers and items there are in all reminders.
    async fn reminded(&self) -> (i64, i64, i64) {
        let mut tx = self.db.db.begin(self.server.tenant).await.unwrap();
        let counts = sqlx::query_as(
            "select (select count(*) from reminder), (select count(distinct customer_id) from reminder),
               (select count(distinct item_id) from reminder_item)",
        )
        .fetch_one(&mut *tx)
        .await
        .unwrap();
        tx.commit().await.unwrap();
        counts
    }

    /// Waits until some of a run is done, and not all.
    async fn underway(&self, run_id: &str) {
        wait_until("the run is under way", || async {
            let run = self.read_run(run_id).await;
            assert_eq!(run.state(), RunState::Running, "it ended before it was interrupted: {run:?}");
            run.done_count > 0
        })
        .await;
    }
}

#[tokio::test]
async fn two_replicas_work_off_one_run_and_one_of_them_finishes_it() {
    let setup = Setup::start_without_worker().await;
    setup.fill(1_500, 2).await;
    let previewed: Vec<pb::Reminder> = setup.preview(TODAY).await;
    assert_eq!(previewed.len(), 100, "a page");
    let run = setup.try_start(TODAY).await.unwrap();
    assert_eq!((run.state(), run.total_count, run.done_count), (RunState::Running, 1_500, 0));
    assert_eq!((run.method.as_str(), run.as_of.as_str(), run.end_time), ("StartDunning", TODAY, None));
    let _replicas = [Replica::start(&setup), Replica::start(&setup)];
    let ended = setup.ended(&run.run_id).await;
    assert_eq!(
        (ended.state(), ended.done_count, ended.skipped_count, ended.failed_count),
        (RunState::Finished, 1_500, 0, 0)
    );
    assert!(ended.end_time.is_some());
    assert_eq!(setup.reminded().await, (1_500, 1_500, 3_000));
    let items = setup.run_items(&run.run_id, RunItemState::Unspecified).await;
    let subjects: HashSet<&str> = items.iter().map(|item| item.subject.as_str()).collect();
    assert_eq!((items.len(), subjects.len()), (1_500, 1_500));
    assert!(items.iter().all(|item| item.state() == RunItemState::Done && item.subject.starts_with("customers/")));
    let kinds = setup.events.kinds(1_503).await;
    assert_eq!(kinds.iter().filter(|kind| *kind == "RunEnded").count(), 1);
    assert_eq!(kinds.iter().filter(|kind| *kind == "ReminderRecorded").count(), 1_500);
    setup.verify().await;
}

#[tokio::test]
async fn a_run_goes_on_after_its_replica_is_killed_wherever_that_is() {
    let setup = Setup::start_without_worker().await;
    setup.fill(3_000, 1).await;
    let run = setup.try_start(TODAY).await.unwrap();
    let mut killed = 0;
    for ms in (0_u64..).map(|round| 20 + 13 * (round % 17)) {
        let replica = Replica::start(&setup);
        tokio::time::sleep(Duration::from_millis(ms)).await;
        drop(replica);
        let read = setup.read_run(&run.run_id).await;
        setup.verify().await;
        if read.state() == RunState::Finished {
            break;
        }
        killed += 1;
    }
    assert!(killed > 0, "it was never interrupted");
    let ended = setup.ended(&run.run_id).await;
    assert_eq!((ended.done_count, ended.skipped_count, ended.failed_count), (3_000, 0, 0));
    assert_eq!(setup.reminded().await, (3_000, 3_000, 3_000));
    assert_eq!(setup.events.kinds(3_003).await.len(), 3_003, "each event once");
}

#[tokio::test]
async fn a_cancelled_run_keeps_what_was_done_and_does_nothing_more() {
    let setup = Setup::start_without_worker().await;
    setup.fill(3_000, 1).await;
    let run = setup.try_start(TODAY).await.unwrap();
    let _replica = Replica::start(&setup);
    setup.underway(&run.run_id).await;
    let cancelled = setup.cancel(&run.run_id).await.unwrap();
    assert_eq!(cancelled.state(), RunState::Cancelled);
    assert!(cancelled.done_count > 0 && cancelled.done_count < 3_000, "{cancelled:?}");
    assert!(cancelled.end_time.is_some());
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(setup.read_run(&run.run_id).await, cancelled, "nothing more was done");
    assert_eq!(setup.reminded().await.0, i64::from(cancelled.done_count));
    assert_eq!(setup.ended(&run.run_id).await, cancelled);
    let left = usize::try_from(cancelled.total_count - cancelled.done_count).unwrap();
    assert_eq!(setup.run_items(&run.run_id, RunItemState::Cancelled).await.len(), left);
    assert_eq!(setup.run_items(&run.run_id, RunItemState::Pending).await, []);
    assert_eq!(setup.run_items(&run.run_id, RunItemState::Done).await.len(), 3_000 - left);
    assert_fault(&setup.cancel(&run.run_id).await.unwrap_err(), Code::FailedPrecondition, "RUN_ENDED");
    setup.verify().await;
    // The rest is the next run's.
    let next = setup.try_run(TODAY).await.unwrap();
    assert_eq!(usize::try_from(next.done_count).unwrap(), left);
    assert_eq!(setup.reminded().await, (3_000, 3_000, 3_000));
    let listed = |state: RunState| {
        let mut client = setup.runs();
        let request = ListRunsRequest { state: state.into(), ..ListRunsRequest::default() };
        async move { client.list_runs(request).await.unwrap().into_inner().runs }
    };
    assert_eq!(listed(RunState::Cancelled).await, [cancelled]);
    assert_eq!(listed(RunState::Finished).await, [next]);
    assert_eq!(listed(RunState::Running).await, []);
}

#[tokio::test]
async fn a_template_that_fails_for_one_customer_fails_that_one_alone() {
    let setup = Setup::start_without_strategy().await;
    setup.fill(450, 1).await;
    let body = "{% if customer.number == 'C-7' %}{{ items[7].number }}{% else %}Dear {{ customer.name }}{% endif %}";
    setup.create_strategy("standard", vec![pb::Step { body_template: body.to_owned(), ..step(1, "a") }]).await;
    let mut previewed = Vec::new();
    let mut page_token = String::new();
    loop {
        let as_of = TODAY.to_owned();
        let request = pb::PreviewDunningRequest { as_of, page_size: 64, page_token, ..Default::default() };
        let page = setup.dunning().preview_dunning(request).await.unwrap().into_inner();
        previewed.extend(page.reminders);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let (refused, shown): (Vec<_>, Vec<_>) =
        previewed.into_iter().partition(|reminder| !reminder.error_reason.is_empty());
    assert_eq!((shown.len(), refused.len()), (449, 1));
    assert!(refused[0].body.is_empty() && refused[0].total.is_some());
    assert!(shown.iter().all(|reminder| !reminder.body.is_empty()));
    let ended = setup.try_run(TODAY).await.unwrap();
    assert_eq!((ended.state(), ended.done_count, ended.failed_count), (RunState::Finished, 449, 1));
    let failed = setup.run_items(&ended.run_id, RunItemState::Failed).await;
    assert_eq!((failed.len(), failed[0].reason.as_str()), (1, "TEMPLATE_INVALID"));
    assert!(failed[0].message.contains(failed[0].subject.strip_prefix("customers/").unwrap()), "{failed:?}");
    assert!(failed[0].end_time.is_some());
    assert_eq!(failed[0].subject, format!("customers/{}", refused[0].customer_id), "the one that the preview shows");
    assert_eq!([&failed[0].reason, &failed[0].message], [&refused[0].error_reason, &refused[0].error_message]);
    setup.verify().await;
}

/// Not only what the decision refuses: what the database refuses, too.
#[tokio::test]
async fn what_the_database_refuses_for_one_customer_fails_that_one_alone() {
    let setup = Setup::start_without_worker().await;
    setup.fill(450, 1).await;
    let mut owner = setup.db.connect_as("quittance_owner").await;
    let refuse =
        "alter table reminder add constraint reminder_refused check (body not like 'Dear Customer 7,%') not valid";
    sqlx::query(refuse).execute(&mut owner).await.unwrap();
    let run = setup.try_start(TODAY).await.unwrap();
    let _replica = Replica::start(&setup);
    let ended = setup.ended(&run.run_id).await;
    assert_eq!((ended.state(), ended.done_count, ended.failed_count), (RunState::Finished, 449, 1));
    assert_eq!(setup.run_items(&run.run_id, RunItemState::Failed).await[0].reason, "INTERNAL");
    assert_eq!(setup.events.kinds(452).await.len(), 452, "a strategy, the run, and 449 reminders");
    setup.verify().await;
}

#[tokio::test]
async fn two_runs_of_a_day_at_once_remind_each_customer_once() {
    let setup = Setup::start_without_worker().await;
    setup.fill(600, 2).await;
    let firmer = setup.create_strategy("firmer", vec![step(9, "firmer")]).await;
    let first = setup.try_start(TODAY).await.unwrap();
    let request =
        pb::StartDunningRequest { request_id: request_id(), as_of: TODAY.to_owned(), strategy_id: firmer.strategy_id };
    let second = setup.dunning().start_dunning(request).await.unwrap().into_inner();
    assert_eq!((first.total_count, second.total_count), (600, 600));
    let _replicas = [Replica::start(&setup), Replica::start(&setup), Replica::start(&setup)];
    let (first, second) = (setup.ended(&first.run_id).await, setup.ended(&second.run_id).await);
    assert_eq!(first.done_count + second.done_count, 600, "{first:?} {second:?}");
    assert_eq!(first.skipped_count + second.skipped_count, 600);
    assert_eq!(first.failed_count + second.failed_count, 0);
    assert_eq!(setup.reminded().await, (600, 600, 1_200));
    setup.verify().await;
}

#[tokio::test]
async fn a_watched_run_rises_until_it_has_ended() {
    let setup = Setup::start_without_worker().await;
    setup.fill(3_000, 1).await;
    let run = setup.try_start(TODAY).await.unwrap();
    let request = WatchRunRequest { run_id: run.run_id.clone() };
    let mut watched = setup.runs().watch_run(request.clone()).await.unwrap().into_inner();
    assert_eq!(watched.message().await.unwrap(), Some(run.clone()), "as it is now, at once");
    let replica = Replica::start(&setup);
    let mut counts = vec![0];
    while let Some(run) = watched.message().await.unwrap() {
        counts.push(run.done_count);
    }
    drop(replica);
    assert!(counts.is_sorted_by(|one, next| one < next), "{counts:?}");
    assert!(counts.len() > 2, "no progress was seen: {counts:?}");
    assert_eq!(counts.last(), Some(&3_000));
    // One that has ended is returned once.
    let mut watched = setup.runs().watch_run(request).await.unwrap().into_inner();
    assert_eq!(watched.message().await.unwrap().unwrap().state(), RunState::Finished);
    assert_eq!(watched.message().await.unwrap(), None);
}

#[tokio::test]
async fn a_watch_ends_with_its_deadline() {
    let setup = Setup::start_without_worker().await;
    setup.fill(1, 1).await;
    let run = setup.try_start(TODAY).await.unwrap();
    let mut request = tonic::Request::new(WatchRunRequest { run_id: run.run_id.clone() });
    request.set_timeout(Duration::from_millis(500));
    let mut watched = setup.runs().watch_run(request).await.unwrap().into_inner();
    assert_eq!(watched.message().await.unwrap(), Some(run));
    assert_fault(&watched.message().await.unwrap_err(), Code::DeadlineExceeded, "DEADLINE_EXCEEDED");
}

#[tokio::test]
async fn a_watch_ends_with_its_server() {
    let setup = Setup::start_without_worker().await;
    setup.fill(1, 1).await;
    let run = setup.try_start(TODAY).await.unwrap();
    let request = WatchRunRequest { run_id: run.run_id.clone() };
    let mut watched = setup.runs().watch_run(request).await.unwrap().into_inner();
    assert_eq!(watched.message().await.unwrap(), Some(run));
    drop(setup.server);
    assert_fault(&watched.message().await.unwrap_err(), Code::Unavailable, "UNAVAILABLE");
}

#[tokio::test]
async fn what_a_run_does_has_its_caller_as_actor() {
    let setup = Setup::start_without_worker().await;
    setup.fill(1, 1).await;
    let client = setup.server.client_for(Some(setup.server.tenant), &["*"], "* act-for");
    let mut dunning = pb::dunning_service_client::DunningServiceClient::new(client);
    let message =
        pb::StartDunningRequest { request_id: request_id(), as_of: TODAY.to_owned(), strategy_id: String::new() };
    let mut request = tonic::Request::new(message.clone());
    request.metadata_mut().insert("quittance-on-behalf-of", "ada@example.org".parse().unwrap());
    let run = dunning.start_dunning(request).await.unwrap().into_inner();
    assert_eq!((run.started_by.as_str(), run.started_on_behalf_of.as_str()), ("test", "ada@example.org"));
    assert_eq!(run.request_id, message.request_id);
    let _replica = Replica::start(&setup);
    let ended = setup.ended(&run.run_id).await;
    let mut audit = pb::collections_audit_service_client::CollectionsAuditServiceClient::new(setup.server.client());
    let request = common::ListAuditEntriesRequest { person: "ada@example.org".to_owned(), ..Default::default() };
    let entries = audit.list_audit_entries(request).await.unwrap().into_inner().entries;
    let mut seen: Vec<(&str, &str)> =
        entries.iter().map(|entry| (entry.event_type.rsplit('.').next().unwrap(), entry.request_id.as_str())).collect();
    seen.sort_unstable();
    let id = message.request_id.as_str();
    assert_eq!(seen, [("ReminderRecorded", id), ("RunEnded", id), ("RunStarted", id)]);
    let published = setup.events.all::<pb::CollectionsEvent>(4).await;
    let runs = published.into_iter().filter_map(|event| match event.payload {
        Some(Payload::RunStarted(started)) => started.run,
        Some(Payload::RunEnded(ended)) => ended.run,
        _ => None,
    });
    assert_eq!(runs.collect::<Vec<_>>(), [run, ended]);
}

#[tokio::test]
async fn runs_are_their_tenants_and_calls_name_what_is_wrong() {
    let setup = Setup::start().await;
    setup.fill(1, 1).await;
    let run = setup.try_run(TODAY).await.unwrap();
    let unknown = "01890000-0000-7000-8000-000000000000";
    for run_id in [unknown, "x"] {
        let get = setup.runs().get_run(GetRunRequest { run_id: run_id.to_owned() }).await.unwrap_err();
        let watch = setup.runs().watch_run(WatchRunRequest { run_id: run_id.to_owned() }).await.unwrap_err();
        let items = ListRunItemsRequest { run_id: run_id.to_owned(), ..ListRunItemsRequest::default() };
        let items = setup.runs().list_run_items(items).await.unwrap_err();
        for refused in [get, watch, items, setup.cancel(run_id).await.unwrap_err()] {
            if run_id == unknown {
                assert_fault(&refused, Code::NotFound, "RUN_NOT_FOUND");
            } else {
                assert_violations(&refused, &["run_id"]);
            }
        }
    }
    let other = quittance_kernel::TenantId::at(quittance_testkit::now());
    let client = setup.server.client_for(Some(other), &["*"], "*");
    let mut foreign = pb::collections_run_service_client::CollectionsRunServiceClient::new(client);
    let refused = foreign.watch_run(WatchRunRequest { run_id: run.run_id }).await.unwrap_err();
    assert_fault(&refused, Code::NotFound, "TENANT_NOT_FOUND");
}
