//! Reminders due on a date: their customers, items and steps.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use quittance_kernel::{ContactId, Currency, CustomerId, ItemId, Money, MoneyError, days_between};

use super::step::Step;
use super::strategy::Strategy;
use super::template::{self, Rendered, Seller, TemplateError};

/// An item as of the date of the reminder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ItemView {
    /// The item.
    pub item: ItemId,
    /// The debtor.
    pub customer: CustomerId,
    /// The document's number.
    pub number: String,
    /// The date of the document.
    pub issued_on: NaiveDate,
    /// The due date.
    pub due_on: NaiveDate,
    /// The open balance on the date of the reminder.
    pub open_on_as_of: Money,
    /// The open balance by all entries known now.
    pub open_now: Money,
    /// Whether it was disputed on the date, or is now.
    pub disputed: bool,
    /// The highest offset at which it was reminded before, in days after the due date; `None` if never.
    pub reminded_offset: Option<i32>,
    /// The latest date it was reminded on; `None` if never.
    pub reminded_on: Option<NaiveDate>,
}

impl ItemView {
    /// The amount a reminder may claim: the balance on the date, but not more than now. Later payments are not reminded.
    fn open(&self) -> Money {
        if self.open_now.amount() < self.open_on_as_of.amount() { self.open_now } else { self.open_on_as_of }
    }
}

/// The customer and the contact that reminders go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Addressee {
    /// The customer's name.
    pub customer_name: String,
    /// The customer's number; empty if there is none.
    pub customer_number: String,
    /// The contact, if there is one.
    pub contact: Option<ContactId>,
    /// The contact's name; empty if no person is known.
    pub contact_name: String,
    /// The e-mail address; `None` for reminders by post.
    pub contact_email: Option<String>,
}

/// A reminder to one customer in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PlannedReminder {
    /// The customer.
    pub customer: CustomerId,
    /// The contact it is sent to.
    pub addressee: Addressee,
    /// The step that provides the text: the highest that any of the items has reached.
    pub step: Step,
    /// The date of the reminder.
    pub as_of: NaiveDate,
    /// The items, the earliest due first.
    pub items: Vec<ReminderItem>,
    /// Sum of the items.
    pub total: Money,
}

/// An item in a reminder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReminderItem {
    /// The item.
    pub item: ItemId,
    /// The document's number.
    pub number: String,
    /// The date of the document.
    pub issued_on: NaiveDate,
    /// The due date.
    pub due_on: NaiveDate,
    /// The claimed amount.
    pub open: Money,
    /// The offset of the step that the item has reached, in days after the due date.
    pub offset_days: i32,
}

/// The reminders due on the date, by customer and then by currency code: for each open, issued and
/// undisputed item at the highest step it has reached, if it was not reminded at that step or a higher one before, nor on that
/// date or a later one: an item is reminded once a day, across all strategies. A
/// customer not known yet is left to a later run.
///
/// # Errors
/// `TooLarge` if a customer's items sum beyond the bound for results.
pub(crate) fn plan(
    as_of: NaiveDate,
    strategy: &Strategy,
    items: &[ItemView],
    customers: &BTreeMap<CustomerId, Addressee>,
) -> Result<Vec<PlannedReminder>, MoneyError> {
    let mut groups: BTreeMap<(CustomerId, Currency), Vec<(usize, &ItemView)>> = BTreeMap::new();
    for item in items {
        if let Some(step) = step_due(as_of, strategy, item) {
            groups.entry((item.customer, item.open().currency())).or_default().push((step, item));
        }
    }
    let mut reminders = Vec::with_capacity(groups.len());
    for ((customer, currency), mut due) in groups {
        due.sort_by_key(|(_, item)| (item.due_on, item.number.as_str(), item.item));
        let highest = due.iter().map(|(step, _)| *step).max().and_then(|step| strategy.steps.get(step));
        let (Some(step), Some(addressee)) = (highest, customers.get(&customer)) else { continue };
        let total = Money::sum(currency, due.iter().map(|(_, item)| item.open()))?;
        let items =
            due.iter().filter_map(|(step, item)| Some(reminder_item(item, strategy.steps.get(*step)?))).collect();
        reminders.push(PlannedReminder {
            customer,
            addressee: addressee.clone(),
            step: step.clone(),
            as_of,
            items,
            total,
        });
    }
    Ok(reminders)
}

/// The index of the step at which the item is to be reminded; `None` if it is not.
fn step_due(as_of: NaiveDate, strategy: &Strategy, item: &ItemView) -> Option<usize> {
    let is_done_for_the_day = item.reminded_on.is_some_and(|reminded_on| reminded_on >= as_of);
    if !item.open().is_positive() || item.disputed || item.issued_on > as_of || is_done_for_the_day {
        return None;
    }
    let (place, step) = strategy.step_reached(item.due_on, as_of)?;
    item.reminded_offset.is_none_or(|reminded| step.offset_days > reminded).then_some(place)
}

fn reminder_item(item: &ItemView, step: &Step) -> ReminderItem {
    ReminderItem {
        item: item.item,
        number: item.number.clone(),
        issued_on: item.issued_on,
        due_on: item.due_on,
        open: item.open(),
        offset_days: step.offset_days,
    }
}

impl PlannedReminder {
    /// Renders the reminder.
    ///
    /// # Errors
    /// [`TemplateError`] if a template fails on this reminder although it passed its check, for example in a branch that
    /// the check did not reach.
    pub(crate) fn render(&self, seller: &Seller) -> Result<Rendered, TemplateError> {
        let items = self.items.iter().map(|item| template::Item {
            number: item.number.clone(),
            issued_on: item.issued_on,
            due_on: item.due_on,
            days_past_due: days_between(item.due_on, self.as_of),
            open: item.open.amount_text(),
        });
        let context = template::Context {
            customer: template::Customer {
                name: self.addressee.customer_name.clone(),
                number: self.addressee.customer_number.clone(),
            },
            contact: template::Contact { name: self.addressee.contact_name.clone() },
            items: items.collect(),
            total: self.total.amount_text(),
            currency: self.total.currency().to_string(),
            as_of: self.as_of,
            seller: seller.clone(),
        };
        template::render(&self.step.subject_template, &self.step.body_template, &context)
    }
}

#[cfg(test)]
#[path = "dunning_tests.rs"]
mod tests;
