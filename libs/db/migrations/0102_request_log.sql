-- What makes a repeated call harmless: the answer, kept in the transaction that had the effect.
create table request_log (
  tenant_id uuid not null,
  request_id uuid not null,
  command_hash bytea not null,
  answer bytea not null,
  answered_at timestamptz not null,
  constraint request_log_pkey primary key (tenant_id, request_id)
);
create index request_log_age on request_log using brin (answered_at);
select protect_tenant_table('request_log', 'select, insert');
select open_to_system('request_log', 'select, delete');
