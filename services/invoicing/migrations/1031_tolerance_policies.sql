-- The tolerance policy that a settlement was decided by; none: no policy was in force.
alter table settlement add column tolerance_policy_id uuid;
