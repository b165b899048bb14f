//! The customers that a run is over are those that its plan would remind: the filter in SQL and the decision say the same about a book of every kind of item.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use quittance_db::{Db, Tx};
use quittance_host::Service as _;
use quittance_kernel::{StrategyId, TenantId, parse_date};
use quittance_testkit::{TestDb, now};

use super::*;
use crate::domain::{NewStrategy, Step};

/// 60 customers with 600 items: due before and after the dates of the test, issued late, closed, reminded at any step and on any date, disputed now, then, and before.
const BOOK: [&str; 6] = [
    "insert into tenant (tenant_id, name, enquiries, time_zone) values ($1, 'Seller', '', 'UTC')",
    "insert into customer (tenant_id, id, number, name, contact_name) select $1, md5('c' || k)::uuid, '', 'C', '' from generate_series(0, 59) k",
    "insert into item (tenant_id, id, customer_id, number, currency, issued_on, due_on, total, open, closed_on)
     select $1, md5('i' || k)::uuid, md5('c' || k % 60)::uuid, k::text, 'EUR', due - abs(hashtext('i' || k)) % 40, due, 10,
       case when closed then 0 else 10 end, case when closed then due + 3 end
     from generate_series(1, 600) k
     cross join lateral (select date '2026-02-01' + abs(hashtext('d' || k)) % 60 - 30 as due, abs(hashtext('o' || k)) % 3 > 0 as closed) v",
    "insert into reminder
       (tenant_id, id, run_id, customer_id, contact_name, offset_days, step_name, as_of, currency, total, subject, body, recorded_at)
     select $1, md5('r' || i.number)::uuid, md5('run')::uuid, i.customer_id, '', 0, '', i.due_on + abs(hashtext('a' || i.number)) % 20 - 3, 'EUR', 10, '', '', now()
     from item i
     where i.tenant_id = $1 and abs(hashtext('r' || i.number)) % 3 = 0",
    "insert into reminder_item (tenant_id, reminder_id, place, item_id, number, issued_on, due_on, open, offset_days)
     select $1, r.id, 1, i.id, i.number, i.issued_on, i.due_on, 10, (array[-3, 1, 8])[1 + abs(hashtext('s' || i.number)) % 3]
     from item i
     join reminder r on r.tenant_id = i.tenant_id and r.id = md5('r' || i.number)::uuid
     where i.tenant_id = $1",
    "insert into dispute (tenant_id, id, item_id, customer_id, reason, note, opened_on, state, resolved_on, outcome, recorded_at, updated_at)
     select $1, md5('d' || i.number)::uuid, i.id, i.customer_id, 'pricing', '', i.due_on, case when is_open then 'open' else 'resolved' end,
       case when not is_open then i.due_on + 10 end, case when not is_open then 'rejected' end, now(), now()
     from item i
     cross join lateral (select abs(hashtext('u' || i.number)) % 2 = 0 as is_open) v
     where i.tenant_id = $1 and abs(hashtext('p' || i.number)) % 4 = 0",
];
/// Every second item was paid for some days.
const PAID_FOR_A_WHILE: &str = "insert into item_entry (tenant_id, item_id, event_id, effective_on, amount)
    select $1, i.id, md5(i.number || k)::uuid, i.due_on + k * 5, case k when 1 then -10 else 10 end
    from item i
    cross join generate_series(1, 2) k
    where i.tenant_id = $1 and i.closed_on is null and abs(hashtext('e' || i.number)) % 2 = 0";

fn strategy(offsets: &[i32]) -> Strategy {
    let step = |offset_days: &i32| Step {
        offset_days: *offset_days,
        name: "a".to_owned(),
        subject_template: "a".to_owned(),
        body_template: "a".to_owned(),
    };
    let new = NewStrategy { name: "a".to_owned(), steps: offsets.iter().map(step).collect(), is_default: true };
    Strategy::create(StrategyId::at(now()), new, now()).unwrap()
}

/// The customers that a run would be over, and those that a plan for all customers reminds.
async fn compare(tx: &mut Tx, strategy: &Strategy, as_of: NaiveDate) -> (BTreeSet<CustomerId>, BTreeSet<CustomerId>) {
    let due = db::dunning::customers_due(tx, strategy, as_of).await.unwrap();
    assert!(due.is_sorted());
    let all: Vec<uuid::Uuid> = sqlx::query_scalar("select id from customer").fetch_all(&mut **tx).await.unwrap();
    let all: Vec<CustomerId> = all.into_iter().map(CustomerId::new).collect();
    let plan = plan_for(tx, strategy, as_of, &all).await.unwrap();
    let reminded = plan.customers.into_iter().filter(|(_, planned)| !planned.as_ref().unwrap().is_empty());
    (due.into_iter().collect(), reminded.map(|(customer, _)| customer).collect())
}

async fn run(db: &Db, tenant: TenantId, statement: &'static str) {
    let mut tx = db.begin(tenant).await.unwrap();
    sqlx::query(statement).bind(tenant.uuid()).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_run_is_over_the_customers_that_its_plan_reminds() {
    let db = TestDb::new("collections", &App::migrator()).await;
    let tenant = TenantId::at(now());
    for statement in BOOK {
        run(&db.db, tenant, statement).await;
    }
    let strategies = [strategy(&[-3, 1, 8]), strategy(&[1]), strategy(&[-10, 30]), strategy(&[5, 6, 7])];
    let first = parse_date("2025-12-15").unwrap();
    let (mut some, mut others) = (0, 0);
    for is_paid_for_a_while in [false, true] {
        if is_paid_for_a_while {
            run(&db.db, tenant, PAID_FOR_A_WHILE).await;
        }
        let mut tx = db.db.begin(tenant).await.unwrap();
        for as_of in (0..110).step_by(4).map(|days| first + TimeDelta::days(days)) {
            for strategy in &strategies {
                let (due, reminded) = compare(&mut tx, strategy, as_of).await;
                assert!(due.is_superset(&reminded), "{as_of}: {:?} are left out", reminded.difference(&due));
                assert!(is_paid_for_a_while || due == reminded, "{as_of}: too many: {:?}", due.difference(&reminded));
                some += usize::from(!due.is_empty() && due.len() < 60);
                others += due.len() - reminded.len();
            }
        }
        tx.commit().await.unwrap();
    }
    assert!(some > 100, "only {some} of the dates tell customers apart");
    assert!(others > 0, "no date shows what was paid then");
}
