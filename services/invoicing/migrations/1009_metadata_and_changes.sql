-- Callers' own keys and values on tenants, customers, invoices and credit notes; terms and series can be changed, and deleted where nothing names them.
alter table tenant add column metadata jsonb not null default '{}';
select add_metadata('customer');
select add_metadata('invoice');
select add_metadata('credit_note');

alter table terms
  add column version int not null default 1,
  add column updated_at timestamptz not null default now();
grant update, delete on terms to quittance_app;

alter table series
  add column version int not null default 1,
  add column updated_at timestamptz not null default now();
grant delete on series to quittance_app;
create policy series_only_unused_are_deleted on series as restrictive for delete to quittance_app using (last_issued_on is null);
