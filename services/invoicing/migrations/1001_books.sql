-- The seller and what its documents rest on: tenants, series of numbers, terms, customers.
create table tenant (
  tenant_id uuid not null,
  name text not null,
  address_lines text[] not null,
  postal_code text not null,
  city text not null,
  country_code text not null,
  tax_id text not null,
  base_currency text not null,
  time_zone text not null,
  enquiries_name text not null,
  enquiries_email text not null,
  enquiries_phone text not null,
  late_payment_consequences text not null,
  bank_account text not null,
  terms_and_conditions text not null,
  rounding_scope text not null,
  rounding_mode text not null,
  created_at timestamptz not null,
  constraint tenant_pkey primary key (tenant_id)
);
select protect_tenant_table('tenant', 'select, insert');
select open_to_system('tenant', 'select');

-- The counter row of each series. Its lock is held from taking a number to the commit, which is what makes numbers gapless.
create table series (
  tenant_id uuid not null,
  id uuid not null,
  code text not null,
  kind text not null,
  prefix text not null,
  min_digits int not null,
  next_number bigint not null,
  last_issued_on date,
  constraint series_pkey primary key (tenant_id, id),
  constraint series_code_key unique (tenant_id, code),
  constraint series_kind_known check (kind in ('invoice', 'credit_note', 'external')),
  constraint series_next_number_positive check (next_number > 0)
) with (fillfactor = 40);
select protect_tenant_table('series', 'select, insert, update');

create table terms (
  tenant_id uuid not null,
  id uuid not null,
  code text not null,
  terms text not null,
  constraint terms_pkey primary key (tenant_id, id),
  constraint terms_code_key unique (tenant_id, code)
);
select protect_tenant_table('terms', 'select, insert');

create table customer (
  tenant_id uuid not null,
  id uuid not null,
  number text,
  name text not null,
  address_lines text[] not null,
  postal_code text not null,
  city text not null,
  country_code text not null,
  tax_id text not null,
  terms_id uuid,
  bank_accounts text[] not null,
  version int not null,
  created_at timestamptz not null,
  constraint customer_pkey primary key (tenant_id, id),
  constraint customer_number_key unique (tenant_id, number),
  constraint customer_terms_exist foreign key (tenant_id, terms_id) references terms (tenant_id, id)
);
select protect_tenant_table('customer', 'select, insert, update');

create table contact (
  tenant_id uuid not null,
  customer_id uuid not null,
  id uuid not null,
  place int not null,
  name text not null,
  email text not null,
  phone text not null,
  pays_invoices boolean not null,
  constraint contact_pkey primary key (tenant_id, customer_id, id),
  constraint contact_customer_exists foreign key (tenant_id, customer_id) references customer (tenant_id, id)
);
select protect_tenant_table('contact', 'select, insert, delete');
