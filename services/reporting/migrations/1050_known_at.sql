-- When each fact became known: the time of its event's position. A report as known at an instant leaves out what became known later. Null: applied before this
-- was kept; entries then go by the time at which they were recorded, disputes by their dates, until the read models are rebuilt.
alter table entry add column known_at timestamptz;
alter table due_date_extension add column known_at timestamptz;
-- A payer that becomes known after its payment was received: before, the money is of no customer. Null: the payer is known with the money.
alter table payment add column payer_known_at timestamptz;
alter table cash_entry
  add column known_at timestamptz,
  add column payer_known_at timestamptz;
alter table dispute
  add column known_at timestamptz,
  add column resolution_known_at timestamptz;
grant update (payer_known_at) on payment to quittance_app;
grant update (payer_known_at) on cash_entry to quittance_app;
