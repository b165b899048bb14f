-- Documents: invoices with their lines, credit notes, what was handed over. A line has no foreign key to its invoice: it is written in the statement
-- that writes the invoice, and a check per line would cost a third of the rate of batch issuing. Nor has an invoice one to its customer: it is looked up in the
-- same transaction, and nobody may delete a customer.
create table invoice (
  tenant_id uuid not null,
  id uuid not null,
  customer_id uuid not null,
  contact_id uuid,
  currency text not null,
  terms_id uuid,
  terms text not null,
  series_id uuid not null,
  external_number text,
  planned_issue_on date,
  agreed_due_on date,
  rounding_scope text not null,
  rounding_mode text not null,
  reservation_id uuid,
  purchase_order text not null,
  note text not null,
  net_total numeric not null,
  tax_total numeric not null,
  total numeric not null,
  state text not null,
  number text,
  payment_reference text,
  issued_on date,
  due_on date,
  issued_at timestamptz,
  voided_on date,
  void_reason text,
  credit_note_id uuid,
  version int not null,
  created_at timestamptz not null,
  constraint invoice_pkey primary key (tenant_id, id),
  constraint invoice_external_number_key unique (tenant_id, external_number),
  constraint invoice_number_key unique (tenant_id, series_id, number),
  constraint invoice_state_known check (state in ('draft', 'issued', 'voided', 'credited')),
  constraint invoice_total_adds_up check (total = net_total + tax_total and total > 0),
  constraint invoice_number_from_issue_on check (
    (state = 'draft') = (number is null) and (number is null) = (issued_on is null)
    and (issued_on is null) = (due_on is null) and (issued_on is null) = (issued_at is null)),
  constraint invoice_due_after_issue check (due_on >= issued_on),
  constraint invoice_void_has_day check ((state = 'voided') = (voided_on is not null)),
  constraint invoice_credit_has_note check ((state = 'credited') = (credit_note_id is not null))
);
create index invoice_by_customer on invoice (tenant_id, customer_id, id);
create index invoice_by_number on invoice (tenant_id, number text_pattern_ops);
create index invoice_by_purchase_order on invoice (tenant_id, purchase_order text_pattern_ops) where purchase_order <> '';
select protect_tenant_table('invoice', 'select, insert, update');

create table invoice_line (
  tenant_id uuid not null,
  invoice_id uuid not null,
  place int not null,
  description text not null,
  quantity numeric not null,
  unit text not null,
  unit_price numeric not null,
  tax_category text not null,
  tax_rate numeric not null,
  net numeric not null,
  constraint invoice_line_pkey primary key (tenant_id, invoice_id, place)
);
select protect_tenant_table('invoice_line', 'select, insert, delete');

create table credit_note (
  tenant_id uuid not null,
  id uuid not null,
  series_id uuid not null,
  number text not null,
  invoice_id uuid not null,
  customer_id uuid not null,
  issued_on date not null,
  reason text not null,
  net_total numeric not null,
  tax_total numeric not null,
  total numeric not null,
  issued_at timestamptz not null,
  constraint credit_note_pkey primary key (tenant_id, id),
  constraint credit_note_number_key unique (tenant_id, series_id, number),
  constraint credit_note_invoice_key unique (tenant_id, invoice_id),
  constraint credit_note_invoice_exists foreign key (tenant_id, invoice_id) references invoice (tenant_id, id),
  constraint credit_note_total_adds_up check (total = net_total + tax_total and total > 0)
);
select protect_tenant_table('credit_note', 'select, insert');

-- Each document as it was handed over, byte for byte.
create table delivery (
  tenant_id uuid not null,
  id uuid not null,
  invoice_id uuid not null,
  contact_id uuid,
  channel text not null,
  document_sha256 bytea not null,
  document text not null,
  delivered_at timestamptz not null,
  constraint delivery_pkey primary key (tenant_id, id),
  constraint delivery_invoice_exists foreign key (tenant_id, invoice_id) references invoice (tenant_id, id)
);
create index delivery_by_invoice on delivery (tenant_id, invoice_id);
select protect_tenant_table('delivery', 'select, insert');
