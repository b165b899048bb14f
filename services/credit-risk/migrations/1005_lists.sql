-- Lists in the order of a change. When a row was changed is stored with it; for what was changed before, its creation is the best that is known. Of a profile only
-- changes by people count: exposure and reserved amount move with every document, and an index on their time would cost each of them.
alter table profile add column updated_at timestamptz;
alter table reservation add column updated_at timestamptz;

-- The owner is held to the policies of tenants too, which show it nothing.
alter table profile no force row level security;
alter table reservation no force row level security;
update profile set updated_at = created_at;
update reservation set updated_at = created_at;
alter table profile force row level security;
alter table reservation force row level security;

alter table profile alter column updated_at set not null;
alter table reservation alter column updated_at set not null;
create index profile_by_update on profile (tenant_id, updated_at, id);
create index reservation_by_update on reservation (tenant_id, updated_at, id);
create index reservation_by_order on reservation (tenant_id, order_reference);
create index reservation_by_state on reservation (tenant_id, state, id);
