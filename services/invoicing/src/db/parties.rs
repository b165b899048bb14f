//! Seller and customer of a document, as they were when it was issued.
//!
//! A version that a tenant or a customer no longer has is a row of `tenant_version` or `customer_version`, written when it was changed. A document that was
//! issued by a service that did not keep versions yet names none, and has the first one that was replaced after its issue.

use chrono::{DateTime, Utc};
use quittance_db::{DbError, Tx, row::stored};
use quittance_kernel::{Bug, ContactId, CreditNoteId, CustomerId, InvoiceId};
use serde::Deserialize;
use sqlx::types::Json;

use crate::{
    Error,
    domain::{Address, Addressee, Buyer, Enquiries, Parties, Seller},
};

/// The versions that a document was issued with, and when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Versions {
    tenant: Option<i32>,
    customer: Option<i32>,
    issued_at: DateTime<Utc>,
}

/// The versions of an invoice; `None` if it is a draft.
pub(crate) async fn versions_of_invoice(tx: &mut Tx, id: InvoiceId) -> Result<Option<Versions>, DbError> {
    let versions = sqlx::query_as!(
        Versions,
        r#"select tenant_version as tenant, customer_version as customer, issued_at as "issued_at!"
           from invoice
           where tenant_id = $1 and id = $2 and issued_at is not null"#,
        tx.tenant().uuid(),
        id.uuid(),
    );
    Ok(versions.fetch_optional(&mut **tx).await?)
}

/// The versions of a credit note.
pub(crate) async fn versions_of_credit_note(tx: &mut Tx, id: CreditNoteId) -> Result<Option<Versions>, DbError> {
    let versions = sqlx::query_as!(
        Versions,
        "select tenant_version as tenant, customer_version as customer, issued_at from credit_note where tenant_id = $1 and id = $2",
        tx.tenant().uuid(),
        id.uuid(),
    );
    Ok(versions.fetch_optional(&mut **tx).await?)
}

/// Both sides of a document with these versions.
pub(crate) async fn find(tx: &mut Tx, customer: CustomerId, versions: Versions) -> Result<Parties, Error> {
    // The version that is named, or any that was replaced after the issue.
    let from =
        |version: Option<i32>| version.map_or((0, versions.issued_at), |version| (version, DateTime::UNIX_EPOCH));
    let seller = seller(tx, from(versions.tenant)).await?;
    let buyer = buyer(tx, customer, from(versions.customer)).await?;
    Ok(Parties {
        seller: seller.ok_or(Bug("a document's tenant is missing"))?,
        buyer: buyer.ok_or(Error::CustomerNotFound(customer))?,
    })
}

/// The first version of the tenant from this one on that was replaced after this time, or still is the tenant's.
async fn seller(tx: &mut Tx, (version, replaced_after): (i32, DateTime<Utc>)) -> Result<Option<Seller>, DbError> {
    let row = sqlx::query!(
        r#"select name as "name!", address_lines as "address_lines!", postal_code as "postal_code!", city as "city!",
             country_code as "country_code!", tax_id as "tax_id!", enquiries_name as "enquiries_name!", enquiries_email as "enquiries_email!",
             enquiries_phone as "enquiries_phone!", late_payment_consequences as "late_payment_consequences!", bank_account as "bank_account!",
             terms_and_conditions as "terms_and_conditions!"
           from (
             (select version, name, address_lines, postal_code, city, country_code, tax_id, enquiries_name, enquiries_email, enquiries_phone,
                late_payment_consequences, bank_account, terms_and_conditions
              from tenant_version
              where tenant_id = $1 and version >= $2 and replaced_at > $3
              order by version
              limit 1)
             union all
             (select version, name, address_lines, postal_code, city, country_code, tax_id, enquiries_name, enquiries_email, enquiries_phone,
                late_payment_consequences, bank_account, terms_and_conditions
              from tenant
              where tenant_id = $1)
           ) kept
           order by version
           limit 1"#,
        tx.tenant().uuid(),
        version,
        replaced_after,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| Seller {
        name: row.name,
        address: Address {
            lines: row.address_lines,
            postal_code: row.postal_code,
            city: row.city,
            country_code: row.country_code,
        },
        tax_id: row.tax_id,
        enquiries: Enquiries { name: row.enquiries_name, email: row.enquiries_email, phone: row.enquiries_phone },
        late_payment_consequences: row.late_payment_consequences,
        bank_account: row.bank_account,
        terms_and_conditions: row.terms_and_conditions,
    }))
}

/// A stored contact.
#[derive(Debug, Deserialize)]
struct StoredContact {
    id: String,
    name: String,
}

/// The same of a customer.
async fn buyer(
    tx: &mut Tx,
    id: CustomerId,
    (version, replaced_after): (i32, DateTime<Utc>),
) -> Result<Option<Buyer>, DbError> {
    let row = sqlx::query!(
        r#"select number, name as "name!", address_lines as "address_lines!", postal_code as "postal_code!", city as "city!",
             country_code as "country_code!", tax_id as "tax_id!", contacts as "contacts!: Json<Vec<StoredContact>>"
           from (
             (select version, number, name, address_lines, postal_code, city, country_code, tax_id, contacts
              from customer_version
              where tenant_id = $1 and customer_id = $2 and version >= $3 and replaced_at > $4
              order by version
              limit 1)
             union all
             (select version, number, name, address_lines, postal_code, city, country_code, tax_id,
                (select coalesce(json_agg(json_build_object('id', k.id, 'name', k.name) order by k.place), '[]')
                 from contact k
                 where k.tenant_id = $1 and k.customer_id = $2)
              from customer
              where tenant_id = $1 and id = $2)
           ) kept
           order by version
           limit 1"#,
        tx.tenant().uuid(),
        id.uuid(),
        version,
        replaced_after,
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let contacts = row.contacts.0.into_iter().map(|stored| stored.into_addressee(id));
    Ok(Some(Buyer {
        contacts: contacts.collect::<Result<_, _>>()?,
        number: row.number,
        name: row.name,
        address: Address {
            lines: row.address_lines,
            postal_code: row.postal_code,
            city: row.city,
            country_code: row.country_code,
        },
        tax_id: row.tax_id,
    }))
}

impl StoredContact {
    fn into_addressee(self, customer: CustomerId) -> Result<Addressee, DbError> {
        let id = stored("customer_version", customer.uuid(), ContactId::parse(&self.id))?;
        Ok(Addressee { id, name: self.name })
    }
}
