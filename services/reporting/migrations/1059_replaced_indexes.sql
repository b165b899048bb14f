-- The indexes of the migrations before have all that these have: the version before reads those. Dropping them reads nothing.
drop index if exists entry_as_of;
drop index if exists entry_by_customer;
drop index if exists cash_entry_as_of;
drop index if exists cash_entry_by_customer;
