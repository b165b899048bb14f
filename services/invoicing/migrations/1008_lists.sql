-- Lists in the order of a change, of a date or of a name, and search as people type. When a row was changed is stored with it; for what was changed before, the best
-- that is known: its creation, or an item's last entry. The functions fold case and accents: what they return is compared byte by byte.

-- Letters without marks, in lower case; letters that Unicode does not decompose are written out.
create function folded(value text) returns text
  language sql immutable strict parallel safe
  return lower(translate(
    replace(replace(replace(replace(
      regexp_replace(normalize(value, NFKD), '[\u0300-\u036f\u0591-\u05c7\u064b-\u065f]', '', 'g') collate "und-x-icu",
      'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'),
    'ÆŒÞØøŁłĐđÐðıĦħŦŧ', 'æœþoollddddihhtt') collate "und-x-icu");

-- The words of a text, folded, each once and up to 60 letters of it.
create function search_words(value text) returns setof text
  language sql immutable strict parallel safe
begin atomic
  select distinct left(word, 60)
  from regexp_split_to_table(folded(value) collate "und-x-icu", '[^[:alnum:]]+') as word
  where word <> '';
end;

-- A number without case, accents and punctuation.
create function search_key(value text) returns text
  language sql immutable strict parallel safe
  return regexp_replace(folded(value) collate "und-x-icu", '[^[:alnum:]]+', '', 'g');

-- The last digits in a number, without the zeros before them; null where it has none.
create function last_digits(value text) returns text
  language sql immutable strict parallel safe
  return case when value ~ '[0-9]' then coalesce(nullif(ltrim(substring(value from '([0-9]+)[^0-9]*$'), '0'), ''), '0') end;

alter table customer add column updated_at timestamptz;
alter table customer add column name_key text collate "C" generated always as (folded(name)) stored;
alter table invoice add column updated_at timestamptz;
alter table invoice
  add column external_key text collate "C" generated always as (search_key(external_number)) stored,
  add column external_digits text collate "C" generated always as (last_digits(external_number)) stored,
  add column purchase_order_key text collate "C" generated always as (search_key(nullif(purchase_order, ''))) stored,
  add column purchase_order_digits text collate "C" generated always as (last_digits(nullif(purchase_order, ''))) stored;
alter table open_item add column updated_at timestamptz;

create table customer_word (
  tenant_id uuid not null,
  customer_id uuid not null,
  word text collate "C" not null,
  constraint customer_word_pkey primary key (tenant_id, customer_id, word),
  constraint customer_word_customer_exists foreign key (tenant_id, customer_id) references customer (tenant_id, id)
);
create index customer_word_by_word on customer_word (tenant_id, word, customer_id);
select protect_tenant_table('customer_word', 'select, insert, delete');

-- The owner is held to the policies of tenants too, which show it nothing.
alter table customer no force row level security;
alter table customer_word no force row level security;
alter table invoice no force row level security;
alter table open_item no force row level security;
alter table entry no force row level security;
update customer set updated_at = created_at;
insert into customer_word (tenant_id, customer_id, word)
select c.tenant_id, c.id, w.word
from customer c
cross join lateral search_words(c.name || ' ' || coalesce(c.number, '') || ' ' || c.tax_id) as w (word);
update invoice set updated_at = coalesce(issued_at, created_at);
update open_item o
set updated_at = coalesce((select max(e.recorded_at) from entry e where e.tenant_id = o.tenant_id and e.item_id = o.id), now());
alter table customer force row level security;
alter table customer_word force row level security;
alter table invoice force row level security;
alter table open_item force row level security;
alter table entry force row level security;

alter table customer alter column updated_at set not null;
alter table invoice alter column updated_at set not null;
alter table open_item alter column updated_at set not null;

create index customer_by_update on customer (tenant_id, updated_at, id);
create index customer_by_name on customer (tenant_id, name_key, id);
-- An issued invoice changes with its open item; drafts have none.
create index invoice_draft_by_update on invoice (tenant_id, updated_at, id) where state = 'draft';
create index open_item_by_update on open_item (tenant_id, updated_at, id);
create index invoice_by_issue_date on invoice (tenant_id, issued_on, id) where issued_on is not null;
create index invoice_by_due_date on invoice (tenant_id, due_on, id) where due_on is not null;
create index invoice_by_external_key on invoice (tenant_id, external_key) where external_key is not null;
create index invoice_by_external_digits on invoice (tenant_id, external_digits) where external_digits is not null;
drop index invoice_by_purchase_order;
create index invoice_by_purchase_order on invoice (tenant_id, purchase_order_key) where purchase_order_key is not null;
create index invoice_by_purchase_order_digits on invoice (tenant_id, purchase_order_digits) where purchase_order_digits is not null;
create index delivery_by_time on delivery (tenant_id, delivered_at, id);
create index credit_note_by_shared_number on credit_note (tenant_id, id) where shares_number;
create index credit_note_by_issue_date on credit_note (tenant_id, issued_on, id);
create index credit_note_by_issue_time on credit_note (tenant_id, issued_at, id);
