-- Callers' own keys and values, by which lists are filtered: an index of the column `metadata` of the tables that have one. Row-level security lets an index answer
-- comparisons of plain types only, and none of jsonb.
create table metadata_entry (
  tenant_id uuid not null,
  collection text collate "C" not null,
  key text collate "C" not null,
  value text collate "C" not null,
  id uuid not null,
  constraint metadata_entry_pkey primary key (tenant_id, collection, key, value, id)
);
create index metadata_entry_by_resource on metadata_entry (tenant_id, id);
select protect_tenant_table('metadata_entry', 'select, insert, delete');

create function index_metadata() returns trigger
language plpgsql as $$
begin
  if tg_op <> 'INSERT' then
    delete from metadata_entry where tenant_id = old.tenant_id and id = old.id;
  end if;
  if tg_op <> 'DELETE' then
    insert into metadata_entry (tenant_id, collection, key, value, id)
    select new.tenant_id, tg_table_name, e.key, e.value, new.id
    from jsonb_each_text(new.metadata) as e;
  end if;
  return null;
end
$$;

-- Gives a table whose rows are found by tenant_id and id metadata. Rows without metadata cost nothing.
create function add_metadata(target regclass) returns void
language plpgsql as $$
begin
  execute format('alter table %s add column metadata jsonb not null default ''{}''', target);
  execute format('create trigger metadata_inserted after insert on %s for each row when (new.metadata <> ''{}'') execute function index_metadata()', target);
  execute format(
    'create trigger metadata_updated after update of metadata on %s for each row when (new.metadata <> old.metadata) execute function index_metadata()',
    target);
  execute format('create trigger metadata_deleted after delete on %s for each row when (old.metadata <> ''{}'') execute function index_metadata()', target);
end
$$;
