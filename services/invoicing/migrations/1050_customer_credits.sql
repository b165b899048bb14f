-- Credits of customers: what a credit note is worth, and what it was used for. What remains is on account, a cache of the entries. Credit notes of before were
-- applied to their invoice whole: their credits have an issue and one application for each item.
create table customer_credit (
  tenant_id uuid not null,
  id uuid not null,
  customer_id uuid not null,
  number text not null,
  currency text not null,
  issued_on date not null,
  amount numeric not null,
  applied numeric not null,
  written_off numeric not null,
  remains boolean not null generated always as (amount <> applied + written_off) stored,
  updated_at timestamptz not null,
  constraint customer_credit_pkey primary key (tenant_id, id),
  constraint customer_credit_used_within check (amount > 0 and applied >= 0 and written_off >= 0 and applied + written_off <= amount)
);
create index customer_credit_by_issue on customer_credit (tenant_id, issued_on, id) where remains;
create index customer_credit_by_customer on customer_credit (tenant_id, customer_id, issued_on, id) where remains;
create index customer_credit_by_update on customer_credit (tenant_id, updated_at, id);
create index customer_credit_by_customer_update on customer_credit (tenant_id, customer_id, updated_at, id);
select protect_tenant_table('customer_credit', 'select, insert, update');

create table customer_credit_entry (
  tenant_id uuid not null,
  credit_id uuid not null,
  id uuid not null,
  customer_id uuid not null,
  kind text not null,
  amount numeric not null,
  currency text not null,
  item_id uuid,
  reverses_id uuid,
  effective_on date not null,
  dated_on date,
  recorded_at timestamptz not null,
  actor text,
  on_behalf_of text,
  request_id uuid,
  reason text,
  constraint customer_credit_entry_pkey primary key (tenant_id, credit_id, id),
  constraint customer_credit_entry_credit_exists foreign key (tenant_id, credit_id) references customer_credit (tenant_id, id),
  constraint customer_credit_entry_reversed_key unique (tenant_id, reverses_id),
  constraint customer_credit_entry_kind_known check (kind in ('issued', 'applied', 'application_reversal', 'written_off', 'write_off_reversal')),
  constraint customer_credit_entry_direction check ((kind in ('applied', 'written_off')) = (amount < 0) and amount <> 0),
  constraint customer_credit_entry_of_item check ((kind in ('applied', 'application_reversal')) = (item_id is not null)),
  constraint customer_credit_entry_reverses check ((kind in ('application_reversal', 'write_off_reversal')) = (reverses_id is not null)),
  constraint customer_credit_entry_counts_after_its_date check (dated_on < effective_on)
);
create index customer_credit_entry_by_customer on customer_credit_entry (tenant_id, customer_id, currency, effective_on);
select protect_tenant_table('customer_credit_entry', 'select, insert');

alter table customer_credit no force row level security;
alter table customer_credit_entry no force row level security;
alter table credit_note no force row level security;
alter table invoice no force row level security;
alter table open_item no force row level security;
alter table entry no force row level security;
insert into customer_credit (tenant_id, id, customer_id, number, currency, issued_on, amount, applied, written_off, updated_at)
select c.tenant_id, c.id, c.customer_id, c.number, i.currency, c.issued_on, c.total, c.total, 0, c.issued_at
from credit_note c
join invoice i on i.tenant_id = c.tenant_id and i.id = c.invoice_id;
insert into customer_credit_entry
  (tenant_id, credit_id, id, customer_id, kind, amount, currency, item_id, effective_on, dated_on, recorded_at, actor, on_behalf_of, request_id, reason)
select c.tenant_id, c.id, c.id, c.customer_id, 'issued', c.amount, c.currency, null, c.issued_on, null, c.updated_at, null, null, null, null
from customer_credit c
union all
select c.tenant_id, c.id, e.id, c.customer_id, 'applied', e.amount, e.currency, e.item_id, e.effective_on, e.dated_on, e.recorded_at, e.actor,
  e.on_behalf_of, e.request_id, e.reason
from credit_note c
join open_item o on o.tenant_id = c.tenant_id and (o.id = c.invoice_id or o.document_id = c.invoice_id)
join entry e on e.tenant_id = c.tenant_id and e.item_id = o.id and e.kind = 'credit' and coalesce(e.source_id, c.id) = c.id;
alter table customer_credit force row level security;
alter table customer_credit_entry force row level security;
alter table credit_note force row level security;
alter table invoice force row level security;
alter table open_item force row level security;
alter table entry force row level security;

alter table entry
  drop constraint entry_kind_known,
  add constraint entry_kind_known check (
    kind in ('invoice', 'settlement', 'discount', 'write_off', 'settlement_reversal', 'discount_reversal', 'write_off_reversal', 'bad_debt', 'recovery',
      'credit', 'credit_reversal', 'void')) not valid;
