-- Which tenants there are, of invoicing's events: one that is not known is refused. Those with customers or profiles are known already.
create table tenant (
  tenant_id uuid not null,
  constraint tenant_pkey primary key (tenant_id)
);
-- The owner is held to the policies of tenants too, which show it nothing.
alter table customer no force row level security;
alter table profile no force row level security;
insert into tenant (tenant_id) select tenant_id from customer union select tenant_id from profile;
alter table customer force row level security;
alter table profile force row level security;
select protect_tenant_table('tenant', 'select, insert, delete');

-- A profile without reservations has no history: reservation_profile_exists keeps the others.
grant delete on profile to quittance_app;
