-- What is tolerated is a policy of invoicing, which publishes it: a copy of each version, and the one that an allocation was decided by. What was set here before
-- (columns of matching_policy, tolerance, tolerance_block) stays in force until a policy is.
create table tolerance_policy (
  tenant_id uuid not null,
  id uuid not null,
  number int not null,
  effective_on date not null,
  grace_days int not null,
  accept_late_discount boolean not null,
  currencies text[] not null,
  percents numeric[] not null,
  caps numeric[] not null,
  blocked uuid[] not null,
  constraint tolerance_policy_pkey primary key (tenant_id, id),
  constraint tolerance_policy_number_key unique (tenant_id, number),
  constraint tolerance_policy_grace_within_a_year check (grace_days between 0 and 366),
  constraint tolerance_policy_tolerances_are_whole check (
    cardinality(currencies) = cardinality(percents) and cardinality(currencies) = cardinality(caps))
);
create index tolerance_policy_in_force on tolerance_policy (tenant_id, effective_on, number);
select protect_tenant_table('tolerance_policy', 'select, insert, delete');

alter table allocation add column tolerance_policy_id uuid;
