//! Removes NUL characters, which have no meaning in texts and which databases do not accept.

use crate::{Advice, Detail, Entry, Event, Party, StatementHead, StatementTail};

/// Removes NUL characters from an event. Returns whether there were any.
pub(crate) fn clean(event: &mut Event) -> bool {
    match event {
        Event::Begin(head) => {
            let StatementHead { id, account, currency: _, owner, advice_only: _ } = head;
            texts([id, account, owner])
        }
        Event::Entry(entry) => clean_entry(entry),
        Event::End(tail) => {
            let StatementTail { opening, closing, balances } = tail;
            let balances = opening.iter_mut().chain(closing).chain(balances);
            texts(balances.map(|balance| &mut balance.code))
        }
        Event::Warning(warning) => {
            // Its content was emitted already.
            text(&mut warning.message);
            false
        }
    }
}

fn clean_entry(entry: &mut Entry) -> bool {
    let Entry {
        at: _,
        booked_on: _,
        value_on: _,
        amount: _,
        status: _,
        reversal: _,
        bank_reference,
        customer_reference,
        code,
        information,
        charges: _,
        details,
    } = entry;
    let own = texts([bank_reference, customer_reference, code, information]);
    details.iter_mut().fold(own, |found, detail| clean_detail(detail) | found)
}

fn clean_detail(detail: &mut Detail) -> bool {
    let Detail {
        amount: _,
        instructed: _,
        counterparty: Party { name, account, bank },
        ultimate_counterparty: Party { name: other_name, account: other_account, bank: other_bank },
        end_to_end_id,
        bank_reference,
        mandate_id,
        creditor_references,
        remittance,
        advice,
        return_reason,
        charges: _,
    } = detail;
    let parties = texts([name, account, bank, other_name, other_account, other_bank]);
    let ids = texts([end_to_end_id, bank_reference, mandate_id, remittance]);
    let lists = texts(creditor_references.iter_mut().chain(return_reason));
    let documents = advice.iter_mut().flat_map(|Advice { number, kind, paid: _, due: _, discount: _ }| [number, kind]);
    texts(documents) | parties | ids | lists
}

fn texts<'a>(all: impl IntoIterator<Item = &'a mut String>) -> bool {
    all.into_iter().fold(false, |found, one| text(one) | found)
}

fn text(text: &mut String) -> bool {
    let has_any = text.contains('\0');
    if has_any {
        text.retain(|letter| letter != '\0');
    }
    has_any
}
