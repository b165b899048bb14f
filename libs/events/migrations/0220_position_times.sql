-- What was known at an instant goes by the times of positions: an event that is held keeps the time of its own, and a subscription the time up to which it
-- has read everything. Null: held or read before this was kept.
alter table held_event add column positioned_at timestamptz;
alter table subscription add column positioned_at timestamptz;
