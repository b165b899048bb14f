//! The order of a list, as callers name it (<https://google.aip.dev/132#ordering>).

use quittance_db::{Column, Order};

/// The orders of a list by the names of `order_by`; the first is the default.
pub type OrderBy = [(&'static str, Column)];

/// The order that is asked for: `due_on`, or `due_on desc` for the largest first.
pub fn order_by(value: &str, known: &OrderBy) -> Result<Order, (&'static str, String)> {
    let mut words = value.split_whitespace();
    let name = words.next();
    let descending = match (words.next(), words.next()) {
        (None | Some("asc"), None) => Some(false),
        (Some("desc"), None) => Some(true),
        _ => None,
    };
    let found = match name {
        None => known.first(),
        Some(name) => known.iter().find(|(known, _)| *known == name),
    };
    found.zip(descending).map(|((_, column), descending)| Order { column: *column, descending }).ok_or_else(|| {
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        let description = format!("is not one of {}, alone or followed by \" desc\"", names.join(", "));
        ("ORDER_UNKNOWN", description)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_has_a_name_and_a_direction() {
        const KNOWN: &OrderBy = &[("create_time", Column::Id), ("due_on", Column::Date("due_on"))];
        let order = |value| order_by(value, KNOWN).ok();
        let of = |column, descending| Some(Order { column, descending });
        assert_eq!(order(""), of(Column::Id, false));
        assert_eq!(order("create_time desc"), of(Column::Id, true));
        assert_eq!(order(" due_on  asc "), of(Column::Date("due_on"), false));
        for wrong in ["due", "desc", "due_on down", "due_on desc, create_time", "due_on;drop table invoice"] {
            assert_eq!(order(wrong), None, "{wrong}");
        }
    }
}
