//! Dunning strategies: when an item is reminded, and with what text.

use chrono::{DateTime, NaiveDate, Utc};
use quittance_kernel::{StrategyId, reason::FIELD_REQUIRED};

use super::step::Step;
use super::template::{self, TemplateError, TemplatePart};

/// The most steps of a strategy.
pub(crate) const MAX_STEPS: usize = 20;
/// The earliest offset of a step, in days after the due date (negative).
pub(crate) const MIN_OFFSET_DAYS: i32 = -60;
/// The latest offset of a step, in days after the due date.
pub(crate) const MAX_OFFSET_DAYS: i32 = 3_650;

/// A strategy to add.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct NewStrategy {
    /// The name, unique in the tenant.
    pub name: String,
    /// The steps, by rising offset, 1 to [`MAX_STEPS`].
    pub steps: Vec<Step>,
    /// Whether it is the default of runs.
    pub is_default: bool,
}

/// A change of a strategy; `None` leaves a field as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct StrategyChange {
    /// The new name.
    pub name: Option<String>,
    /// The new steps, replaced as a whole.
    pub steps: Option<Vec<Step>>,
    /// Whether it is the default of runs.
    pub is_default: Option<bool>,
}

/// A strategy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Strategy {
    /// The strategy's id.
    pub id: StrategyId,
    /// The name, unique in the tenant.
    pub name: String,
    /// The steps, by rising offset.
    pub steps: Vec<Step>,
    /// Whether it is the default of runs. Exactly one strategy of a tenant is.
    pub is_default: bool,
    /// Starts at 1 and grows by one with every change.
    pub version: u32,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
}

/// A violation of a strategy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It has no name.
    #[error("a strategy has a name")]
    NameMissing,
    /// It has no steps or too many.
    #[error("a strategy has 1 to {MAX_STEPS} steps")]
    StepCount,
    /// A step is too early or too late.
    #[error("step {}: the offset is from {MIN_OFFSET_DAYS} to {MAX_OFFSET_DAYS} days", step + 1)]
    OffsetOutOfRange {
        /// The index of the step.
        step: usize,
    },
    /// A step is not later than the one before it.
    #[error("step {}: each offset is greater than the one before it", step + 1)]
    OffsetsNotRising {
        /// The index of the step.
        step: usize,
    },
    /// A step has no name.
    #[error("step {}: a step has a name", step + 1)]
    StepNameMissing {
        /// The index of the step.
        step: usize,
    },
    /// A template cannot be used.
    #[error("step {}: {error}", step + 1)]
    Template {
        /// The index of the step.
        step: usize,
        /// Whether the subject's or the body's.
        part: TemplatePart,
        /// The error of the template.
        error: TemplateError,
    },
}

impl Refusal {
    /// The machine-readable reason.
    pub fn reason(&self) -> &'static str {
        match self {
            Refusal::NameMissing | Refusal::StepNameMissing { .. } => FIELD_REQUIRED,
            Refusal::StepCount => "STEP_COUNT_OUT_OF_RANGE",
            Refusal::OffsetOutOfRange { .. } => "OFFSET_OUT_OF_RANGE",
            Refusal::OffsetsNotRising { .. } => "OFFSETS_NOT_RISING",
            Refusal::Template { .. } => TemplateError::REASON,
        }
    }
}

impl Strategy {
    /// A new strategy. The caller must make a tenant's first one the default.
    ///
    /// # Errors
    /// [`Refusal`], the first of [`problems`].
    pub(crate) fn create(id: StrategyId, new: NewStrategy, now: DateTime<Utc>) -> Result<Strategy, Refusal> {
        let NewStrategy { name, steps, is_default } = new;
        Strategy { id, name, steps, is_default, version: 1, created_at: now, updated_at: now }.checked()
    }

    /// The strategy with the change.
    ///
    /// # Errors
    /// [`Refusal`], the first of [`problems`].
    pub(crate) fn change(self, change: StrategyChange) -> Result<Strategy, Refusal> {
        let StrategyChange { name, steps, is_default } = change;
        let name = name.unwrap_or(self.name);
        let steps = steps.unwrap_or(self.steps);
        let is_default = is_default.unwrap_or(self.is_default);
        Strategy { name, steps, is_default, version: self.version.saturating_add(1), ..self }.checked()
    }

    /// The latest step that an item has reached, with its index.
    pub(crate) fn step_reached(&self, due_on: NaiveDate, as_of: NaiveDate) -> Option<(usize, &Step)> {
        self.steps.iter().enumerate().rfind(|(_, step)| step.is_reached(due_on, as_of))
    }

    fn checked(self) -> Result<Strategy, Refusal> {
        match problems(&self.name, &self.steps).into_iter().next() {
            Some(refusal) => Err(refusal),
            None => Ok(self),
        }
    }
}

/// All violations of a strategy's name and steps.
pub(crate) fn problems(name: &str, steps: &[Step]) -> Vec<Refusal> {
    let mut problems = Vec::new();
    if name.trim().is_empty() {
        problems.push(Refusal::NameMissing);
    }
    if steps.is_empty() || steps.len() > MAX_STEPS {
        // The templates of too long a list are not checked.
        problems.push(Refusal::StepCount);
        return problems;
    }
    let mut before = None;
    for (place, step) in steps.iter().enumerate() {
        if !(MIN_OFFSET_DAYS..=MAX_OFFSET_DAYS).contains(&step.offset_days) {
            problems.push(Refusal::OffsetOutOfRange { step: place });
        }
        if before.is_some_and(|before| step.offset_days <= before) {
            problems.push(Refusal::OffsetsNotRising { step: place });
        }
        before = Some(step.offset_days);
        if step.name.trim().is_empty() {
            problems.push(Refusal::StepNameMissing { step: place });
        }
        let templates = [(TemplatePart::Subject, &step.subject_template), (TemplatePart::Body, &step.body_template)];
        for (part, source) in templates {
            if let Err(error) = template::check(part, source) {
                problems.push(Refusal::Template { step: place, part, error });
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use quittance_kernel::parse_date;

    use super::*;

    fn create(steps: Vec<Step>) -> Result<Strategy, Refusal> {
        let new = NewStrategy { name: "standard".to_owned(), steps, is_default: true };
        Strategy::create(StrategyId::at(DateTime::UNIX_EPOCH), new, DateTime::UNIX_EPOCH)
    }

    fn step(offset_days: i32) -> Step {
        let text = "{{ total }}".to_owned();
        Step { offset_days, name: "level".to_owned(), subject_template: text.clone(), body_template: text }
    }

    #[test]
    fn the_standard_steps_are_valid() {
        let strategy = create(crate::domain::standard_steps::standard_steps()).unwrap();
        assert_eq!(strategy.steps.iter().map(|step| step.offset_days).collect::<Vec<_>>(), [-3, 1, 8, 31, 61]);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let reason = |steps| create(steps).unwrap_err().reason();
        assert_eq!(reason(Vec::new()), "STEP_COUNT_OUT_OF_RANGE");
        assert_eq!(reason((0..21).map(step).collect()), "STEP_COUNT_OUT_OF_RANGE");
        assert_eq!(reason(vec![step(-61)]), "OFFSET_OUT_OF_RANGE");
        assert_eq!(reason(vec![step(3_651)]), "OFFSET_OUT_OF_RANGE");
        assert_eq!(reason(vec![step(1), step(1)]), "OFFSETS_NOT_RISING");
        assert_eq!(reason(vec![Step { name: " ".to_owned(), ..step(1) }]), "FIELD_REQUIRED");
        let mistyped = Step { body_template: "{{ totel }}".to_owned(), ..step(1) };
        assert_eq!(reason(vec![step(0), mistyped.clone()]), "TEMPLATE_INVALID");
        let all = problems("", &[step(5), Step { offset_days: 3_651, ..mistyped }]);
        let reasons: Vec<&str> = all.iter().map(Refusal::reason).collect();
        assert_eq!(reasons, ["FIELD_REQUIRED", "OFFSET_OUT_OF_RANGE", "TEMPLATE_INVALID"]);
        assert_eq!(all[2].to_string(), "step 2: the template of the body uses totel, which does not exist");
    }

    #[test]
    fn a_change_keeps_what_it_does_not_name() {
        let strategy = create(vec![step(1)]).unwrap();
        let change = StrategyChange { steps: Some(vec![step(2)]), ..StrategyChange::default() };
        let changed = strategy.clone().change(change).unwrap();
        assert_eq!(changed, Strategy { steps: vec![step(2)], version: 2, ..strategy.clone() });
        let nameless = StrategyChange { name: Some(String::new()), ..StrategyChange::default() };
        assert_eq!(strategy.change(nameless), Err(Refusal::NameMissing));
    }

    #[test]
    fn the_latest_reached_step_counts_from_its_very_day() {
        let strategy = create(vec![step(-3), step(1), step(8)]).unwrap();
        let due_on = parse_date("2026-03-10").unwrap();
        let reached =
            |as_of| strategy.step_reached(due_on, parse_date(as_of).unwrap()).map(|(_, step)| step.offset_days);
        let expected = [
            ("2026-03-06", None),
            ("2026-03-07", Some(-3)),
            ("2026-03-11", Some(1)),
            ("2026-03-17", Some(1)),
            ("2026-03-18", Some(8)),
        ];
        for (as_of, offset) in expected {
            assert_eq!(reached(as_of), offset, "{as_of}");
        }
        assert!(!step(1).is_reached(NaiveDate::MAX, NaiveDate::MAX));
    }
}
