-- What collections decides: strategies, the reminders of each run, and disputes. Reminders are only ever added, with the words they were sent with.
create table strategy (
  tenant_id uuid not null,
  id uuid not null,
  name text not null,
  is_default boolean not null,
  version int not null,
  created_at timestamptz not null,
  constraint strategy_pkey primary key (tenant_id, id),
  constraint strategy_name_key unique (tenant_id, name)
);
create unique index strategy_one_default on strategy (tenant_id) where is_default;
select protect_tenant_table('strategy', 'select, insert, update');

create table strategy_step (
  tenant_id uuid not null,
  strategy_id uuid not null,
  place int not null,
  offset_days int not null,
  name text not null,
  subject_template text not null,
  body_template text not null,
  constraint strategy_step_pkey primary key (tenant_id, strategy_id, place),
  constraint strategy_step_strategy_exists foreign key (tenant_id, strategy_id) references strategy (tenant_id, id)
);
select protect_tenant_table('strategy_step', 'select, insert, delete');

create table dunning_run (
  tenant_id uuid not null,
  id uuid not null,
  as_of date not null,
  strategy_id uuid not null,
  reminders int not null,
  items int not null,
  position bigint not null,
  ran_at timestamptz not null,
  constraint dunning_run_pkey primary key (tenant_id, id),
  constraint dunning_run_strategy_exists foreign key (tenant_id, strategy_id) references strategy (tenant_id, id)
);
select protect_tenant_table('dunning_run', 'select, insert');

create table reminder (
  tenant_id uuid not null,
  id uuid not null,
  run_id uuid not null,
  customer_id uuid not null,
  contact_id uuid,
  contact_name text not null,
  contact_email text,
  offset_days int not null,
  step_name text not null,
  as_of date not null,
  currency text not null,
  total numeric not null,
  subject text not null,
  body text not null,
  recorded_at timestamptz not null,
  constraint reminder_pkey primary key (tenant_id, id),
  constraint reminder_total_positive check (total > 0)
);
create index reminder_by_run on reminder (tenant_id, run_id, id);
create index reminder_by_customer on reminder (tenant_id, customer_id, id);
select protect_tenant_table('reminder', 'select, insert');

-- However many runs come at once: an item is reminded at one step once.
create table reminder_item (
  tenant_id uuid not null,
  reminder_id uuid not null,
  place int not null,
  item_id uuid not null,
  number text not null,
  issued_on date not null,
  due_on date not null,
  open numeric not null,
  offset_days int not null,
  constraint reminder_item_pkey primary key (tenant_id, reminder_id, place),
  constraint reminder_item_step_key unique (tenant_id, item_id, offset_days),
  constraint reminder_item_positive check (open > 0)
);
select protect_tenant_table('reminder_item', 'select, insert');

create table dispute (
  tenant_id uuid not null,
  id uuid not null,
  item_id uuid not null,
  customer_id uuid not null,
  reason text not null,
  note text not null,
  opened_on date not null,
  state text not null,
  resolved_on date,
  outcome text,
  recorded_at timestamptz not null,
  constraint dispute_pkey primary key (tenant_id, id),
  constraint dispute_item_exists foreign key (tenant_id, item_id) references item (tenant_id, id),
  constraint dispute_state_known check (state in ('open', 'resolved')),
  constraint dispute_resolved_has_day check ((state = 'resolved') = (resolved_on is not null) and (state = 'resolved') = (outcome is not null)),
  constraint dispute_resolved_after_opened check (resolved_on >= opened_on)
);
create unique index dispute_open_item_key on dispute (tenant_id, item_id) where state = 'open';
create index dispute_by_item on dispute (tenant_id, item_id);
create index dispute_by_customer on dispute (tenant_id, customer_id, id);
select protect_tenant_table('dispute', 'select, insert, update');
