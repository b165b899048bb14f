//! Customers by name. Banks truncate, capitalise and transliterate names, so equal ones are compared in a normal form, and
//! similar ones are scored.

use std::collections::{HashMap, HashSet};

use crate::index::{CustomerIx, Origin};

/// Legal forms: they distinguish two companies only if nothing else does.
const LEGAL_FORMS: [&str; 42] = [
    "AB",
    "AG",
    "AS",
    "ASA",
    "BV",
    "CO",
    "COMPANY",
    "CORP",
    "CORPORATION",
    "CV",
    "EG",
    "EK",
    "EV",
    "GBR",
    "GMBH",
    "HAFTUNGSBESCHRANKT",
    "INC",
    "INCORPORATED",
    "KFT",
    "KG",
    "KGAA",
    "LIMITED",
    "LLC",
    "LLP",
    "LP",
    "LTD",
    "MBH",
    "NV",
    "OHG",
    "OY",
    "OYJ",
    "PLC",
    "PTY",
    "SA",
    "SARL",
    "SAS",
    "SE",
    "SL",
    "SPA",
    "SRL",
    "UG",
    "VOF",
];
/// The minimum length of a truncated name.
const MIN_CUT: usize = 24;
/// The most customers that are scored because they share a word.
const MAX_SHARING: usize = 64;

/// A similar name, and how similar: 100 is equal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Similar {
    /// The customer.
    pub customer: CustomerIx,
    /// Jaro-Winkler similarity of the names without legal forms, in percent.
    pub score: u8,
}

#[derive(Debug, Clone)]
struct Known {
    customer: CustomerIx,
    full: String,
    core: String,
}

/// The names of a book's customers.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    known: Vec<Known>,
    full: HashMap<String, Vec<(CustomerIx, Origin)>>,
    core: HashMap<String, Vec<CustomerIx>>,
    by_word: HashMap<String, Vec<u32>>,
    by_customer: HashMap<CustomerIx, Vec<u32>>,
}

impl Names {
    pub(super) fn add(&mut self, customer: CustomerIx, name: &str, origin: Origin) {
        let full = name_key(name);
        if full.is_empty() {
            return;
        }
        let core = core(&full);
        let at = u32::try_from(self.known.len()).unwrap_or(u32::MAX);
        for word in core.split(' ').collect::<HashSet<_>>() {
            self.by_word.entry(word.to_owned()).or_default().push(at);
        }
        let owners = self.full.entry(full.clone()).or_default();
        if !owners.iter().any(|(owner, _)| *owner == customer) {
            owners.push((customer, origin));
        }
        let owners = self.core.entry(core.clone()).or_default();
        if !owners.contains(&customer) {
            owners.push(customer);
        }
        self.by_customer.entry(customer).or_default().push(at);
        self.known.push(Known { customer, full, core });
    }

    /// The one customer with this name, ignoring case, accents and punctuation, if no other differs from it in
    /// nothing but the legal form.
    pub(super) fn exactly(&self, name: &str) -> Option<(CustomerIx, Origin)> {
        let full = name_key(name);
        if full.is_empty() {
            return None;
        }
        let alike = self.core.get(&core(&full)).map_or(&[][..], Vec::as_slice);
        match (self.full.get(&full).map(Vec::as_slice), alike) {
            (Some([owner]), [_]) => Some(*owner),
            (None, [only]) => Some((*only, Origin::Record)),
            (None, []) => self.begins_with(&full),
            _ => None,
        }
    }

    /// The one customer whose name begins with this truncated name: formats limit names to 27 or 35 characters.
    fn begins_with(&self, cut: &str) -> Option<(CustomerIx, Origin)> {
        if cut.len() < MIN_CUT {
            return None;
        }
        let sharing = cut.split(' ').next().and_then(|word| self.by_word.get(word)).map_or(&[][..], Vec::as_slice);
        let known = sharing.iter().filter_map(|at| self.known.get(*at as usize));
        let mut owners: Vec<CustomerIx> =
            known.filter(|known| known.full.starts_with(cut)).map(|known| known.customer).collect();
        owners.dedup();
        match owners.as_slice() {
            [only] => Some((*only, Origin::Record)),
            _ => None,
        }
    }

    /// Customers with a similar name, the most similar first, each once. Only those that share a word are compared.
    pub(super) fn similar(&self, name: &str) -> Vec<Similar> {
        let wanted = core(&name_key(name));
        let mut best: HashMap<CustomerIx, u8> = HashMap::new();
        let mut seen = HashSet::new();
        for word in wanted.split(' ') {
            let sharing = self.by_word.get(word).map_or(&[][..], Vec::as_slice);
            if sharing.len() > MAX_SHARING {
                continue;
            }
            for at in sharing.iter().filter(|at| seen.insert(**at)) {
                if let Some(known) = self.known.get(*at as usize) {
                    let score = similarity(&wanted, &known.core);
                    let kept = best.entry(known.customer).or_default();
                    *kept = score.max(*kept);
                }
            }
        }
        let mut similar: Vec<Similar> = best.into_iter().map(|(customer, score)| Similar { customer, score }).collect();
        similar.sort_by_key(|found| (std::cmp::Reverse(found.score), found.customer));
        similar
    }

    /// How similar the name is to the customer's most similar name, in percent.
    pub(super) fn likeness(&self, name: &str, customer: CustomerIx) -> u8 {
        let wanted = core(&name_key(name));
        let own = self.by_customer.get(&customer).into_iter().flatten();
        let own = own.filter_map(|at| self.known.get(*at as usize));
        own.map(|known| similarity(&wanted, &known.core)).max().unwrap_or(0)
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 100")]
fn similarity(left: &str, right: &str) -> u8 {
    if left.is_empty() || right.is_empty() {
        return 0;
    }
    (strsim::jaro_winkler(left, right) * 100.0).floor() as u8
}

/// The normal form of a name: words of ASCII letters and digits in capitals, separated by one blank.
pub fn name_key(name: &str) -> String {
    // Banks write an umlaut with an e, without, or as it is.
    let ascii =
        deunicode::deunicode(name).to_ascii_uppercase().replace("AE", "A").replace("OE", "O").replace("UE", "U");
    // "S.p.A." is one word, "Co. KG" two.
    let dotless: String = ascii.chars().filter(|letter| !matches!(letter, '.' | '\'')).collect();
    let words = dotless.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// The lookup key of a name: [`name_key`] without legal forms.
pub fn name_core(name: &str) -> String {
    core(&name_key(name))
}

/// The name without legal forms; the whole name, if nothing else is left.
fn core(full: &str) -> String {
    let words: Vec<&str> = full.split(' ').filter(|word| LEGAL_FORMS.binary_search(word).is_err()).collect();
    if words.is_empty() { full.to_owned() } else { words.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[&str]) -> Names {
        let mut names = Names::default();
        for (at, name) in (0..).zip(list) {
            names.add(CustomerIx(at), name, Origin::Record);
        }
        names
    }

    #[test]
    fn legal_forms_are_sorted() {
        assert!(LEGAL_FORMS.is_sorted());
    }

    #[test]
    fn a_name_is_the_same_however_a_bank_writes_it() {
        let names = names(&["Müller & Söhne GmbH", "Acme S.p.A."]);
        for written in
            ["MULLER SOHNE GMBH", "Müller & Söhne GmbH", "müller  & söhne", "MULLER + SOHNE AG", "MUELLER & SOEHNE"]
        {
            assert_eq!(names.exactly(written), Some((CustomerIx(0), Origin::Record)), "{written}");
        }
        assert_eq!(names.exactly("ACME SPA"), Some((CustomerIx(1), Origin::Record)));
        assert_eq!(names.exactly("Acme North"), None);
        assert_eq!(names.exactly(""), None);
    }

    #[test]
    fn a_name_that_a_bank_cut_is_known_if_only_one_begins_so() {
        let names = names(&[
            "Rheinische Papierverarbeitung West GmbH",
            "Nordwind Handel und Transport Ost",
            "Nordwind Handel und Transport Süd",
        ]);
        assert_eq!(names.exactly("RHEINISCHE PAPIERVERARBEITU"), Some((CustomerIx(0), Origin::Record)));
        assert_eq!(names.exactly("NORDWIND HANDEL UND TRANSPORT"), None);
        assert_eq!(names.exactly("RHEINISCHE"), None);
    }

    #[test]
    fn companies_that_differ_in_their_form_only_are_not_told_apart() {
        let names = names(&["Acme GmbH", "Acme Ltd", "Beta AG"]);
        assert_eq!(names.exactly("Acme GmbH"), None);
        assert_eq!(names.exactly("Acme"), None);
        assert_eq!(names.exactly("Beta"), Some((CustomerIx(2), Origin::Record)));
    }

    #[test]
    fn similar_names_are_ranked() {
        let names = names(&["Nordwind Handel GmbH", "Nordwind Logistik GmbH", "Other AG"]);
        let similar = names.similar("NORDWIND HANDLE");
        assert_eq!(similar.iter().map(|found| found.customer.0).collect::<Vec<_>>(), [0, 1]);
        assert!(similar[0].score > 90 && similar[0].score > similar[1].score);
        assert!(names.similar("").is_empty());
        assert_eq!(names.likeness("Other", CustomerIx(2)), 100);
    }
}
