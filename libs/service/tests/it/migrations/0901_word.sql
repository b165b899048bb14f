-- What the operations of the tests write.
create table speaker (
  tenant_id uuid not null,
  constraint speaker_pkey primary key (tenant_id)
);
select protect_tenant_table('speaker', 'select, insert');
create table word (
  tenant_id uuid not null,
  word text not null,
  constraint word_key unique (tenant_id, word)
);
select protect_tenant_table('word', 'select, insert');
