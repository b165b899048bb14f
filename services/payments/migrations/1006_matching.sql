-- Matching finds documents however people and banks write their numbers, payers by name, and leaves what is not certain to people.

-- All digits of the number without leading zeros, and the same with every run's leading zeros gone; of a number without digits its letters. Just as
-- the engine reads numbers in a text.
alter table open_item
  add column key_whole text not null generated always as (
    case when number ~ '[0-9]' then coalesce(nullif(ltrim(regexp_replace(number, '[^0-9]', '', 'g'), '0'), ''), '0')
    else upper(regexp_replace(number, '[^[:alnum:]]', '', 'g')) end) stored,
  add column key_short text not null generated always as (
    case when number ~ '[0-9]' then regexp_replace(regexp_replace(number, '(^|[^0-9])0+(?=[0-9])', '\1', 'g'), '[^0-9]', '', 'g')
    else upper(regexp_replace(number, '[^[:alnum:]]', '', 'g')) end) stored;
create index open_item_by_key_whole on open_item (tenant_id, key_whole);
create index open_item_by_key_short on open_item (tenant_id, key_short) where key_short <> key_whole;
drop index open_item_by_number;

-- The name without accents, punctuation and legal form; null until the customer is told again or the projection is rebuilt.
alter table customer add column name_core text collate "C";
create index customer_by_name_core on customer (tenant_id, name_core);

-- Accounts and names that a person's choice has taught, one row per payment that taught it: taken back with the payment.
create table payer_alias (
  tenant_id uuid not null,
  kind text not null,
  key text not null,
  customer_id uuid not null,
  payment_id uuid not null,
  learned_at timestamptz not null,
  constraint payer_alias_pkey primary key (tenant_id, kind, key, customer_id, payment_id),
  constraint payer_alias_payment_exists foreign key (tenant_id, payment_id) references payment (tenant_id, id),
  constraint payer_alias_kind_known check (kind in ('account', 'name')),
  constraint payer_alias_key_given check (key <> '')
);
create index payer_alias_by_payment on payer_alias (tenant_id, payment_id);
create index payer_alias_by_customer on payer_alias (tenant_id, customer_id);
select protect_tenant_table('payer_alias', 'select, insert, delete');

-- What the tenant tolerates. No row: nothing.
create table matching_policy (
  tenant_id uuid not null,
  grace_days int not null,
  accept_late_discount boolean not null,
  fallback text not null,
  version int not null,
  constraint matching_policy_pkey primary key (tenant_id),
  constraint matching_policy_grace_within_a_year check (grace_days between 0 and 366),
  constraint matching_policy_fallback_known check (fallback in ('on_account', 'oldest_first'))
);
select protect_tenant_table('matching_policy', 'select, insert, update');

create table tolerance (
  tenant_id uuid not null,
  currency text not null,
  percent numeric not null,
  cap numeric not null,
  constraint tolerance_pkey primary key (tenant_id, currency),
  constraint tolerance_percent_in_range check (percent >= 0 and percent <= 100),
  constraint tolerance_cap_not_negative check (cap >= 0)
);
select protect_tenant_table('tolerance', 'select, insert, delete');

-- Customers whose small differences are not tolerated.
create table tolerance_block (
  tenant_id uuid not null,
  customer_id uuid not null,
  constraint tolerance_block_pkey primary key (tenant_id, customer_id)
);
select protect_tenant_table('tolerance_block', 'select, insert, delete');

-- What a person chooses from: the explanations of a payment that were not certain, the likelier first.
create table match_review (
  tenant_id uuid not null,
  payment_id uuid not null,
  alternatives jsonb not null,
  proposed_at timestamptz not null,
  constraint match_review_pkey primary key (tenant_id, payment_id),
  constraint match_review_payment_exists foreign key (tenant_id, payment_id) references payment (tenant_id, id)
);
select protect_tenant_table('match_review', 'select, insert, update, delete');

alter table allocation
  add column write_off numeric,
  add column write_off_reason text,
  add constraint allocation_write_off_has_reason check ((write_off is null) = (write_off_reason is null)),
  add constraint allocation_write_off_small check (write_off <> 0 and abs(write_off) < amount);

-- The same payment again: by who paid and when.
create index payment_by_payer on payment (tenant_id, payer_account, received_on) where payer_account <> '';

-- What came together in one entry of a bank's file; null: the payment came by itself.
alter table payment
  add column envelope_id uuid,
  -- Documents that structured remittance information names, with what is paid on each.
  add column advice jsonb not null default '[]';
create index payment_by_envelope on payment (tenant_id, envelope_id) where envelope_id is not null;

-- Entries of bank files, each known by all that it says and by how many equal ones stand before it on its day, and, where the bank gives it a
-- reference, by that: the same entry may come in a notification before it comes in a statement, and in other words.
create table bank_entry (
  tenant_id uuid not null,
  account text not null,
  fingerprint bytea not null,
  occurrence int not null,
  -- What its payments have in common.
  id uuid not null,
  import_id uuid not null,
  line bigint not null,
  booked_on date not null,
  -- Account, day, amount and the bank's reference; null where the bank gives none.
  bank_key bytea,
  -- Statements book what notifications told.
  source text not null,
  constraint bank_entry_pkey primary key (tenant_id, account, fingerprint, occurrence),
  constraint bank_entry_id_key unique (tenant_id, id),
  constraint bank_entry_source_known check (source in ('statement', 'notification'))
);
create index bank_entry_by_import on bank_entry (tenant_id, import_id);
create index bank_entry_by_bank_key on bank_entry (tenant_id, account, bank_key) where bank_key is not null;
select protect_tenant_table('bank_entry', 'select, insert');

-- What a file of the bank's own format says of itself; empty for csv.
alter table bank_import
  add column format text not null default 'csv',
  add column statements jsonb not null default '[]',
  add column suspicious jsonb not null default '[]';
