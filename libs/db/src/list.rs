//! The ids of a page of a list. A caller combines filters freely, so that the statement is put together here, of fixed parts; the rows themselves are read by
//! their ids, with checked statements.

use std::{collections::BTreeMap, fmt};

use chrono::{DateTime, NaiveDate, Utc};
use quittance_kernel::{Currency, parse_date};
use rust_decimal::Decimal;
use sqlx::{AssertSqlSafe, Encode, Execute as _, Postgres, QueryBuilder, Row as _, Type, postgres::PgRow};
use uuid::Uuid;

use crate::{DbError, Tx};

/// What a list is ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// The id, which is the order of creation.
    Id,
    /// A column of type `timestamptz`.
    Time(&'static str),
    /// A column of type `date`.
    Date(&'static str),
    /// A column of type `text collate "C"`.
    Text(&'static str),
}

impl Column {
    /// The column's name; `None` for the id.
    const fn name(self) -> Option<&'static str> {
        match self {
            Column::Id => None,
            Column::Time(name) | Column::Date(name) | Column::Text(name) => Some(name),
        }
    }
}

/// The order of a list; rows with equal values are ordered by their ids. Rows without a value are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// What it is ordered by.
    pub column: Column,
    /// From the largest to the smallest.
    pub descending: bool,
}

/// A value of the column that a list is ordered by.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    Id,
    Time(DateTime<Utc>),
    Date(NaiveDate),
    Text(String),
}

/// The part of a list that is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// The order of the list.
    pub order: Order,
    /// Only what comes after this place.
    pub after: Option<Place>,
    /// At most this many rows.
    pub limit: i64,
}

/// A range; a limit that is not given limits nothing. Whether the second limit is included is said where one is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range<T> {
    /// The first value.
    pub from: Option<T>,
    /// Where it ends.
    pub to: Option<T>,
}

impl<T> Default for Range<T> {
    fn default() -> Self {
        Self { from: None, to: None }
    }
}

impl<T: PartialOrd> Range<T> {
    /// Whether it ends before it begins.
    pub fn is_empty(&self) -> bool {
        self.from.as_ref().zip(self.to.as_ref()).is_some_and(|(from, to)| to < from)
    }

    /// Whether it has a limit.
    pub fn is_limited(&self) -> bool {
        self.from.is_some() || self.to.is_some()
    }
}

/// Amounts of one currency, both limits included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AmountRange {
    /// The currency.
    pub currency: Currency,
    /// The lowest and the highest amount.
    pub amounts: Range<Decimal>,
}

/// Where a row stands in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The row's id.
    pub id: Uuid,
    value: Value,
}

impl Place {
    /// The place of a row in a list in the order of creation.
    pub fn by_id(id: Uuid) -> Self {
        Self { id, value: Value::Id }
    }

    /// The place as texts, for a page token.
    pub fn key(&self) -> Vec<String> {
        let id = self.id.to_string();
        match &self.value {
            Value::Id => vec![id],
            Value::Time(at) => vec![at.timestamp_micros().to_string(), id],
            Value::Date(date) => vec![date.to_string(), id],
            Value::Text(text) => vec![text.clone(), id],
        }
    }

    /// The place that these texts are the key of, in a list in the order of a column.
    pub fn parse(column: Column, key: &[String]) -> Option<Self> {
        let (id, value) = match (column, key) {
            (Column::Id, [id]) => (id, Value::Id),
            (Column::Time(_), [at, id]) => {
                let micros = at.parse().ok().filter(|micros| *micros >= 0)?;
                (id, Value::Time(DateTime::from_timestamp_micros(micros)?))
            }
            (Column::Date(_), [date, id]) => (id, Value::Date(parse_date(date).ok()?)),
            // PostgreSQL stores no text with a zero.
            (Column::Text(_), [text, id]) if !text.contains('\0') => (id, Value::Text(text.clone())),
            _ => return None,
        };
        Some(Self { id: Uuid::parse_str(id).ok()?, value })
    }

    fn of_row(column: Column, row: &PgRow) -> Result<Self, DbError> {
        let value = match column {
            Column::Id => Value::Id,
            Column::Time(_) => Value::Time(row.try_get("value")?),
            Column::Date(_) => Value::Date(row.try_get("value")?),
            Column::Text(_) => Value::Text(row.try_get("value")?),
        };
        Ok(Self { id: row.try_get("id")?, value })
    }
}

/// A statement for the ids of a page.
pub struct List {
    query: QueryBuilder<Postgres>,
    tenant: Uuid,
    id: &'static str,
    window: Window,
}

impl fmt::Debug for List {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("List").field("window", &self.window).finish_non_exhaustive()
    }
}

impl List {
    /// The rows of the tenant in a table or join, `source`, of which the two columns are those of tenant and id.
    pub fn new(tx: &Tx, source: &'static str, [tenant_id, id]: [&'static str; 2], window: Window) -> Self {
        let value = window.order.column.name().map(|column| format!(", {column} as value")).unwrap_or_default();
        let mut query = QueryBuilder::new(format!("select {id} as id{value} from {source} where {tenant_id} = "));
        let tenant = tx.tenant().uuid();
        query.push_bind(tenant);
        Self { query, tenant, id, window }
    }

    /// Only rows for which a condition holds.
    pub fn only(&mut self, condition: &'static str) {
        self.query.push(" and ").push(condition);
    }

    /// Only rows for which a comparison with a value holds, such as `i.total >= `; all rows without a value.
    pub fn compare<T>(&mut self, comparison: &'static str, value: Option<T>)
    where
        T: Encode<'static, Postgres> + Type<Postgres> + Send + 'static,
    {
        if let Some(value) = value {
            self.query.push(" and ").push(comparison).push_bind(value);
        }
    }

    /// Only rows with one of these values; all rows if there are none.
    pub fn any<T>(&mut self, column: &'static str, mut values: Vec<T>)
    where
        T: Encode<'static, Postgres> + Type<Postgres> + Send + 'static,
        Vec<T>: Encode<'static, Postgres> + Type<Postgres>,
    {
        match values.len() {
            0 => {}
            // A single value keeps the order of an index that begins with the column.
            1 => drop(self.query.push(" and ").push(column).push(" = ").push_bind(values.remove(0))),
            _ => self.compare_any(column, values),
        }
    }

    /// Only rows with one of these values; no rows if there are none.
    pub fn compare_any<T>(&mut self, column: &'static str, values: Vec<T>)
    where
        T: Send + 'static,
        Vec<T>: Encode<'static, Postgres> + Type<Postgres>,
    {
        self.query.push(" and ").push(column).push(" = any(").push_bind(values).push(")");
    }

    /// Only rows for which one of these conditions holds; all rows if there are none.
    pub fn either(&mut self, conditions: impl IntoIterator<Item = &'static str>) {
        let conditions: Vec<String> = conditions.into_iter().map(|condition| format!("({condition})")).collect();
        if !conditions.is_empty() {
            self.query.push(format!(" and ({})", conditions.join(" or ")));
        }
    }

    /// Only rows within a range, by the comparisons with its two limits.
    pub fn within<T>(&mut self, [from, to]: [&'static str; 2], range: Range<T>)
    where
        T: Encode<'static, Postgres> + Type<Postgres> + Send + 'static,
    {
        self.compare(from, range.from);
        self.compare(to, range.to);
    }

    /// Only rows for which another table has a row within a range, by the comparisons with its two limits. `source` is that table with the condition that joins it.
    pub fn exists<T>(&mut self, source: &'static str, comparisons: [&'static str; 2], range: Range<T>)
    where
        T: Encode<'static, Postgres> + Type<Postgres> + Send + 'static,
    {
        self.query.push(" and exists (select from ").push(source);
        self.within(comparisons, range);
        self.query.push(")");
    }

    /// Only rows of a table with all of these entries in their metadata.
    pub fn metadata(&mut self, table: &'static str, entries: BTreeMap<String, String>) {
        for (key, value) in entries {
            self.query.push(format!(" and {} in (select m.id from metadata_entry m where m.tenant_id = ", self.id));
            self.query.push_bind(self.tenant).push(format!(" and m.collection = '{table}' and m.key = "));
            self.query.push_bind(key).push(" and m.value = ").push_bind(value).push(")");
        }
    }

    /// Where the rows stand.
    pub async fn places(mut self, tx: &mut Tx) -> Result<Vec<Place>, DbError> {
        let column = self.window.order.column;
        self.finish();
        let rows = self.query.build().fetch_all(&mut **tx).await?;
        rows.iter().map(|row| Place::of_row(column, row)).collect()
    }

    /// How PostgreSQL would find the rows, as JSON: for tests that hold lists against their indexes.
    pub async fn plan(mut self, tx: &mut Tx) -> Result<serde_json::Value, DbError> {
        self.finish();
        let mut query = self.query.build();
        let arguments = query.take_arguments().map_err(sqlx::Error::Encode)?.unwrap_or_default();
        let statement = AssertSqlSafe(format!("explain (format json, costs off) {}", query.sql().as_str()));
        Ok(sqlx::query_with(statement, arguments).fetch_one(&mut **tx).await?.try_get(0)?)
    }

    fn finish(&mut self) {
        let (order, after) = (self.window.order, self.window.after.take());
        let (comparison, direction) = if order.descending { ("<", " desc") } else { (">", "") };
        let (id, query) = (self.id, &mut self.query);
        let column = order.column.name();
        match (after, column) {
            (None, None) => {}
            // Also the first page leaves out rows without a value.
            (None, Some(column)) => {
                query.push(format!(" and {column} is not null"));
            }
            (Some(Place { id: after, value }), column) => {
                let columns = column.map_or(id.to_owned(), |column| format!("({column}, {id})"));
                query.push(format!(" and {columns} {comparison} ("));
                match value {
                    Value::Id => {}
                    Value::Time(at) => drop(query.push_bind(at).push(", ")),
                    Value::Date(date) => drop(query.push_bind(date).push(", ")),
                    Value::Text(text) => drop(query.push_bind(text).push(", ")),
                }
                query.push_bind(after).push(")");
            }
        }
        query.push(" order by ");
        if let Some(column) = column {
            query.push(format!("{column}{direction}, "));
        }
        query.push(format!("{id}{direction} limit ")).push_bind(self.window.limit);
    }
}
