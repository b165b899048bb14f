//! What PostgreSQL alone does with the same rows: no row-level security, no gRPC, no rules.

use std::time::Instant;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, PgPool, postgres::PgPoolOptions};
use uuid::Uuid;

use crate::{BATCH, CONCURRENT, LINES, concurrently, goes_on, one_round};

/// About as much as the event of an issued invoice and its answer.
const PAYLOAD: [u8; 600] = [7; 600];

/// The raw tables.
#[derive(Debug)]
pub(crate) struct Raw {
    pool: PgPool,
}

impl Raw {
    /// Makes the tables in a database of their own.
    pub(crate) async fn prepare(url: &str) -> anyhow::Result<Self> {
        let options: sqlx::postgres::PgConnectOptions = url.parse()?;
        let mut conn = PgConnection::connect_with(&options).await?;
        conn.execute("create database raw").await?;
        let pool = PgPoolOptions::new()
            .max_connections(u32::try_from(CONCURRENT)?)
            .connect_with(options.database("raw"))
            .await?;
        pool.execute(
            "create table counter (id int primary key, next bigint not null) with (fillfactor = 40);
             insert into counter values (1, 1);
             create table invoice (tenant_id uuid, id uuid, customer_id uuid, number text, currency text, issued_on date, due_on date, total numeric,
               state text, primary key (tenant_id, id));
             create table line (tenant_id uuid, invoice_id uuid, place int, description text, quantity numeric, unit_price numeric, tax_rate numeric,
               net numeric, primary key (tenant_id, invoice_id, place));
             create table payment (tenant_id uuid, id uuid, customer_id uuid, amount numeric, received_on date, payer_name text, payer_account text,
               text text, applied numeric, primary key (tenant_id, id));
             create table allocation (tenant_id uuid, id uuid, payment_id uuid, item_id uuid, amount numeric, state text, primary key (tenant_id, id));
             create table settlement (tenant_id uuid, id uuid, item_id uuid, amount numeric, effective_on date, primary key (tenant_id, id));
             create table entry (tenant_id uuid, id uuid, item_id uuid, amount numeric, primary key (tenant_id, id));
             create table outbox (id bigint generated always as identity primary key, tenant_id uuid, event_id uuid, payload bytea)",
        )
        .await?;
        Ok(Self { pool })
    }

    /// One transaction per invoice with one counter row, in as few round trips as it takes: the counter, all rows in one statement, the commit.
    pub(crate) async fn singles(&self) -> anyhow::Result<f64> {
        let started = Instant::now();
        concurrently(CONCURRENT, |_| {
            let pool = self.pool.clone();
            async move {
                let mut count = 0;
                while goes_on(started) {
                    let mut tx = pool.begin().await?;
                    let number: i64 =
                        sqlx::query_scalar("update counter set next = next + 1 where id = 1 returning next")
                            .fetch_one(&mut *tx)
                            .await?;
                    insert(&mut tx, 1, number).await?;
                    tx.commit().await?;
                    count += 1;
                }
                Ok(count)
            }
        })
        .await
    }

    /// Multi-row inserts of the same rows.
    pub(crate) async fn batches(&self) -> anyhow::Result<f64> {
        one_round(|| async {
            let mut tx = self.pool.begin().await?;
            insert(&mut tx, BATCH, 1).await?;
            tx.commit().await?;
            Ok(BATCH)
        })
        .await
    }
}

impl Raw {
    /// Multi-row inserts of what a matched payment is in both services: payment, allocation, settlement, entry, 3 events.
    pub(crate) async fn matched_batches(&self) -> anyhow::Result<f64> {
        one_round(|| async {
            let mut tx = self.pool.begin().await?;
            insert_matched(&mut tx, BATCH).await?;
            tx.commit().await?;
            Ok(BATCH)
        })
        .await
    }
}

async fn insert_matched(conn: &mut PgConnection, count: usize) -> anyhow::Result<()> {
    let tenant = Uuid::from_u128(1);
    let ids: Vec<Uuid> =
        (0..count).map(|_| quittance_kernel::PaymentId::at(quittance_kernel::Clock::system().now()).uuid()).collect();
    let of_event: Vec<Uuid> = ids.iter().flat_map(|id| [*id; 3]).collect();
    let payloads: Vec<&[u8]> = vec![PAYLOAD.get(..300).unwrap_or(&PAYLOAD); 3 * count];
    let statement = "with p as (
           insert into payment select $1, id, $1, $3, $2, 'Nordwind GmbH', 'DE12500105170000000001', 'Invoice INV-000001 thank you', $3
           from unnest($4::uuid[]) as v (id)
         ), a as (
           insert into allocation select $1, id, id, id, $3, 'applied' from unnest($4::uuid[]) as v (id)
         ), s as (
           insert into settlement select $1, id, id, $3, $2 from unnest($4::uuid[]) as v (id)
         ), e as (
           insert into entry select $1, id, id, $3 from unnest($4::uuid[]) as v (id)
         )
         insert into outbox (tenant_id, event_id, payload) select $1, id, payload from unnest($5::uuid[], $6::bytea[]) as v (id, payload)";
    sqlx::query(AssertSqlSafe(statement))
        .bind(tenant)
        .bind(NaiveDate::default())
        .bind(Decimal::new(11_900, 2))
        .bind(&ids)
        .bind(&of_event)
        .bind(&payloads)
        .execute(conn)
        .await?;
    Ok(())
}

async fn insert(conn: &mut PgConnection, count: usize, first: i64) -> anyhow::Result<()> {
    let tenant = Uuid::from_u128(1);
    let ids: Vec<Uuid> =
        (0..count).map(|_| quittance_kernel::InvoiceId::at(quittance_kernel::Clock::system().now()).uuid()).collect();
    let numbers: Vec<String> = (first..).take(count).map(|n| format!("INV-{n:06}")).collect();
    let day = NaiveDate::default();
    let of_line: Vec<Uuid> = ids.iter().flat_map(|id| [*id; LINES]).collect();
    let places: Vec<i32> = (0..count).flat_map(|_| 1..=i32::try_from(LINES).unwrap_or(1)).collect();
    let payloads: Vec<&[u8]> = vec![&PAYLOAD; count];
    let statement = "with i as (
           insert into invoice select $1, id, $1, number, 'EUR', $2, $2, $3, 'issued' from unnest($4::uuid[], $5::text[]) as v (id, number)
         ), l as (
           insert into line select $1, id, place, 'Consulting services', 1.5, $3, 19, $3 from unnest($6::uuid[], $7::int[]) as v (id, place)
         )
         insert into outbox (tenant_id, event_id, payload) select $1, id, payload from unnest($4::uuid[], $8::bytea[]) as v (id, payload)";
    sqlx::query(AssertSqlSafe(statement))
        .bind(tenant)
        .bind(day)
        .bind(Decimal::new(11_900, 2))
        .bind(&ids)
        .bind(&numbers)
        .bind(&of_line)
        .bind(&places)
        .bind(&payloads)
        .execute(conn)
        .await?;
    Ok(())
}
