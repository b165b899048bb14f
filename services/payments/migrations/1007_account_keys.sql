-- Accounts are compared by their letters and digits. Until now only blanks were left out, so that DE02-1203-0000 at a customer was another account than
-- DE0212030000 in a bank's file.

-- The owner is held to the policies of tenants too, which show it nothing.
alter table customer_account no force row level security;
alter table payer_alias no force row level security;
alter table sought_key no force row level security;
alter table payment no force row level security;

insert into customer_account (tenant_id, account, customer_id)
select tenant_id, regexp_replace(account, '[[:punct:][:space:]]', '', 'g'), customer_id
from customer_account
where account ~ '[[:punct:][:space:]]' and account ~ '[[:alnum:]]'
on conflict on constraint customer_account_pkey do nothing;
delete from customer_account where account ~ '[[:punct:][:space:]]';

insert into payer_alias (tenant_id, kind, key, customer_id, payment_id, learned_at)
select tenant_id, kind, regexp_replace(key, '[[:punct:][:space:]]', '', 'g'), customer_id, payment_id, learned_at
from payer_alias
where kind = 'account' and key ~ '[[:punct:][:space:]]' and key ~ '[[:alnum:]]'
on conflict on constraint payer_alias_pkey do nothing;
delete from payer_alias where kind = 'account' and key ~ '[[:punct:][:space:]]';

-- By what unapplied payments are found again.
insert into sought_key (tenant_id, key, payment_id)
select tenant_id, regexp_replace(upper(payer_account), '[[:punct:][:space:]]', '', 'g'), id
from payment
where has_unapplied and payer_account ~ '[[:punct:]]' and payer_account ~ '[[:alnum:]]'
on conflict on constraint sought_key_pkey do nothing;

alter table customer_account force row level security;
alter table payer_alias force row level security;
alter table sought_key force row level security;
alter table payment force row level security;
