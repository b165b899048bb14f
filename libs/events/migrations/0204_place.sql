-- Where an event that is held was read on the broker, so that whoever looks into a dead letter finds the message and its neighbours. Null: it came
-- straight from an outbox, or was held before this was kept.
alter table held_event add column topic text;
alter table held_event add column partition int;
alter table held_event add column message_offset bigint;
alter table held_event add constraint held_event_place_whole check (num_nulls(topic, partition, message_offset) in (0, 3));
