-- Responses of batches are kept in their basic view: without what can be large. A repetition that wants more reads it.
alter table request_log add column is_basic boolean not null default false;
