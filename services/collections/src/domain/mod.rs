//! The domain of collections, without I/O: strategies, reminders and their texts, disputes.

pub(crate) mod dispute;
pub(crate) mod dunning;
pub(crate) mod reminder;
pub(crate) mod standard_steps;
mod step;
pub(crate) mod strategy;
pub(crate) mod template;

pub(crate) use dispute::{Dispute, DisputeOutcome, DisputeReason, NewDispute};
pub(crate) use dunning::{Addressee, ItemView, PlannedReminder, ReminderItem, plan};
pub(crate) use reminder::Reminder;
pub(crate) use step::Step;
pub(crate) use strategy::{NewStrategy, Strategy, StrategyChange};
pub(crate) use template::{Rendered, TemplateError, TemplatePart};
