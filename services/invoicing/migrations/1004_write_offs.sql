-- Small differences are written off with the settlement that leaves them; what was paid over and is kept is a negative one. The version before knows
-- none: its rows have zero.
alter table open_item add column written_off numeric not null default 0;
alter table open_item
  drop constraint open_item_never_overpaid,
  add constraint open_item_never_overpaid check (total >= settled + discounted + written_off + credited + voided),
  add constraint open_item_surplus_was_paid check (settled + written_off >= 0);

-- Whether something is open follows the write-offs too. A generated column is not altered, but made again, with the indexes it decides about.
drop index open_item_by_due_date;
drop index open_item_by_customer;
alter table open_item
  drop column is_open,
  add column is_open boolean not null generated always as (total <> settled + discounted + written_off + credited + voided) stored;
create index open_item_by_due_date on open_item (tenant_id, due_on, id) where is_open;
create index open_item_by_customer on open_item (tenant_id, customer_id, due_on, id) where is_open;

alter table entry
  drop constraint entry_kind_known,
  add constraint entry_kind_known check (
    kind in ('invoice', 'settlement', 'discount', 'write_off', 'settlement_reversal', 'discount_reversal', 'write_off_reversal', 'credit', 'void'));

alter table settlement
  add column write_off numeric,
  add column write_off_reason text,
  add constraint settlement_write_off_has_reason check ((write_off is null) = (write_off_reason is null)),
  add constraint settlement_write_off_reason_known check (write_off_reason in ('SMALL_DIFFERENCE', 'BANK_CHARGES')),
  add constraint settlement_write_off_below_amount check (write_off <> 0 and abs(write_off) < amount);
