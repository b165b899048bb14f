-- A table that was never analysed is planned as if a tenant had one row in it, and all of the tenant is read for each of a thousand keys. Autovacuum comes
-- by within its naptime, a minute by default; a new database is filled faster than that. Returns how many tables it analysed.
create function analyze_new_tables() returns integer
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
    select schemaname, relname
    from pg_stat_user_tables
    where last_analyze is null and last_autoanalyze is null and n_live_tup >= 100
  loop
    execute format('analyze %I.%I', young.schemaname, young.relname);
    analysed := analysed + 1;
  end loop;
  return analysed;
end
$$;
revoke execute on function analyze_new_tables() from public;
grant execute on function analyze_new_tables() to quittance_system;
