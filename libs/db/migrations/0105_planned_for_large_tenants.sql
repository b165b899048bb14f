-- A statement is planned once, for a tenant it does not know. The planner takes the average: with a thousand small tenants beside a large one it expects three
-- rows of a tenant, and reads all of the large one's rows for each of a thousand keys. So the tenant's column counts as one value everywhere: statements are
-- planned for a tenant that has all rows, which lookups by key are right for whatever its size.
create or replace function protect_tenant_table(target regclass, privileges text) returns void
language plpgsql as $$
begin
  execute format('alter table %s enable row level security', target);
  execute format('alter table %s force row level security', target);
  execute format('alter table %s alter column tenant_id set (n_distinct = 1)', target);
  execute format(
    'create policy tenant on %s to quittance_app'
    ' using (tenant_id = (select nullif(current_setting(''quittance.tenant'', true), '''')::uuid))'
    ' with check (tenant_id = (select nullif(current_setting(''quittance.tenant'', true), '''')::uuid))', target);
  execute format('grant %s on %s to quittance_app', privileges, target);
end
$$;

-- Tables that are there already. It takes effect when they are analysed next, and locks out neither readers nor writers.
do $$
declare
  target regclass;
begin
  for target in
    select polrelid::regclass from pg_policy where polname = 'tenant'
  loop
    execute format('alter table %s alter column tenant_id set (n_distinct = 1)', target);
  end loop;
end
$$;

-- Nor is a table analysed only once: one that was analysed with a few rows in it counts as small until autovacuum comes by, within its naptime. A table is
-- analysed again when it has grown to five times its size.
create or replace function analyze_new_tables() returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  young record;
  analysed integer := 0;
begin
  -- One replica is enough.
  if not pg_try_advisory_xact_lock(hashtext('analyze_new_tables')) then
    return 0;
  end if;
  for young in
    select s.schemaname, s.relname
    from pg_stat_user_tables s
    join pg_class c on c.oid = s.relid
    where s.n_mod_since_analyze >= greatest(100, 4 * c.reltuples)
  loop
    execute format('analyze %I.%I', young.schemaname, young.relname);
    analysed := analysed + 1;
  end loop;
  return analysed;
end
$$;
