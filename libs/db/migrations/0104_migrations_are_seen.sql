-- Services look whether the database has all migrations before they serve, and have no login that owns it. The table is the migrator's own; it is missing
-- where the statements are run by hand.
do $$
begin
    if to_regclass('_sqlx_migrations') is not null then
        grant select on _sqlx_migrations to quittance_app, quittance_system;
    end if;
end
$$;
