-- From when money and credits count, and the date that they have: what is dated when nothing was owed counts later. Null: both dates are the same.
alter table entry
  add column dated_on date,
  add constraint entry_counts_after_its_date check (dated_on < effective_on) not valid;
alter table settlement
  add column counts_on date,
  add constraint settlement_counts_after_its_date check (counts_on > effective_on) not valid;
-- The latest effective date of an item's entries: what is dated then or later needs no look at the past. Null: not known.
alter table open_item add column last_entry_on date;
