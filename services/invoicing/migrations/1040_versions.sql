-- Documents keep the seller and the customer of their issue. Whoever is changed keeps what documents print of it until then as a row here, which is never
-- changed again, and documents keep the version that they were issued with. What was not changed since has no row here: it is the tenant's, or the customer's.
-- Null in a document: it was issued by a service that did not keep versions yet, and has the first one that was replaced after it. Triggers write the rows,
-- because the version of the service before this one changes customers too while it still runs.
alter table tenant
  add column version int not null default 1,
  add column updated_at timestamptz;
-- Neither the base currency nor the time zone ever changes.
grant update (name, address_lines, postal_code, city, country_code, tax_id, enquiries_name, enquiries_email, enquiries_phone, late_payment_consequences,
  bank_account, terms_and_conditions, rounding_scope, rounding_mode, metadata, version, updated_at) on tenant to quittance_app;

create table tenant_version (
  tenant_id uuid not null,
  version int not null,
  name text not null,
  address_lines text[] not null,
  postal_code text not null,
  city text not null,
  country_code text not null,
  tax_id text not null,
  enquiries_name text not null,
  enquiries_email text not null,
  enquiries_phone text not null,
  late_payment_consequences text not null,
  bank_account text not null,
  terms_and_conditions text not null,
  replaced_at timestamptz not null,
  constraint tenant_version_pkey primary key (tenant_id, version),
  constraint tenant_version_tenant_exists foreign key (tenant_id) references tenant (tenant_id)
);
select protect_tenant_table('tenant_version', 'select, insert');

-- Of contacts, id and name: documents print no more of them.
create table customer_version (
  tenant_id uuid not null,
  customer_id uuid not null,
  version int not null,
  number text,
  name text not null,
  address_lines text[] not null,
  postal_code text not null,
  city text not null,
  country_code text not null,
  tax_id text not null,
  contacts json not null,
  replaced_at timestamptz not null,
  constraint customer_version_pkey primary key (tenant_id, customer_id, version),
  constraint customer_version_customer_exists foreign key (tenant_id, customer_id) references customer (tenant_id, id)
);
select protect_tenant_table('customer_version', 'select, insert');

create function keep_tenant_version() returns trigger
language plpgsql as $$
begin
  insert into tenant_version
    (tenant_id, version, name, address_lines, postal_code, city, country_code, tax_id, enquiries_name, enquiries_email, enquiries_phone,
     late_payment_consequences, bank_account, terms_and_conditions, replaced_at)
  values
    (old.tenant_id, old.version, old.name, old.address_lines, old.postal_code, old.city, old.country_code, old.tax_id, old.enquiries_name,
     old.enquiries_email, old.enquiries_phone, old.late_payment_consequences, old.bank_account, old.terms_and_conditions, new.updated_at);
  return new;
end
$$;
create trigger tenant_version_kept before update on tenant for each row when (new.version <> old.version) execute function keep_tenant_version();

-- Contacts are replaced after the customer's row is: here they are still those of the old version.
create function keep_customer_version() returns trigger
language plpgsql as $$
begin
  insert into customer_version
    (tenant_id, customer_id, version, number, name, address_lines, postal_code, city, country_code, tax_id, contacts, replaced_at)
  values
    (old.tenant_id, old.id, old.version, old.number, old.name, old.address_lines, old.postal_code, old.city, old.country_code, old.tax_id,
     (select coalesce(json_agg(json_build_object('id', k.id, 'name', k.name) order by k.place), '[]')
      from contact k
      where k.tenant_id = old.tenant_id and k.customer_id = old.id),
     new.updated_at);
  return new;
end
$$;
create trigger customer_version_kept before update on customer for each row when (new.version <> old.version) execute function keep_customer_version();

alter table invoice
  add column tenant_version int,
  add column customer_version int,
  add constraint invoice_versions_from_issue_on check (
    (tenant_version is null) = (customer_version is null) and (customer_version is null or state <> 'draft')) not valid;
alter table credit_note
  add column tenant_version int,
  add column customer_version int,
  add constraint credit_note_versions_of_both check ((tenant_version is null) = (customer_version is null)) not valid;
