-- The roles that the services log in as: no superusers, and row-level security holds for them. Run once, when PostgreSQL's volume is new.
\set app_password `cat /etc/quittance-postgres/app-password`
\set system_password `cat /etc/quittance-postgres/system-password`
create role quittance_app login password :'app_password';
create role quittance_system login password :'system_password';
