-- Credit: who has how much of it, and what orders have set aside.
create table profile (
  tenant_id uuid not null,
  id uuid not null,
  customer_id uuid not null,
  currency text not null,
  credit_limit numeric not null,
  exposure numeric not null,
  reserved numeric not null,
  note text not null,
  version int not null,
  created_at timestamptz not null,
  constraint profile_pkey primary key (tenant_id, id),
  constraint profile_customer_currency_key unique (tenant_id, customer_id, currency),
  constraint profile_limit_not_negative check (credit_limit >= 0),
  constraint profile_reserved_not_negative check (reserved >= 0)
) with (fillfactor = 60);
select protect_tenant_table('profile', 'select, insert, update');

create table reservation (
  tenant_id uuid not null,
  id uuid not null,
  customer_id uuid not null,
  currency text not null,
  amount numeric not null,
  order_reference text not null,
  state text not null,
  expires_at timestamptz,
  invoice_id uuid,
  created_at timestamptz not null,
  constraint reservation_pkey primary key (tenant_id, id),
  constraint reservation_profile_exists foreign key (tenant_id, customer_id, currency) references profile (tenant_id, customer_id, currency),
  constraint reservation_amount_positive check (amount > 0),
  constraint reservation_state_known check (state in ('active', 'confirmed', 'released', 'expired', 'invoiced')),
  constraint reservation_active_expires check ((state = 'active') = (expires_at is not null)),
  constraint reservation_invoiced_has_invoice check ((state = 'invoiced') = (invoice_id is not null))
) with (fillfactor = 80);
-- However many times an order comes at once: it holds credit once.
create unique index reservation_holding_order_key on reservation (tenant_id, order_reference) where state in ('active', 'confirmed');
create index reservation_by_customer on reservation (tenant_id, customer_id, id);
-- Over all tenants: the reconciler asks who has something to expire, and the range that is over by now is always short.
create index reservation_to_expire on reservation (expires_at, tenant_id) where state = 'active';
select protect_tenant_table('reservation', 'select, insert, update');
select open_to_system('reservation', 'select');
