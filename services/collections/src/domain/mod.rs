//! What collections decides, without I/O: whom to remind of what and in which words, and which items are disputed.

pub mod dispute;
pub mod dunning;
pub mod reminder;
mod standard_steps;
mod step;
pub mod strategy;
pub mod template;

pub use dispute::{Dispute, DisputeOutcome, DisputeReason, NewDispute};
pub use dunning::{Addressee, ItemView, PlannedReminder, ReminderItem, plan};
pub use reminder::{DunningRun, Reminder};
pub use step::Step;
pub use strategy::{NewStrategy, Strategy, StrategyChange};
pub use template::{Rendered, TemplateError, TemplatePart};
