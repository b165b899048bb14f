-- Invoicing tells of small differences written off with a settlement: movements of their own, neither money nor discount.
alter table entry
  drop constraint entry_kind_known,
  add constraint entry_kind_known check (
    kind in ('invoice', 'settlement', 'discount', 'write_off', 'settlement_reversal', 'discount_reversal', 'write_off_reversal', 'credit', 'void'));
