//! Strategies: names, defaults, templates.

use prost_types::FieldMask;
use quittance_proto::collections::v1::{self as pb, collections_event::Payload};
use quittance_testkit::{assert_fault, assert_violations, request_id};
use tonic::{Code, Status};

use crate::support::{Setup, step};

async fn update(setup: &Setup, strategy: pb::Strategy, paths: &[&str]) -> Result<pb::Strategy, Status> {
    let paths = paths.iter().map(|path| (*path).to_owned()).collect();
    let request = pb::UpdateStrategyRequest {
        request_id: request_id(),
        strategy: Some(strategy),
        update_mask: Some(FieldMask { paths }),
    };
    setup.strategies().update_strategy(request).await.map(tonic::Response::into_inner)
}

async fn defaults(setup: &Setup) -> Vec<(String, bool)> {
    let listed =
        setup.strategies().list_strategies(pb::ListStrategiesRequest::default()).await.unwrap().into_inner().strategies;
    listed.into_iter().map(|s| (s.name, s.is_default)).collect()
}

#[tokio::test]
async fn the_first_strategy_is_the_default_until_another_is_made_it() {
    let setup = Setup::start_without_strategy().await;
    let first = setup.create_strategy("first", vec![step(1, "a")]).await;
    let second = setup.create_strategy("second", vec![step(5, "b")]).await;
    assert_eq!((first.is_default, second.is_default), (true, false));
    let second = update(&setup, pb::Strategy { is_default: true, ..second }, &["is_default"]).await.unwrap();
    assert_eq!((second.etag.as_str(), second.steps.len()), ("2", 1));
    assert_eq!(defaults(&setup).await, [("first".to_owned(), false), ("second".to_owned(), true)]);
    // The one that was the default has changed too.
    let stale =
        update(&setup, pb::Strategy { name: "primary".to_owned(), ..first.clone() }, &["name"]).await.unwrap_err();
    assert_fault(&stale, Code::Aborted, "ETAG_MISMATCH");
    let renamed = pb::Strategy { name: "primary".to_owned(), etag: String::new(), ..first };
    assert_eq!(update(&setup, renamed, &["name"]).await.unwrap().name, "primary");
    let request = pb::GetStrategyRequest { strategy_id: second.strategy_id.clone() };
    assert_eq!(setup.strategies().get_strategy(request).await.unwrap().into_inner(), second);
    let events: Vec<pb::CollectionsEvent> = setup.events.all(5).await;
    let published = events.into_iter().map(|event| match event.payload {
        Some(Payload::StrategyCreated(created)) => created.strategy.unwrap(),
        Some(Payload::StrategyUpdated(updated)) => updated.strategy.unwrap(),
        other => panic!("{other:?}"),
    });
    let published: Vec<(String, bool)> = published.map(|strategy| (strategy.name, strategy.is_default)).collect();
    let expected = [("first", true), ("second", false), ("first", false), ("second", true), ("primary", false)];
    assert_eq!(published, expected.map(|(name, is_default)| (name.to_owned(), is_default)));
}

/// A platform sets a tenant up in one go: its strategies do not wait for invoicing's event, runs do.
#[tokio::test]
async fn strategies_do_not_wait_for_the_tenants_event() {
    let setup = Setup::start_without_tenant().await;
    let strategy = setup.create_strategy("first", vec![step(1, "a")]).await;
    let strategy = update(&setup, pb::Strategy { name: "standard".to_owned(), ..strategy }, &["name"]).await.unwrap();
    assert_eq!((strategy.name.as_str(), strategy.is_default), ("standard", true));
    assert_fault(&setup.try_run("2026-03-02").await.unwrap_err(), Code::NotFound, "TENANT_NOT_FOUND");
    setup.create_tenant().await;
    let request = setup.try_run("2026-03-02").await.unwrap().request.unwrap();
    let used = request.fields["strategyId"].kind.as_ref();
    assert_eq!(used, Some(&prost_types::value::Kind::StringValue(strategy.strategy_id)));
}

#[tokio::test]
async fn eight_first_strategies_at_once_leave_one_default() {
    let setup = Setup::start_without_strategy().await;
    let created: Vec<_> = (0..8)
        .map(|n| {
            let mut client = setup.strategies();
            let strategy = pb::Strategy { name: format!("s{n}"), steps: vec![step(1, "a")], ..pb::Strategy::default() };
            let request = pb::CreateStrategyRequest { request_id: request_id(), strategy: Some(strategy) };
            tokio::spawn(async move { client.create_strategy(request).await.unwrap() })
        })
        .collect();
    for one in created {
        one.await.unwrap();
    }
    assert_eq!(defaults(&setup).await.into_iter().filter(|(_, is_default)| *is_default).count(), 1);
}

#[tokio::test]
async fn a_strategy_is_deleted_until_a_run_used_it_and_the_default_one_goes_last() {
    let setup = Setup::start_without_strategy().await;
    let first = setup.create_strategy("first", vec![step(1, "a")]).await;
    let second = setup.create_strategy("second", vec![step(5, "b"), step(9, "c")]).await;
    let delete = |strategy: &pb::Strategy, etag: &str| pb::DeleteStrategyRequest {
        request_id: request_id(),
        strategy_id: strategy.strategy_id.clone(),
        etag: etag.to_owned(),
    };
    let refused = async |request| setup.strategies().delete_strategy(request).await.unwrap_err();
    assert_fault(&refused(delete(&second, "7")).await, Code::Aborted, "ETAG_MISMATCH");
    assert_fault(&refused(delete(&first, "")).await, Code::FailedPrecondition, "STRATEGY_IS_DEFAULT");
    let request = delete(&second, &second.etag);
    setup.strategies().delete_strategy(request.clone()).await.unwrap();
    setup.strategies().delete_strategy(request).await.unwrap();
    assert_fault(&refused(delete(&second, "")).await, Code::NotFound, "STRATEGY_NOT_FOUND");
    setup.strategies().delete_strategy(delete(&first, "")).await.unwrap();
    assert_eq!(defaults(&setup).await, []);

    let used = setup.create_strategy("first", vec![step(1, "a")]).await;
    setup.try_run("2026-03-02").await.unwrap();
    assert_fault(&refused(delete(&used, "")).await, Code::FailedPrecondition, "STRATEGY_HAS_RUNS");
    let kinds = setup.events.kinds(7).await;
    assert_eq!(
        kinds[..5],
        ["StrategyCreated", "StrategyCreated", "StrategyDeleted", "StrategyDeleted", "StrategyCreated"]
    );
    assert_eq!(kinds[5..], ["RunStarted", "RunEnded"]);
}

#[tokio::test]
async fn names_are_unique_and_unknown_strategies_are_not_found() {
    let setup = Setup::start().await;
    let taken = setup.try_create_strategy("standard", vec![step(1, "a")]).await.unwrap_err();
    assert_fault(&taken, Code::AlreadyExists, "STRATEGY_NAME_TAKEN");
    let other = setup.create_strategy("other", vec![step(1, "a")]).await;
    let taken = update(&setup, pb::Strategy { name: "standard".to_owned(), ..other }, &["name"]).await.unwrap_err();
    assert_fault(&taken, Code::AlreadyExists, "STRATEGY_NAME_TAKEN");
    let unknown =
        pb::Strategy { strategy_id: "01890000-0000-7000-8000-000000000000".to_owned(), ..pb::Strategy::default() };
    assert_fault(
        &update(&setup, unknown.clone(), &["is_default"]).await.unwrap_err(),
        Code::NotFound,
        "STRATEGY_NOT_FOUND",
    );
    let request = pb::GetStrategyRequest { strategy_id: unknown.strategy_id };
    assert_fault(&setup.strategies().get_strategy(request).await.unwrap_err(), Code::NotFound, "STRATEGY_NOT_FOUND");
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_strategy_is_named() {
    let setup = Setup::start_without_strategy().await;
    let mistyped = pb::Step { body_template: "{{ totel }}".to_owned(), ..step(1, "a") };
    let broken = pb::Step { subject_template: "{{ total".to_owned(), name: String::new(), ..step(1, "b") };
    let silent = pb::Step { body_template: " ".to_owned(), ..step(4_000, "c") };
    let wrong = setup.try_create_strategy(" ", vec![mistyped.clone(), broken, silent]).await.unwrap_err();
    let fields = [
        "strategy.name",
        "strategy.steps[1].name",
        "strategy.steps[2].body_template",
        "strategy.steps[0].body_template",
        "strategy.steps[1].offset_days",
        "strategy.steps[1].subject_template",
        "strategy.steps[2].offset_days",
    ];
    assert_violations(&wrong, &fields);
    assert_violations(&setup.try_create_strategy("empty", vec![]).await.unwrap_err(), &["strategy.steps"]);
    let good = setup.create_strategy("good", vec![step(1, "a")]).await;
    let wrong = update(&setup, pb::Strategy { steps: vec![mistyped], ..good.clone() }, &["steps"]).await.unwrap_err();
    assert_violations(&wrong, &["strategy.steps[0].body_template"]);
    assert_violations(&update(&setup, good, &["etag"]).await.unwrap_err(), &["update_mask"]);
}

/// A template that would end the process, or never end, is refused; the service answers on.
#[tokio::test]
async fn a_template_takes_no_more_than_its_share() {
    let setup = Setup::start_without_strategy().await;
    for body in [
        "x{{ total|indent(1000000000000000) }}",
        "x{% for a in items*100000 %}{% for b in items*100000 %}{% endfor %}{% endfor %}",
        "{{ customer }}",
    ] {
        let hungry = pb::Step { body_template: body.to_owned(), ..step(1, "a") };
        let refused = setup.try_create_strategy("hungry", vec![hungry]).await.unwrap_err();
        assert_violations(&refused, &["strategy.steps[0].body_template"]);
    }
    setup.create_strategy("good", vec![step(1, "a")]).await;
}

#[tokio::test]
async fn reminders_stay_as_they_were_when_their_strategy_changes() {
    let setup = Setup::start().await;
    let customer = setup.customer("A", vec![]).await;
    setup.invoice(&customer, "100.00", "2026-02-28").await;
    let sent = setup.run("2026-03-01").await;
    let strategy = setup
        .strategies()
        .list_strategies(pb::ListStrategiesRequest::default())
        .await
        .unwrap()
        .into_inner()
        .strategies
        .remove(0);
    let reworded = pb::Step { subject_template: "Pay".to_owned(), ..step(1, "renamed") };
    update(&setup, pb::Strategy { steps: vec![reworded, step(2, "second")], ..strategy }, &["steps"]).await.unwrap();
    let request = pb::GetReminderRequest { reminder_id: sent[0].reminder_id.clone() };
    assert_eq!(setup.dunning().get_reminder(request).await.unwrap().into_inner(), sent[0]);
    assert_eq!(setup.run("2026-03-02").await[0].step_name, "second");
}
