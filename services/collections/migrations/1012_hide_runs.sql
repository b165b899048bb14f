-- The runs before are read: their tables are tenants' again.
drop policy migration on dunning_run;
drop policy migration on reminder;
