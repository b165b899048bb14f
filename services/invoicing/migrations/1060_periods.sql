-- Accounting periods: up to which day the ledger is closed, which the tenant's row says (every call that adds an entry locks it for a moment), what was closed when,
-- and what was open then.
alter table tenant add column closed_through date;
grant update (closed_through) on tenant to quittance_app;

create table accounting_period (
  tenant_id uuid not null,
  id uuid not null,
  start_on date,
  end_on date not null,
  closed_at timestamptz not null,
  reopened_at timestamptz,
  reopen_reason text,
  constraint accounting_period_pkey primary key (tenant_id, id),
  constraint accounting_period_has_days check (start_on <= end_on),
  constraint accounting_period_reopened_for_a_reason check ((reopened_at is null) = (reopen_reason is null))
);
create unique index accounting_period_start_key on accounting_period (tenant_id, coalesce(start_on, '-infinity')) where reopened_at is null;
create unique index accounting_period_end_key on accounting_period (tenant_id, end_on) where reopened_at is null;
create index accounting_period_by_closing on accounting_period (tenant_id, closed_at, id);
select protect_tenant_table('accounting_period', 'select, insert, update');

create table accounting_period_balance (
  tenant_id uuid not null,
  period_id uuid not null,
  currency text not null,
  items numeric not null,
  credits numeric not null,
  constraint accounting_period_balance_pkey primary key (tenant_id, period_id, currency),
  constraint accounting_period_balance_period_exists foreign key (tenant_id, period_id) references accounting_period (tenant_id, id),
  constraint accounting_period_balance_not_negative check (items >= 0 and credits >= 0)
);
select protect_tenant_table('accounting_period_balance', 'select, insert');
