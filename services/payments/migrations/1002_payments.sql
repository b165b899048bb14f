-- Money that came in, and what it pays. The three parts of a payment are a cache of its allocations, written in the same transaction and recomputed
-- by VerifyLedger.
create table payment (
  tenant_id uuid not null,
  id uuid not null,
  customer_id uuid,
  currency text not null,
  amount numeric not null,
  received_on date not null,
  method text not null,
  payer_name text not null,
  payer_account text not null,
  text text not null,
  external_reference text,
  applied numeric not null,
  pending numeric not null,
  unapplied numeric not null,
  has_unapplied boolean not null generated always as (unapplied <> 0) stored,
  match_rule text,
  evidence text[] not null,
  unapplied_reason text,
  -- A person applied or took back: matching leaves it alone.
  by_hand boolean not null,
  -- How often invoicing refused what matching found.
  refusals int not null,
  -- When matching is to look again.
  match_due_at timestamptz,
  version int not null,
  recorded_at timestamptz not null,
  constraint payment_pkey primary key (tenant_id, id),
  constraint payment_external_reference_key unique (tenant_id, external_reference),
  constraint payment_adds_up check (amount = applied + pending + unapplied),
  constraint payment_never_negative check (amount > 0 and applied >= 0 and pending >= 0 and unapplied >= 0),
  constraint payment_method_known check (method in ('transfer', 'card', 'check', 'direct_debit', 'cash', 'electronic'))
) with (fillfactor = 70);
create index payment_by_customer on payment (tenant_id, customer_id, id);
create index payment_unapplied on payment (tenant_id, id) where has_unapplied;
create index payment_match_due on payment (match_due_at) where match_due_at is not null;
select protect_tenant_table('payment', 'select, insert, update');
select open_to_system('payment', 'select');

create table allocation (
  tenant_id uuid not null,
  id uuid not null,
  batch_id uuid not null,
  payment_id uuid not null,
  item_id uuid not null,
  customer_id uuid not null,
  number text not null,
  currency text not null,
  amount numeric not null,
  discount numeric,
  effective_on date not null,
  state text not null,
  rule text not null,
  reversal_batch_id uuid,
  reversed_on date,
  reason text,
  -- When it got its state: one that waits for invoicing for long is asked for again.
  decided_at timestamptz not null,
  constraint allocation_pkey primary key (tenant_id, id),
  constraint allocation_payment_exists foreign key (tenant_id, payment_id) references payment (tenant_id, id),
  constraint allocation_state_known check (state in ('pending', 'applied', 'rejected', 'reversing', 'reversed')),
  constraint allocation_positive check (amount > 0 and discount > 0)
) with (fillfactor = 70);
create index allocation_by_payment on allocation (tenant_id, payment_id, id);
create index allocation_by_item on allocation (tenant_id, item_id);
create index allocation_by_batch on allocation (tenant_id, batch_id, id);
create index allocation_by_reversal on allocation (tenant_id, reversal_batch_id, id) where reversal_batch_id is not null;
create index allocation_unfinished on allocation (decided_at) where state in ('pending', 'reversing');
select protect_tenant_table('allocation', 'select, insert, update');
select open_to_system('allocation', 'select');

-- What would make an unapplied payment worth another look: numbers and references its text may name, its payer's account, its customer. An event
-- about one of them finds exactly the payments that wait for it, however many others do.
create table sought_key (
  tenant_id uuid not null,
  key text not null,
  payment_id uuid not null,
  constraint sought_key_pkey primary key (tenant_id, key, payment_id)
);
create index sought_key_by_payment on sought_key (tenant_id, payment_id);
select protect_tenant_table('sought_key', 'select, insert, delete');
