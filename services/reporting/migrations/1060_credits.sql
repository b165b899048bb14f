-- Credits of customers: what moved what remains of them. A credit note recorded before credits were published has none: all of it was applied.
create table credit_entry (
  tenant_id uuid not null,
  entry_id uuid not null,
  event_id uuid not null,
  credit_id uuid not null,
  customer_id uuid not null,
  kind text not null,
  currency text not null,
  amount numeric not null,
  effective_on date not null,
  recorded_at timestamptz not null,
  known_at timestamptz not null,
  position bigint not null,
  constraint credit_entry_pkey primary key (tenant_id, entry_id),
  constraint credit_entry_kind_known check (kind in ('issued', 'applied', 'application_reversal', 'written_off', 'write_off_reversal'))
);
create index credit_entry_as_of on credit_entry (tenant_id, currency, effective_on) include (kind, credit_id, customer_id, amount, known_at);
create index credit_entry_by_customer on credit_entry (tenant_id, customer_id, currency, effective_on) include (amount, known_at);
select protect_tenant_table('credit_entry', 'select, insert, delete');

-- Credits that were on account pay items, and the application of any credit can be reversed.
alter table entry
  drop constraint entry_kind_known,
  add constraint entry_kind_known check (
    kind in ('invoice', 'settlement', 'discount', 'write_off', 'settlement_reversal', 'discount_reversal', 'write_off_reversal', 'bad_debt', 'recovery',
      'credit', 'credit_applied', 'credit_reversal', 'void')) not valid;
