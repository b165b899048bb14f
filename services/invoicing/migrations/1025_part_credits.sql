-- An invoice may be credited in parts: each note has its lines and taxes. Null: a note of before, which credits all of its invoice.
alter table credit_note
  add column lines json,
  add column taxes json,
  drop constraint credit_note_invoice_key;
