-- The reconciler that checks the invariants does so for every tenant: it has to see who there is.
select open_to_system('tenant', 'select');
