//! Customers and their contacts.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use quittance_db::{
    Column, DbError, List, Place, Range, Tx, Window,
    row::{integer, metadata, metadata_json, stored},
};
use quittance_kernel::{ContactId, CustomerId, TermsId};
use uuid::Uuid;

use super::tenant::rounding_rule;
use crate::{
    Error,
    domain::{Address, Contact, Customer, RoundingRule},
};

/// A customer's data for an invoice, and its tenant's.
#[derive(Debug, Clone)]
pub(crate) struct CustomerFacts {
    /// Its default terms.
    pub(crate) terms_id: Option<TermsId>,
    /// Its contacts.
    pub(crate) contacts: Vec<ContactId>,
    /// The contact for invoices.
    pub(crate) billing_contact: Option<ContactId>,
    /// The tenant's rounding of tax.
    pub(crate) rounding: RoundingRule,
}

/// The data of these customers for invoices; those that do not exist are left out.
pub(crate) async fn facts(tx: &mut Tx, ids: &[CustomerId]) -> Result<HashMap<CustomerId, CustomerFacts>, DbError> {
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows = sqlx::query!(
        r#"select c.id, c.terms_id,
             array(select k.id from contact k where k.tenant_id = $1 and k.customer_id = c.id order by k.pays_invoices desc, k.place) as "contacts!",
             t.rounding_scope, t.rounding_mode
           from unnest($2::uuid[]) as requested (id)
           join customer c on c.tenant_id = $1 and c.id = requested.id
           join tenant t on t.tenant_id = $1"#,
        tenant,
        &ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    let facts = rows.into_iter().map(|row| {
        let contacts: Vec<ContactId> = row.contacts.into_iter().map(ContactId::new).collect();
        let facts = CustomerFacts {
            terms_id: row.terms_id.map(TermsId::new),
            billing_contact: contacts.first().copied(),
            contacts,
            rounding: rounding_rule("tenant", tenant, &row.rounding_scope, &row.rounding_mode)?,
        };
        Ok((CustomerId::new(row.id), facts))
    });
    facts.collect()
}

/// Adds customers with their contacts.
pub(crate) async fn insert_all(tx: &mut Tx, customers: &[&Customer]) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = customers.iter().map(|c| c.id.uuid()).collect();
    let numbers: Vec<Option<String>> = customers.iter().map(|c| c.number.clone()).collect();
    let names: Vec<String> = customers.iter().map(|c| c.name.clone()).collect();
    // Arrays of arrays must have equal lengths in SQL: lists are passed as text with a separator that occurs in no text.
    let lines: Vec<String> = customers.iter().map(|c| c.address.lines.join(SEPARATOR)).collect();
    let postal_codes: Vec<String> = customers.iter().map(|c| c.address.postal_code.clone()).collect();
    let cities: Vec<String> = customers.iter().map(|c| c.address.city.clone()).collect();
    let countries: Vec<String> = customers.iter().map(|c| c.address.country_code.clone()).collect();
    let tax_ids: Vec<String> = customers.iter().map(|c| c.tax_id.clone()).collect();
    let terms: Vec<Option<Uuid>> = customers.iter().map(|c| c.terms_id.map(TermsId::uuid)).collect();
    let accounts: Vec<String> = customers.iter().map(|c| c.bank_accounts.join(SEPARATOR)).collect();
    let created: Vec<DateTime<Utc>> = customers.iter().map(|c| c.created_at).collect();
    let metadata: Vec<serde_json::Value> = customers.iter().map(|c| metadata_json(&c.metadata)).collect();
    sqlx::query!(
        "insert into customer
           (tenant_id, id, number, name, address_lines, postal_code, city, country_code, tax_id, terms_id, bank_accounts, version, created_at,
            updated_at, metadata)
         select $1, c.id, c.number, c.name, string_to_array(c.lines, E'\\x1f'), c.postal_code, c.city, c.country_code, c.tax_id, c.terms_id,
           string_to_array(c.accounts, E'\\x1f'), 1, c.created_at, c.created_at, c.metadata
         from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::uuid[], $11::text[],
           $12::timestamptz[], $13::jsonb[])
           as c (id, number, name, lines, postal_code, city, country_code, tax_id, terms_id, accounts, created_at, metadata)",
        tenant,
        &ids,
        &numbers as &[Option<String>],
        &names,
        &lines,
        &postal_codes,
        &cities,
        &countries,
        &tax_ids,
        &terms as &[Option<Uuid>],
        &accounts,
        &created,
        &metadata,
    )
    .execute(&mut **tx)
    .await?;
    write_words(tx, &ids).await?;
    insert_contacts(tx, customers).await
}

/// Separator of a list passed as one text: a control character, which no text of a request has.
const SEPARATOR: &str = "\u{1f}";

async fn insert_contacts(tx: &mut Tx, customers: &[&Customer]) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    let contacts =
        || customers.iter().flat_map(|customer| customer.contacts.iter().zip(1i32..).map(|c| (customer.id, c)));
    if contacts().next().is_none() {
        return Ok(());
    }
    let owners: Vec<Uuid> = contacts().map(|(owner, _)| owner.uuid()).collect();
    let ids: Vec<Uuid> = contacts().map(|(_, (c, _))| c.id.uuid()).collect();
    let places: Vec<i32> = contacts().map(|(_, (_, place))| place).collect();
    let names: Vec<String> = contacts().map(|(_, (c, _))| c.name.clone()).collect();
    let emails: Vec<String> = contacts().map(|(_, (c, _))| c.email.clone()).collect();
    let phones: Vec<String> = contacts().map(|(_, (c, _))| c.phone.clone()).collect();
    let payers: Vec<bool> = contacts().map(|(_, (c, _))| c.pays_invoices).collect();
    sqlx::query!(
        "insert into contact (tenant_id, customer_id, id, place, name, email, phone, pays_invoices)
         select $1, *
         from unnest($2::uuid[], $3::uuid[], $4::int[], $5::text[], $6::text[], $7::text[], $8::bool[])",
        tenant,
        &owners,
        &ids,
        &places,
        &names,
        &emails,
        &phones,
        &payers,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Updates a locked customer, and after it its contacts: a trigger keeps what documents print of the version before.
pub(crate) async fn update(tx: &mut Tx, customer: &Customer) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    let version = integer("customer", customer.id.uuid(), customer.version)?;
    let done = sqlx::query!(
        "update customer
         set number = $3, name = $4, address_lines = $5, postal_code = $6, city = $7, country_code = $8, tax_id = $9, terms_id = $10,
           bank_accounts = $11, version = $12, updated_at = $13, metadata = $14
         where tenant_id = $1 and id = $2 and version = $12 - 1",
        tenant,
        customer.id.uuid(),
        customer.number,
        customer.name,
        &customer.address.lines,
        customer.address.postal_code,
        customer.address.city,
        customer.address.country_code,
        customer.tax_id,
        customer.terms_id.map(TermsId::uuid),
        &customer.bank_accounts,
        version,
        customer.updated_at,
        metadata_json(&customer.metadata),
    )
    .execute(&mut **tx)
    .await?;
    quittance_db::expect_rows(&done, "customer", 1)?;
    sqlx::query!("delete from customer_word where tenant_id = $1 and customer_id = $2", tenant, customer.id.uuid())
        .execute(&mut **tx)
        .await?;
    write_words(tx, &[customer.id.uuid()]).await?;
    sqlx::query!("delete from contact where tenant_id = $1 and customer_id = $2", tenant, customer.id.uuid())
        .execute(&mut **tx)
        .await?;
    insert_contacts(tx, &[customer]).await
}

struct Row {
    id: Uuid,
    number: Option<String>,
    name: String,
    address_lines: Vec<String>,
    postal_code: String,
    city: String,
    country_code: String,
    tax_id: String,
    terms_id: Option<Uuid>,
    bank_accounts: Vec<String>,
    version: i32,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    metadata: serde_json::Value,
}

/// Whether a customer has this contact now, and the name of it.
pub(crate) async fn contact_name(
    tx: &mut Tx,
    customer: CustomerId,
    contact: ContactId,
) -> Result<Option<String>, DbError> {
    let name = sqlx::query_scalar!(
        "select name from contact where tenant_id = $1 and customer_id = $2 and id = $3",
        tx.tenant().uuid(),
        customer.uuid(),
        contact.uuid(),
    );
    Ok(name.fetch_optional(&mut **tx).await?)
}

/// A customer, locked until the transaction ends.
pub(crate) async fn lock(tx: &mut Tx, id: CustomerId) -> Result<Customer, Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query!("select id from customer where tenant_id = $1 and id = $2 for update", tenant, id.uuid())
        .fetch_optional(&mut **tx)
        .await?;
    find(tx, id).await?.ok_or(Error::CustomerNotFound(id))
}

/// A customer.
pub(crate) async fn find(tx: &mut Tx, id: CustomerId) -> Result<Option<Customer>, DbError> {
    Ok(find_all(tx, &[id]).await?.remove(&id))
}

/// The existing ones of these customers.
pub(crate) async fn find_all(tx: &mut Tx, ids: &[CustomerId]) -> Result<HashMap<CustomerId, Customer>, DbError> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows = sqlx::query_as!(
        Row,
        "select c.id, number, name, address_lines, postal_code, city, country_code, tax_id, terms_id, bank_accounts, version, created_at,
           updated_at, metadata
         from unnest($2::uuid[]) as requested (id)
         join customer c on c.tenant_id = $1 and c.id = requested.id",
        tx.tenant().uuid(),
        &ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    let customers = with_contacts(tx, rows).await?;
    Ok(customers.into_iter().map(|customer| (customer.id, customer)).collect())
}

/// The filters of a list of customers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    /// Only the customer with this number.
    pub(crate) number: Option<String>,
    /// Only customers with words that begin so, folded.
    pub(crate) words: Vec<String>,
    /// Only those changed in this time.
    pub(crate) updated_at: Range<DateTime<Utc>>,
    /// Only those with all of these entries in their metadata.
    pub(crate) metadata: BTreeMap<String, String>,
}

/// The orders of a list of customers.
pub(crate) const ORDERS: [(&str, Column); 3] =
    [("create_time", Column::Id), ("update_time", Column::Time("updated_at")), ("name", Column::Text("name_key"))];

/// Where the customers of a page stand in their list.
pub(crate) async fn list(tx: &mut Tx, filter: Filter, window: Window) -> Result<Vec<Place>, DbError> {
    places(tx, filter, window).places(tx).await
}

/// The statement for them.
pub(super) fn places(tx: &Tx, filter: Filter, window: Window) -> List {
    let mut list = List::new(tx, "customer", ["tenant_id", "id"], window);
    list.compare("number = ", filter.number);
    list.within(["updated_at >= ", "updated_at < "], filter.updated_at);
    list.metadata("customer", filter.metadata);
    for word in filter.words {
        // All texts with a prefix lie between it and its successor, in byte order.
        let after = format!("{word}\u{10FFFF}");
        let words = "customer_word w where w.tenant_id = customer.tenant_id and w.customer_id = customer.id";
        list.exists(words, ["w.word >= ", "w.word < "], Range { from: Some(word), to: Some(after) });
    }
    list
}

/// The words of a text as they are searched for: without case and accents.
pub(crate) async fn search_words(tx: &mut Tx, text: &str) -> Result<Vec<String>, DbError> {
    Ok(sqlx::query_scalar!(r#"select search_words($1) as "word!""#, text).fetch_all(&mut **tx).await?)
}

/// Stores the words that these customers are found by, in place of those before.
async fn write_words(tx: &mut Tx, ids: &[Uuid]) -> Result<(), DbError> {
    sqlx::query!(
        "insert into customer_word (tenant_id, customer_id, word)
         select c.tenant_id, c.id, w.word
         from unnest($2::uuid[]) as requested (id)
         join customer c on c.tenant_id = $1 and c.id = requested.id
         cross join lateral search_words(c.name || ' ' || coalesce(c.number, '') || ' ' || c.tax_id) as w (word)",
        tx.tenant().uuid(),
        ids,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn with_contacts(tx: &mut Tx, rows: Vec<Row>) -> Result<Vec<Customer>, DbError> {
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let found = sqlx::query!(
        "select k.customer_id, k.id, k.name, k.email, k.phone, k.pays_invoices
         from unnest($2::uuid[]) as requested (id)
         join contact k on k.tenant_id = $1 and k.customer_id = requested.id
         order by k.customer_id, k.place",
        tenant,
        &ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut contacts: HashMap<Uuid, Vec<Contact>> = HashMap::new();
    for row in found {
        let contact = Contact {
            id: ContactId::new(row.id),
            name: row.name,
            email: row.email,
            phone: row.phone,
            pays_invoices: row.pays_invoices,
        };
        contacts.entry(row.customer_id).or_default().push(contact);
    }
    rows.into_iter()
        .map(|row| {
            Ok(Customer {
                id: CustomerId::new(row.id),
                number: row.number,
                name: row.name,
                address: Address {
                    lines: row.address_lines,
                    postal_code: row.postal_code,
                    city: row.city,
                    country_code: row.country_code,
                },
                tax_id: row.tax_id,
                terms_id: row.terms_id.map(TermsId::new),
                bank_accounts: row.bank_accounts,
                contacts: contacts.remove(&row.id).unwrap_or_default(),
                version: stored("customer", row.id, u32::try_from(row.version))?,
                metadata: metadata("customer", row.id, row.metadata)?,
                created_at: row.created_at,
                updated_at: row.updated_at,
            })
        })
        .collect()
}
