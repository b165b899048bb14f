-- Calls that wait for a second person: the request as it was sent, who sent it, and what was decided. The one who approves is another person than the one who
-- requested, which the table holds too.
create table approval (
  tenant_id uuid not null,
  id uuid not null,
  method text collate "C" not null,
  subject text collate "C" not null,
  customer_id uuid,
  request bytea not null,
  amount numeric,
  threshold numeric,
  currency text,
  policy_id uuid not null,
  reason text not null,
  requested_by text not null,
  requested_on_behalf_of text,
  request_id uuid,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  decision text,
  decided_by text,
  decided_on_behalf_of text,
  decided_at timestamptz,
  note text,
  result text,
  constraint approval_pkey primary key (tenant_id, id),
  constraint approval_expires_later check (expires_at > created_at),
  constraint approval_amount_has_currency check ((amount is null) = (currency is null)),
  constraint approval_threshold_has_amount check (threshold is null or threshold < amount),
  constraint approval_decision_is_known check (decision in ('approved', 'rejected')),
  constraint approval_decision_is_whole check (
    (decision is null) = (decided_at is null) and (decision is null) = (decided_by is null) and (decision is null) = (note is null)
    and (decided_on_behalf_of is null or decided_by is not null)),
  constraint approval_result_is_of_approved check ((result is not null) = coalesce(decision = 'approved', false)),
  constraint approval_has_two_people check (
    decision is distinct from 'approved' or coalesce(decided_on_behalf_of, decided_by) <> coalesce(requested_on_behalf_of, requested_by)),
  constraint approval_decided_in_time check (decision is distinct from 'approved' or decided_at < expires_at)
);
create index approval_by_creation on approval (tenant_id, created_at, id);
create index approval_pending on approval (tenant_id, created_at, id) where decision is null;
create index approval_by_subject on approval (tenant_id, subject, created_at, id);
select protect_tenant_table('approval', 'select, insert, update');
