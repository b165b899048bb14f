-- What is owed. The balances of an open item are a cache of its entries, written in the same transaction and recomputed by VerifyLedger. Entries,
-- settlements and reversals are only ever added.
create table open_item (
  tenant_id uuid not null,
  id uuid not null,
  customer_id uuid not null,
  number text not null,
  currency text not null,
  issued_on date not null,
  due_on date not null,
  terms text not null,
  total numeric not null,
  settled numeric not null,
  discounted numeric not null,
  credited numeric not null,
  voided numeric not null,
  is_open boolean not null generated always as (total <> settled + discounted + credited + voided) stored,
  disputed boolean not null,
  constraint open_item_pkey primary key (tenant_id, id),
  constraint open_item_never_negative check (settled >= 0 and discounted >= 0 and credited >= 0 and voided >= 0),
  constraint open_item_never_overpaid check (total >= settled + discounted + credited + voided)
) with (fillfactor = 80);
create index open_item_by_due_date on open_item (tenant_id, due_on, id) where is_open;
create index open_item_by_customer on open_item (tenant_id, customer_id, due_on, id) where is_open;
select protect_tenant_table('open_item', 'select, insert, update');

create table entry (
  tenant_id uuid not null,
  item_id uuid not null,
  id uuid not null,
  customer_id uuid not null,
  kind text not null,
  amount numeric not null,
  currency text not null,
  effective_on date not null,
  recorded_at timestamptz not null,
  constraint entry_pkey primary key (tenant_id, item_id, id),
  constraint entry_kind_known check (
    kind in ('invoice', 'settlement', 'discount', 'settlement_reversal', 'discount_reversal', 'credit', 'void')),
  constraint entry_moves_something check (amount <> 0)
);
create index entry_by_customer on entry (tenant_id, customer_id, effective_on);
select protect_tenant_table('entry', 'select, insert');

-- One allocation settles once, whatever is repeated.
create table settlement (
  tenant_id uuid not null,
  allocation_id uuid not null,
  item_id uuid not null,
  payment_id uuid not null,
  amount numeric not null,
  discount numeric,
  currency text not null,
  effective_on date not null,
  recorded_at timestamptz not null,
  constraint settlement_allocation_key primary key (tenant_id, allocation_id),
  constraint settlement_positive check (amount > 0 and discount > 0)
);
create index settlement_by_item on settlement (tenant_id, item_id);
select protect_tenant_table('settlement', 'select, insert');

create table reversal (
  tenant_id uuid not null,
  allocation_id uuid not null,
  effective_on date not null,
  reason text not null,
  recorded_at timestamptz not null,
  constraint reversal_allocation_key primary key (tenant_id, allocation_id),
  constraint reversal_settlement_exists foreign key (tenant_id, allocation_id) references settlement (tenant_id, allocation_id)
);
select protect_tenant_table('reversal', 'select, insert');
