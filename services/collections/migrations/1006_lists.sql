-- Lists in the order of a change or of a date. When a row was changed is stored with it; for what was changed before, its recording is the best that is known.
alter table dispute add column updated_at timestamptz;
alter table strategy add column updated_at timestamptz;

-- The owner is held to the policies of tenants too, which show it nothing.
alter table dispute no force row level security;
alter table strategy no force row level security;
update dispute set updated_at = recorded_at;
update strategy set updated_at = created_at;
alter table dispute force row level security;
alter table strategy force row level security;

alter table dispute alter column updated_at set not null;
alter table strategy alter column updated_at set not null;
create index dispute_by_update on dispute (tenant_id, updated_at, id);
create index dispute_by_date on dispute (tenant_id, opened_on, id);
create index dispute_still_open on dispute (tenant_id, id) where state = 'open';
create index strategy_by_update on strategy (tenant_id, updated_at, id);
create index reminder_by_time on reminder (tenant_id, recorded_at, id);
create index dunning_run_by_time on dunning_run (tenant_id, ran_at, id);
