//! A migration runs while calls are answered, on tables of any size, and beside the version before: it neither rewrites a table, nor locks one for as long as
//! reading it takes, nor takes away what the older version uses.

use std::{collections::BTreeMap, fs};

use quittance_architecture::{migrations, shown};
use squawk_linter::{Linter, Rule};
use squawk_syntax::{
    SourceFile,
    ast::{self, AstNode as _},
};

/// What is refused, by the linter's names.
const RULES: [Rule; 14] = [
    // Lock out writers, or everybody, while the table is read.
    Rule::AddingForeignKeyConstraint,
    Rule::AddingNotNullableField,
    Rule::ConstraintMissingNotValid,
    Rule::DisallowedUniqueConstraint,
    Rule::RequireConcurrentIndexCreation,
    Rule::RequireConcurrentReindex,
    // Rewrite the table.
    Rule::AddingFieldWithDefault,
    Rule::AddingSerialPrimaryKeyField,
    Rule::ChangingColumnType,
    // Break the version before.
    Rule::AddingRequiredField,
    Rule::BanDropColumn,
    Rule::BanDropTable,
    Rule::RenamingColumn,
    Rule::RenamingTable,
];
/// A statement that changes the rows of a whole table in the migration's transaction.
const CHANGES_ROWS: &str = "changes-rows";

/// What landed before installations had to be migrated at work, and how often. The list only gets shorter.
const KNOWN: [(&str, &str, usize); 36] = [
    ("libs/events/migrations/0203_kafka.sql", "changes-rows", 1),
    ("libs/events/migrations/0203_kafka.sql", "constraint-missing-not-valid", 1),
    ("libs/events/migrations/0203_kafka.sql", "require-concurrent-index-creation", 1),
    ("libs/events/migrations/0204_place.sql", "constraint-missing-not-valid", 1),
    ("libs/events/migrations/0206_discarded.sql", "constraint-missing-not-valid", 3),
    ("libs/events/migrations/0207_first_build.sql", "changes-rows", 1),
    ("services/collections/migrations/1006_lists.sql", "adding-not-nullable-field", 2),
    ("services/collections/migrations/1006_lists.sql", "changes-rows", 2),
    ("services/collections/migrations/1006_lists.sql", "require-concurrent-index-creation", 6),
    ("services/credit-risk/migrations/1005_lists.sql", "adding-not-nullable-field", 2),
    ("services/credit-risk/migrations/1005_lists.sql", "changes-rows", 2),
    ("services/credit-risk/migrations/1005_lists.sql", "require-concurrent-index-creation", 4),
    ("services/invoicing/migrations/1004_write_offs.sql", "adding-field-with-default", 1),
    ("services/invoicing/migrations/1004_write_offs.sql", "ban-drop-column", 1),
    ("services/invoicing/migrations/1004_write_offs.sql", "constraint-missing-not-valid", 6),
    ("services/invoicing/migrations/1004_write_offs.sql", "require-concurrent-index-creation", 2),
    ("services/invoicing/migrations/1005_numbers.sql", "changes-rows", 2),
    ("services/invoicing/migrations/1005_numbers.sql", "require-concurrent-index-creation", 3),
    ("services/invoicing/migrations/1006_lines.sql", "adding-not-nullable-field", 1),
    ("services/invoicing/migrations/1006_lines.sql", "ban-drop-table", 1),
    ("services/invoicing/migrations/1006_lines.sql", "changes-rows", 1),
    ("services/invoicing/migrations/1006_lines.sql", "require-concurrent-index-creation", 7),
    ("services/invoicing/migrations/1008_lists.sql", "adding-field-with-default", 5),
    ("services/invoicing/migrations/1008_lists.sql", "adding-not-nullable-field", 3),
    ("services/invoicing/migrations/1008_lists.sql", "changes-rows", 3),
    ("services/invoicing/migrations/1008_lists.sql", "require-concurrent-index-creation", 14),
    ("services/payments/migrations/1006_matching.sql", "adding-field-with-default", 2),
    ("services/payments/migrations/1006_matching.sql", "constraint-missing-not-valid", 2),
    ("services/payments/migrations/1006_matching.sql", "require-concurrent-index-creation", 5),
    ("services/payments/migrations/1007_account_keys.sql", "changes-rows", 2),
    ("services/payments/migrations/1008_due_by_tenant.sql", "require-concurrent-index-creation", 3),
    ("services/payments/migrations/1009_lists.sql", "adding-not-nullable-field", 1),
    ("services/payments/migrations/1009_lists.sql", "changes-rows", 1),
    ("services/payments/migrations/1009_lists.sql", "require-concurrent-index-creation", 3),
    ("services/reporting/migrations/1004_write_offs.sql", "constraint-missing-not-valid", 1),
    ("services/reporting/migrations/1005_cash_by_customer.sql", "require-concurrent-index-creation", 1),
];

fn found() -> BTreeMap<(String, String), usize> {
    let mut found = BTreeMap::new();
    for path in migrations() {
        let text = fs::read_to_string(&path).unwrap();
        let parsed = SourceFile::parse(&text);
        assert!(parsed.errors().is_empty(), "{}: {:?}", shown(&path), parsed.errors());
        let mut linter = Linter::from(RULES);
        linter.settings.assume_in_transaction = !text.starts_with("-- no-transaction");
        let refused = linter.lint(&parsed, &text).into_iter().map(|violation| violation.code.to_string());
        let changed = parsed
            .tree()
            .syntax()
            .children()
            .filter(|statement| ast::Update::can_cast(statement.kind()) || ast::Delete::can_cast(statement.kind()));
        for rule in refused.chain(changed.map(|_| CHANGES_ROWS.to_owned())) {
            *found.entry((shown(&path), rule)).or_insert(0) += 1;
        }
    }
    found
}

#[test]
fn migrations_neither_rewrite_nor_lock_large_tables() {
    let found = found();
    let known: BTreeMap<(String, String), usize> =
        KNOWN.iter().map(|(file, rule, count)| (((*file).to_owned(), (*rule).to_owned()), *count)).collect();
    let mut wrong: Vec<String> = Vec::new();
    for (what @ (file, rule), count) in &found {
        if known.get(what) != Some(count) {
            wrong.push(format!("(\"{file}\", \"{rule}\", {count}),"));
        }
    }
    wrong.extend(
        known
            .keys()
            .filter(|what| !found.contains_key(*what))
            .map(|what| format!("{what:?} is mended: remove its entry")),
    );
    assert!(wrong.is_empty(), "see docs/how-to/add-a-migration.md\n{}", wrong.join("\n"));
}

/// The rules see what they are for.
#[test]
fn what_is_refused_is_seen() {
    for (statement, rule) in [
        ("create index a on invoice (total);", "require-concurrent-index-creation"),
        ("alter table invoice alter column total type text;", "changing-column-type"),
        ("alter table invoice alter column total set not null;", "adding-not-nullable-field"),
        ("alter table invoice add column a uuid default gen_random_uuid();", "adding-field-with-default"),
        ("alter table invoice add constraint a check (total > 0);", "constraint-missing-not-valid"),
        ("alter table invoice drop column total;", "ban-drop-column"),
    ] {
        let found = Linter::from(RULES).lint(&SourceFile::parse(statement), statement);
        assert!(found.iter().any(|violation| violation.code.to_string() == rule), "{statement}: {found:?}");
    }
    let safe =
        "create table a (id bigint primary key); create index b on a (id); alter table invoice add column c text;";
    let mut linter = Linter::from(RULES);
    linter.settings.assume_in_transaction = true;
    assert!(linter.lint(&SourceFile::parse(safe), safe).is_empty());
}
