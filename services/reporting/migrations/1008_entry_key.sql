-- The key of entries has the item.
alter table entry drop constraint entry_pkey;
alter table entry add constraint entry_pkey primary key using index entry_of_event;
