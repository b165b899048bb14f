-- Lists in the order of a change or of a date. When a payment was changed is stored with it; of those changed before, the last decision about an allocation is
-- the best that is known.
alter table payment add column updated_at timestamptz;

-- The owner is held to the policies of tenants too, which show it nothing.
alter table payment no force row level security;
alter table allocation no force row level security;
update payment p
set updated_at = greatest(p.recorded_at,
  (select max(a.decided_at) from allocation a where a.tenant_id = p.tenant_id and a.payment_id = p.id));
alter table payment force row level security;
alter table allocation force row level security;

alter table payment alter column updated_at set not null;
create index payment_by_update on payment (tenant_id, updated_at, id);
drop index payment_by_received_on;
create index payment_by_received_on on payment (tenant_id, received_on, id);
create index bank_import_by_time on bank_import (tenant_id, imported_at, id);
