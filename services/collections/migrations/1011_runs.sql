-- The runs before become finished runs of the library, with the customers that were reminded as their items. Who started them was not kept. The request is that of
-- StartDunning as protobuf: the date in field 2, the id of the strategy in field 3, both of fixed lengths.
alter table run no force row level security;
alter table run_item no force row level security;
insert into run (tenant_id, id, method, request, as_of, subjects, state, total, done, skipped, failed, created_at, ended_at)
select r.tenant_id, r.id, 'StartDunning',
  '\x120a'::bytea || convert_to(to_char(r.as_of, 'YYYY-MM-DD'), 'UTF8') || '\x1a24'::bytea || convert_to(r.strategy_id::text, 'UTF8'),
  r.as_of, 'customers', 'finished', reminded.customers, reminded.customers, 0, 0, r.ran_at, r.ran_at
from dunning_run r
cross join lateral (
  select count(distinct m.customer_id)::int as customers from reminder m where m.tenant_id = r.tenant_id and m.run_id = r.id
) reminded
on conflict on constraint run_pkey do nothing;
insert into run_item (tenant_id, run_id, subject_id, state, ended_at)
select m.tenant_id, m.run_id, m.customer_id, 'done', r.ran_at
from reminder m
join dunning_run r on r.tenant_id = m.tenant_id and r.id = m.run_id
group by m.tenant_id, m.run_id, m.customer_id, r.ran_at
on conflict on constraint run_item_pkey do nothing;
alter table run force row level security;
alter table run_item force row level security;
