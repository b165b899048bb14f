-- Bank files as they came, and the lines that became payments. A line is known by its account, its fingerprint and how many equal ones stand before it,
-- so a file that is imported again adds nothing.
create table bank_import (
  tenant_id uuid not null,
  id uuid not null,
  file_name text not null,
  sha256 bytea not null,
  content bytea not null,
  account text not null,
  new_lines int not null,
  known_lines int not null,
  ignored_lines int not null,
  problem_lines bigint[] not null,
  problem_reasons text[] not null,
  problem_descriptions text[] not null,
  imported_at timestamptz not null,
  constraint bank_import_pkey primary key (tenant_id, id)
);
select protect_tenant_table('bank_import', 'select, insert');

-- No foreign keys: lines are claimed first, and what they belong to is written in the same transaction.
create table bank_line (
  tenant_id uuid not null,
  account text not null,
  fingerprint bytea not null,
  occurrence int not null,
  import_id uuid not null,
  payment_id uuid not null,
  line bigint not null,
  booked_on date not null,
  reference text not null,
  constraint bank_line_pkey primary key (tenant_id, account, fingerprint, occurrence)
);
create index bank_line_by_import on bank_line (tenant_id, import_id);
select protect_tenant_table('bank_line', 'select, insert');
