-- A printed number and a payment reference stand on one document of a tenant: whoever pays and quotes one must be understood. Until now a number was
-- unique in its series only. Documents are never renumbered: those that share a number or reference with an older one are marked, stay as they are, and
-- VerifyLedger names them; nothing is added to them.
alter table invoice add column shares_number boolean not null default false;
alter table credit_note add column shares_number boolean not null default false;

-- The owner is held to the policies of tenants too, which show it nothing.
alter table invoice no force row level security;
alter table credit_note no force row level security;
update invoice i
set shares_number = true
from (
  select tenant_id, id,
    row_number() over (partition by tenant_id, number order by issued_at, id) as of_number,
    case when payment_reference is null then 1 else row_number() over (partition by tenant_id, payment_reference order by issued_at, id) end as of_reference
  from invoice
  where number is not null
) n
where i.tenant_id = n.tenant_id and i.id = n.id and (n.of_number > 1 or n.of_reference > 1);
update credit_note c
set shares_number = true
from (select tenant_id, id, row_number() over (partition by tenant_id, number order by issued_at, id) as of_number from credit_note) n
where c.tenant_id = n.tenant_id and c.id = n.id and n.of_number > 1;
alter table invoice force row level security;
alter table credit_note force row level security;

create unique index invoice_printed_number_key on invoice (tenant_id, number) where not shares_number;
create unique index invoice_payment_reference_key on invoice (tenant_id, payment_reference) where not shares_number and payment_reference is not null;
create unique index credit_note_printed_number_key on credit_note (tenant_id, number) where not shares_number;
