//! What a customer owes, in a book of some size.

use quittance_db::Tx;
use quittance_kernel::{Currency, CustomerId, TenantId, parse_date};
use quittance_testkit::{TestDb, now};
use sqlx::{AssertSqlSafe, Executor as _};

use super::{CustomerQuery, by_customer, of_customer, total};
use crate::domain::AsOf;

/// 5,000 customers with four items and four payments each, a tenth of the items disputed.
fn book(tenant: TenantId) -> String {
    format!(
        "insert into customer select '{tenant}', md5(n::text)::uuid, n::text, 'Customer ' || n from generate_series(1, 5000) n;
         insert into entry
         select '{tenant}', md5('e' || n)::uuid, 'invoice', md5('i' || n)::uuid, md5((n % 5000 + 1)::text)::uuid,
           case when n % 4 = 0 then 'USD' else 'EUR' end, 100 + n % 7, '2026-01-01', '2026-01-01', '2026-01-31', now(), n
         from generate_series(1, 20000) n;
         insert into cash_entry
         select '{tenant}', md5('c' || n)::uuid, md5('p' || n)::uuid, md5((n % 5000 + 1)::text)::uuid, 'EUR', 10, '2026-02-01', now(), n
         from generate_series(1, 20000) n;
         insert into dispute
         select '{tenant}', md5('d' || n)::uuid, md5('i' || n)::uuid, '2026-01-10', null from generate_series(10, 20000, 10) n;
         analyze"
    )
}

async fn filled(tenant: TenantId) -> TestDb {
    let db = TestDb::new("reporting", &<crate::App as quittance_host::Service>::migrator()).await;
    db.connect_as("quittance_owner").await.execute(AssertSqlSafe(book(tenant))).await.unwrap();
    db
}

/// A day, as known now.
fn as_of(day: &str) -> AsOf {
    AsOf { on: parse_date(day).unwrap(), known_at: None }
}

async fn id_of(tx: &mut Tx, number: i32) -> CustomerId {
    let id = sqlx::query_scalar("select md5($1)::uuid").bind(number.to_string());
    CustomerId::new(id.fetch_one(&mut **tx).await.unwrap())
}

/// Expected figures for [`book`], computed manually: customer 1 has the entries 5000, 10000, 15000 and 20000, all in dollars and disputed, of 102, 104, 106
/// and 101; customer 2 has 1, 5001, 10001 and 15001, in euros, of 101, 103, 105 and 100. All are 30 days past due. Each paid 40 euros on account.
#[tokio::test]
async fn a_customers_balance_has_the_figures_computed_by_hand() {
    let tenant = TenantId::at(now());
    let db = filled(tenant).await;
    let mut tx = db.db.begin(tenant).await.unwrap();
    let mut found = Vec::new();
    for number in [1, 2] {
        let id = id_of(&mut tx, number).await;
        for (currency, row) in of_customer(&mut tx, id, as_of("2026-03-02")).await.unwrap() {
            let aging = row.aging;
            let others = aging.not_due + aging.days_31_to_60 + aging.days_61_to_90 + aging.over_90;
            let sums = [aging.open_total, aging.days_1_to_30, others, aging.disputed, aging.unapplied];
            let sums = sums.map(|sum| sum.normalize().to_string()).join(" ");
            found.push(format!("{number} {currency} {}/{} {sums}", aging.past_due_count, aging.open_count));
        }
    }
    assert_eq!(found, ["1 EUR 0/0 0 0 0 0 40", "1 USD 4/4 413 413 0 413 0", "2 EUR 4/4 409 409 0 0 40"]);
}

/// An extended item is past due by the due date that counted on the day, in every sum.
#[tokio::test]
async fn an_extended_item_is_aged_by_the_due_date_of_the_day() {
    let tenant = TenantId::at(now());
    let db = filled(tenant).await;
    let extended = format!(
        "insert into due_date_extension
         select '{tenant}', md5('x' || n)::uuid, md5('i' || 1)::uuid, date '2026-01-31' + 30 * n, date '2026-02-10' + 20 * n, now(), n
         from generate_series(1, 2) n"
    );
    db.connect_as("quittance_owner").await.execute(AssertSqlSafe(extended)).await.unwrap();
    let mut past_due = Vec::new();
    // Of 101 euros since January 31; due on March 2 from March 2 on, and on April 1 from March 22 on.
    for day in ["2026-03-01", "2026-03-02", "2026-03-03", "2026-03-21", "2026-03-22", "2026-04-01", "2026-04-02"] {
        let as_of = as_of(day);
        let mut tx = db.db.begin_sums(tenant).await.unwrap();
        let id = id_of(&mut tx, 2).await;
        let of_one = of_customer(&mut tx, id, as_of).await.unwrap();
        let query = CustomerQuery { as_of, currency: Currency::EUR, after: None, limit: i64::MAX };
        let listed = by_customer(&mut tx, &query).await.unwrap();
        let of_all = total(&mut tx, Currency::EUR, as_of).await.unwrap();
        let row = listed.iter().find(|row| row.id == id.uuid()).unwrap();
        let (_, one) = of_one.iter().find(|(currency, _)| currency == "EUR").unwrap();
        assert_eq!(format!("{row:?}"), format!("{one:?}"), "{day}");
        assert_eq!(of_all.past_due_count, 15_000 - 4 + one.aging.past_due_count, "{day}");
        past_due.push((one.aging.past_due_count, one.aging.not_due.normalize().to_string()));
    }
    let (all, without) = ((4, "0".to_owned()), (3, "101".to_owned()));
    assert_eq!(past_due, [all.clone(), without.clone(), all.clone(), all.clone(), without.clone(), without, all]);
}

/// Rows that were read, of all tables, and are not reported yet.
async fn rows_read(tx: &mut Tx) -> i64 {
    let query =
        "select coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0)::bigint from pg_stat_xact_user_tables";
    sqlx::query_scalar(query).fetch_one(&mut **tx).await.unwrap()
}

#[tokio::test]
async fn a_customers_balance_is_looked_up_and_equals_the_list() {
    let tenant = TenantId::at(now());
    let db = filled(tenant).await;
    let as_of = as_of("2026-03-02");
    let mut tx = db.db.begin_sums(tenant).await.unwrap();
    let mut listed = Vec::new();
    for currency in [Currency::EUR, Currency::USD] {
        let query = CustomerQuery { as_of, currency, after: None, limit: i64::MAX };
        let rows = by_customer(&mut tx, &query).await.unwrap();
        listed.extend(rows.into_iter().map(|row| (currency.code().to_owned(), row)));
    }
    tx.commit().await.unwrap();
    // As often as it takes until a plan for any customer is tried, with the planner's choice and without it.
    for number in 1..=12 {
        for is_free in [true, false] {
            let tx = if is_free { db.db.begin_sums(tenant).await } else { db.db.begin(tenant).await };
            let mut tx = tx.unwrap();
            if is_free {
                tx.execute("set local plan_cache_mode = auto").await.unwrap();
            }
            let id = id_of(&mut tx, number).await;
            let before = rows_read(&mut tx).await;
            let balances = of_customer(&mut tx, id, as_of).await.unwrap();
            let read = rows_read(&mut tx).await - before;
            assert!(read < 30, "{read} rows");
            assert!(!balances.is_empty());
            let expected: Vec<_> = listed.iter().filter(|(_, row)| row.id == id.uuid()).collect();
            assert_eq!(format!("{balances:?}"), format!("{expected:?}"));
        }
    }
}
