-- Invoicing publishes bad debts and their recovery: movements of their own.
alter table entry
  drop constraint entry_kind_known,
  add constraint entry_kind_known check (
    kind in ('invoice', 'settlement', 'discount', 'write_off', 'settlement_reversal', 'discount_reversal', 'write_off_reversal', 'bad_debt', 'recovery',
      'credit', 'void')) not valid;
