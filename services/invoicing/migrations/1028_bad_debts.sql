-- Bad debts: what of an item was given up, and what of it was recovered, which is a cache of the entries. The note may be personal data.
create table bad_debt (
  tenant_id uuid not null,
  id uuid not null,
  item_id uuid not null,
  customer_id uuid not null,
  reason text not null,
  note text not null,
  amount numeric not null,
  recovered numeric not null,
  currency text not null,
  effective_on date not null,
  recorded_at timestamptz not null,
  constraint bad_debt_pkey primary key (tenant_id, id),
  constraint bad_debt_item_exists foreign key (tenant_id, item_id) references open_item (tenant_id, id),
  constraint bad_debt_reason_known check (
    reason in ('uncollectible', 'insolvency', 'deceased', 'business_closed', 'limitation', 'fraud', 'settlement', 'cost_exceeds_value')),
  constraint bad_debt_recovered_within check (amount > 0 and recovered between 0 and amount)
);
create index bad_debt_by_time on bad_debt (tenant_id, recorded_at, id);
create index bad_debt_by_customer on bad_debt (tenant_id, customer_id, recorded_at, id);
create index bad_debt_by_item on bad_debt (tenant_id, item_id, recorded_at, id);
select protect_tenant_table('bad_debt', 'select, insert, update');

-- What of an item's write-offs is bad debt; the rest are small differences. What is open follows from the sum of both, as before.
alter table open_item
  add column bad_debt numeric not null default 0,
  add constraint open_item_bad_debt_not_negative check (bad_debt >= 0) not valid;

alter table entry
  drop constraint entry_kind_known,
  add constraint entry_kind_known check (
    kind in ('invoice', 'settlement', 'discount', 'write_off', 'settlement_reversal', 'discount_reversal', 'write_off_reversal', 'bad_debt', 'recovery',
      'credit', 'void')) not valid,
  drop constraint entry_source_known,
  add constraint entry_source_known check (
    (source_kind is null) = (source_id is null)
    and (source_kind is null or source_kind in ('document', 'allocation', 'credit_note', 'bad_debt'))) not valid;
