-- Every row belongs to one tenant, and a query that forgets to say which sees nothing: row-level security on every table, also for its owner.
-- The roles themselves belong to the whole server and exist before the first migration.
grant usage on schema public to quittance_app, quittance_system;

-- Puts a table whose first key column is tenant_id under the tenant's policy and grants what services may do with it.
-- The setting is read in a subquery: once per statement, not once per row.
create function protect_tenant_table(target regclass, privileges text) returns void
language plpgsql as $$
begin
  execute format('alter table %s enable row level security', target);
  execute format('alter table %s force row level security', target);
  execute format(
    'create policy tenant on %s to quittance_app'
    ' using (tenant_id = (select nullif(current_setting(''quittance.tenant'', true), '''')::uuid))'
    ' with check (tenant_id = (select nullif(current_setting(''quittance.tenant'', true), '''')::uuid))', target);
  execute format('grant %s on %s to quittance_app', privileges, target);
end
$$;

-- Lets the reconcilers and the relay, which work for all tenants, do what they must with a table.
create function open_to_system(target regclass, privileges text) returns void
language plpgsql as $$
begin
  execute format('create policy system on %s to quittance_system using (true) with check (true)', target);
  execute format('grant %s on %s to quittance_system', privileges, target);
end
$$;
