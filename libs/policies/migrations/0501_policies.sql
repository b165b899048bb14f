-- Policies of a tenant: drafts, and what is or was in force. What is active never changes: another policy of its kind takes its place from a date.
create table policy (
  tenant_id uuid not null,
  id uuid not null,
  kind text collate "C" not null,
  content jsonb not null,
  description text not null,
  number int,
  effective_on date,
  activated_at timestamptz,
  created_at timestamptz not null,
  constraint policy_pkey primary key (tenant_id, id),
  constraint policy_number_key unique (tenant_id, kind, number),
  constraint policy_number_is_positive check (number > 0),
  constraint policy_activation_is_whole check (
    (number is null) = (effective_on is null) and (number is null) = (activated_at is null))
);
create index policy_by_creation on policy (tenant_id, created_at, id);
create index policy_in_force on policy (tenant_id, kind, effective_on, number) where number is not null;
select protect_tenant_table('policy', 'select, insert, update, delete');
