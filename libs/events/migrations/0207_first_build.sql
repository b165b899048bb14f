-- A service answers from what it keeps of others' events only once it has read all that was there when it began. From then on it may be behind, as anybody may.
alter table subscription add column built_at timestamptz;
update subscription set built_at = now();
grant insert, update on subscription to quittance_system;
