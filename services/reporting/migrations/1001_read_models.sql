-- Read models of every service's events. What moved is kept as entries with the day it counts and the time it was known, so that every report can be
-- made for any day. Nothing here is the truth: all of it can be rebuilt from the events.
create table tenant (
  tenant_id uuid not null,
  name text not null,
  time_zone text not null,
  base_currency text not null,
  constraint tenant_pkey primary key (tenant_id)
);
select protect_tenant_table('tenant', 'select, insert');

create table customer (
  tenant_id uuid not null,
  id uuid not null,
  number text not null,
  name text not null,
  constraint customer_pkey primary key (tenant_id, id)
);
select protect_tenant_table('customer', 'select, insert, update');

create table currency (
  tenant_id uuid not null,
  code text not null,
  constraint currency_pkey primary key (tenant_id, code)
);
select protect_tenant_table('currency', 'select, insert');

create table item (
  tenant_id uuid not null,
  id uuid not null,
  customer_id uuid not null,
  number text not null,
  currency text not null,
  total numeric not null,
  issued_on date not null,
  due_on date not null,
  constraint item_pkey primary key (tenant_id, id)
);
select protect_tenant_table('item', 'select, insert');

-- What moved open items. Customer, issue and due date are copied from the item, so that aging reads one index and nothing else.
create table entry (
  tenant_id uuid not null,
  event_id uuid not null,
  kind text not null,
  item_id uuid not null,
  customer_id uuid not null,
  currency text not null,
  amount numeric not null,
  effective_on date not null,
  issued_on date not null,
  due_on date not null,
  recorded_at timestamptz not null,
  position bigint not null,
  constraint entry_pkey primary key (tenant_id, event_id, kind),
  constraint entry_kind_known check (
    kind in ('invoice', 'settlement', 'discount', 'settlement_reversal', 'discount_reversal', 'credit', 'void'))
);
create index entry_as_of on entry (tenant_id, currency, effective_on) include (kind, item_id, customer_id, issued_on, due_on, amount);
create index entry_by_customer on entry (tenant_id, customer_id, currency, effective_on) include (item_id, due_on, amount);
select protect_tenant_table('entry', 'select, insert');

create table payment (
  tenant_id uuid not null,
  id uuid not null,
  customer_id uuid,
  currency text not null,
  amount numeric not null,
  received_on date not null,
  constraint payment_pkey primary key (tenant_id, id)
);
select protect_tenant_table('payment', 'select, insert');

-- What moved unapplied money.
create table cash_entry (
  tenant_id uuid not null,
  event_id uuid not null,
  payment_id uuid not null,
  customer_id uuid,
  currency text not null,
  amount numeric not null,
  effective_on date not null,
  recorded_at timestamptz not null,
  position bigint not null,
  constraint cash_entry_pkey primary key (tenant_id, event_id)
);
create index cash_entry_as_of on cash_entry (tenant_id, currency, effective_on) include (customer_id, amount);
select protect_tenant_table('cash_entry', 'select, insert');

-- What each side says of an allocation: invoicing that it settled, payments that it applied. The two must agree to the cent.
create table allocation_side (
  tenant_id uuid not null,
  allocation_id uuid not null,
  event_id uuid not null,
  side text not null,
  item_id uuid not null,
  amount numeric not null,
  recorded_at timestamptz not null,
  constraint allocation_side_pkey primary key (tenant_id, allocation_id, event_id),
  constraint allocation_side_known check (side in ('invoicing', 'payments'))
);
select protect_tenant_table('allocation_side', 'select, insert');

create table dispute (
  tenant_id uuid not null,
  id uuid not null,
  item_id uuid not null,
  opened_on date not null,
  resolved_on date,
  constraint dispute_pkey primary key (tenant_id, id)
);
create index dispute_by_item on dispute (tenant_id, item_id);
select protect_tenant_table('dispute', 'select, insert, update');
