-- Runs are those of the library from now on. What stays here of a dunning run is its strategy, which cannot be deleted because of it. The counts and the position are
-- of the runs before, and are not written any more.
alter table dunning_run alter column reminders set default 0;
alter table dunning_run alter column items set default 0;
alter table dunning_run alter column position set default 0;

-- The next migration reads the runs before, and who was reminded in them. The owner is held to the policies of tenants too, which show it nothing.
create policy migration on dunning_run for select to current_user using (true);
create policy migration on reminder for select to current_user using (true);
