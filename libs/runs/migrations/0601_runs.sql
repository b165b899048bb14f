-- Work over many resources: what was started by whom, and an item for each resource. Items are worked off in batches, each in one transaction with what it does and with
-- the counts of its run: however often a batch is interrupted, no item is done twice.
create table run (
  tenant_id uuid not null,
  id uuid not null,
  method text collate "C" not null,
  request bytea not null,
  as_of date not null,
  subjects text not null,
  state text not null,
  total int not null,
  done int not null,
  skipped int not null,
  failed int not null,
  started_by text,
  started_on_behalf_of text,
  request_id uuid,
  created_at timestamptz not null,
  ended_at timestamptz,
  constraint run_pkey primary key (tenant_id, id),
  constraint run_state_is_known check (state in ('running', 'finished', 'cancelled')),
  constraint run_counts_are_counts check (total >= 0 and done >= 0 and skipped >= 0 and failed >= 0 and done + skipped + failed <= total),
  constraint run_finished_is_whole check (state = 'cancelled' or (state = 'finished') = (done + skipped + failed = total)),
  constraint run_ended_has_time check ((state = 'running') = (ended_at is null)),
  constraint run_caller_is_whole check (started_on_behalf_of is null or started_by is not null)
);
create index run_by_creation on run (tenant_id, created_at, id);
create index run_running on run (tenant_id, created_at, id) where state = 'running';
select protect_tenant_table('run', 'select, insert, update');
-- Reconcilers look for the tenants whose runs have items left.
select open_to_system('run', 'select');

create table run_item (
  tenant_id uuid not null,
  run_id uuid not null,
  subject_id uuid not null,
  state text collate "C" not null,
  reason text,
  message text,
  ended_at timestamptz,
  constraint run_item_pkey primary key (tenant_id, run_id, subject_id),
  constraint run_item_run_exists foreign key (tenant_id, run_id) references run (tenant_id, id),
  constraint run_item_state_is_known check (state in ('pending', 'done', 'skipped', 'failed')),
  constraint run_item_ended_has_time check ((state = 'pending') = (ended_at is null)),
  constraint run_item_failed_has_reason check ((state = 'failed') = (reason is not null) and (state = 'failed') = (message is not null))
);
create index run_item_by_state on run_item (tenant_id, run_id, state, subject_id);
select protect_tenant_table('run_item', 'select, insert, update');
