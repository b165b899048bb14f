use super::*;
use crate::domain::samples::now;

fn contact(name: &str, pays_invoices: bool) -> ContactContent {
    ContactContent { id: None, name: name.to_owned(), email: String::new(), phone: String::new(), pays_invoices }
}

fn content() -> CustomerContent {
    CustomerContent {
        number: Some("C-1".to_owned()),
        name: "Nordlicht GmbH".to_owned(),
        address: Address::default(),
        tax_id: String::new(),
        terms_id: None,
        bank_accounts: vec![" DE89 3704 0044 0532 0130 00 ".to_owned()],
        contacts: vec![contact("Reception", false), contact("Accounts", true)],
        metadata: Metadata::default(),
    }
}

fn customer() -> Customer {
    let content = content().checked().unwrap();
    Customer::create(CustomerId::at(now()), content, || ContactId::at(now()), now()).unwrap()
}

fn bad_fields(content: CustomerContent) -> Vec<String> {
    content.checked().unwrap_err().into_iter().map(|bad| bad.field).collect()
}

#[test]
fn bank_accounts_are_trimmed() {
    assert_eq!(customer().bank_accounts, ["DE89 3704 0044 0532 0130 00"]);
}

#[test]
fn every_bad_field_is_named() {
    let bad = CustomerContent {
        number: Some(String::new()),
        name: "x".repeat(201),
        address: Address { country_code: "de".to_owned(), ..Address::default() },
        bank_accounts: vec!["1".to_owned(), "  ".to_owned(), " 1".to_owned()],
        contacts: vec![ContactContent { email: "nobody".to_owned(), ..contact("", true) }],
        ..content()
    };
    let expected = [
        "number",
        "name",
        "address.country_code",
        "bank_accounts[1]",
        "bank_accounts[2]",
        "contacts[0].name",
        "contacts[0].email",
    ];
    assert_eq!(bad_fields(bad), expected);
    let many = CustomerContent {
        bank_accounts: (0..21).map(|number| number.to_string()).collect(),
        contacts: vec![contact("Accounts", true); 21],
        ..content()
    };
    assert_eq!(bad_fields(many), ["bank_accounts", "contacts"]);
}

#[test]
fn contacts_given_with_their_id_keep_it() {
    let before = customer();
    let kept = before.contacts[1].id;
    let patch = CustomerPatch {
        contacts: Some(vec![contact("New", false), ContactContent { id: Some(kept), ..contact("Ledger", true) }]),
        ..CustomerPatch::default()
    };
    let after = before.clone().update(patch.onto(&before).unwrap(), || ContactId::at(now())).unwrap();
    assert_eq!((after.contacts[1].name.as_str(), after.contacts.len()), ("Ledger", 2));
    assert_eq!((after.version, after.name.as_str()), (2, "Nordlicht GmbH"));

    let stranger = ContactId::at(now());
    let patch = CustomerPatch {
        contacts: Some(vec![ContactContent { id: Some(stranger), ..contact("New", false) }]),
        ..CustomerPatch::default()
    };
    let refused = before.clone().update(patch.onto(&before).unwrap(), || ContactId::at(now()));
    assert_eq!(refused, Err(Refusal::ContactNotFound(stranger)));
}

#[test]
fn an_empty_patch_changes_nothing_but_the_version() {
    let before = customer();
    let content = CustomerPatch::default().onto(&before).unwrap();
    let after = before.clone().update(content, || ContactId::at(now())).unwrap();
    assert_eq!(Customer { version: 1, ..after }, before);
}

#[test]
fn single_fields_of_an_address_change_alone() {
    let before = customer();
    let parts = AddressPatch { city: Some("Bergen".to_owned()), lines: Some(Vec::new()), ..AddressPatch::default() };
    let patch = CustomerPatch { address_parts: parts.clone(), ..CustomerPatch::default() }.checked().unwrap();
    let after = patch.onto(&before).unwrap().address;
    assert_eq!(after, Address { city: "Bergen".to_owned(), lines: Vec::new(), ..before.address });
    let country = AddressPatch { country_code: Some("no".to_owned()), ..parts };
    let bad = CustomerPatch { address_parts: country, ..CustomerPatch::default() }.checked().unwrap_err();
    assert_eq!(bad.iter().map(|bad| bad.field.as_str()).collect::<Vec<_>>(), ["address.country_code"]);
}

#[test]
fn of_a_patch_what_it_changes_is_checked() {
    let patch = CustomerPatch { tax_id: Some("DE\n1".to_owned()), ..CustomerPatch::default() };
    let bad = patch.checked().unwrap_err();
    assert_eq!(bad.iter().map(|bad| bad.field.as_str()).collect::<Vec<_>>(), ["tax_id"]);
    let everything = CustomerPatch {
        number: Some(Some(String::new())),
        name: Some(" ".to_owned()),
        address: Some(Address { country_code: "de".to_owned(), ..content().address }),
        tax_id: Some("x".repeat(101)),
        terms_id: None,
        bank_accounts: Some(vec![" DE1 ".to_owned(), "DE1".to_owned()]),
        contacts: Some(vec![contact("", true)]),
        ..CustomerPatch::default()
    };
    let bad = everything.checked().unwrap_err();
    let fields: Vec<&str> = bad.iter().map(|bad| bad.field.as_str()).collect();
    assert_eq!(fields, ["number", "name", "address.country_code", "tax_id", "bank_accounts[1]", "contacts[0].name"]);
}
