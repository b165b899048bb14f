-- Fills every table of the schema with the same made-up rows each time, and makes the planner take them for a million: a tenth are the tenant's, a value that
-- may be absent is there in one row of a hundred, a key's last column differs in each row, other ids repeat every 500 rows, labels come by turns.
create temporary table label as
select c.conrelid, a.attname, array(select regexp_replace(m[1], '''''', '''', 'g') from regexp_matches(pg_get_constraintdef(c.oid), '''([^'']*)''::text', 'g') m) as labels
from pg_constraint c
join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
where c.contype = 'c' and array_length(c.conkey, 1) = 1 and pg_get_constraintdef(c.oid) ~ ' = ANY \(';

-- What made-up values cannot satisfy decides nothing about plans.
do $$
declare
  rule record;
begin
  for rule in
    select conrelid::regclass as target, conname from pg_constraint where contype in ('c', 'f') and connamespace = 'public'::regnamespace order by contype desc
  loop
    execute format('alter table %s drop constraint if exists %I', rule.target, rule.conname);
  end loop;
end
$$;

set session_replication_role = replica;

do $$
declare
  target record;
  field record;
  columns text;
  made text;
begin
  for target in
    select oid::regclass as name, oid from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace and relname <> '_sqlx_migrations' order by relname
  loop
    columns := '';
    made := '';
    for field in
      select a.attname as name, a.atttypid::regtype::text as kind, not a.attnotnull as is_optional, l.labels, u.made,
        exists (select from pg_index i where i.indrelid = target.oid and i.indisunique and a.attnum = i.indkey[i.indnkeyatts - 1]) as is_key
      from pg_attribute a
      left join label l on l.conrelid = target.oid and l.attname = a.attname
      left join uneven u on u.field = target.name || '.' || a.attname
      where a.attrelid = target.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
      order by a.attnum
    loop
      columns := columns || case columns when '' then '' else ', ' end || format('%I', field.name);
      made := made || case made when '' then '' else ', ' end || case
        when field.name = 'tenant_id' then '(''00000000-0000-7000-8000-00000000000'' || n % 10)::uuid'
        when field.made is not null then field.made
        when field.labels is not null then format('(%L::text[])[k %% %s + 1]', field.labels, array_length(field.labels, 1))
        else case when field.is_optional then 'case when k % 100 = 7 then ' else '' end
          || case field.kind
            when 'uuid' then format('md5(%s::text)::uuid', case when field.is_key then 'n' else '(k % 500)' end)
            when 'text' then format('''text '' || lpad((%s)::text, 8, ''0'')', case when field.is_key then 'n' else 'k % 500' end)
            when 'bytea' then format('decode(md5((%s)::text), ''hex'')', case when field.is_key then 'n' else 'k % 500' end)
            when 'numeric' then '(k % 1000)::numeric'
            when 'boolean' then 'k % 10 = 0'
            when 'date' then format('date ''2026-01-01'' + %s', case when field.is_key then 'n' else 'k % 365' end)
            when 'timestamp with time zone' then 'timestamptz ''2026-01-01'' + make_interval(secs => k)'
            when 'json' then '''[]''::json'
            when 'jsonb' then '''[]''::jsonb'
            else case when field.kind like '%[]' or field.kind like '%range' then format('''{}''::%s', field.kind) else format('%s::%s', case when field.is_key then 'n' else '(k % 500)' end, field.kind) end
          end
          || case when field.is_optional then ' end' else '' end
      end;
    end loop;
    execute format('delete from %s', target.name);
    -- As many pages as a million rows have, or near it.
    execute format('alter table %s set (fillfactor = 10)', target.name);
    execute format('insert into %s (%s) overriding system value select %s from (select n, n / 10 as k from generate_series(1, 10000) n) n on conflict do nothing', target.name, columns, made);
  end loop;
end
$$;

do $$
declare
  index regclass;
begin
  for index in select c.oid from pg_class c join pg_am a on a.oid = c.relam where c.relkind = 'i' and a.amname = 'btree' and c.relnamespace = 'public'::regnamespace
  loop
    execute format('alter index %s set (fillfactor = 10)', index);
    execute format('reindex index %s', index);
  end loop;
end
$$;

analyze;

update pg_class
set reltuples = reltuples * 100
where relnamespace = 'public'::regnamespace and relkind in ('r', 'i') and reltuples > 500;
