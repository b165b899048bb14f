//! Messages as commands, with all violations.

use quittance_grpc::{Mask, Violations, date, id, message, optional_date, optional_id, optional_text, required, text};
use quittance_kernel::{DisputeId, ItemId, StrategyId};
use quittance_proto::collections::v1 as pb;
use quittance_runs::Starts;
use quittance_service::Etag;

use crate::{
    domain::{
        DisputeOutcome, DisputeReason, NewDispute, NewStrategy, Step, StrategyChange, TemplatePart,
        strategy::{Refusal, problems},
        template,
    },
    ops::{CreateStrategy, DeleteStrategy, OpenDispute, ResolveDispute, StartDunning, UpdateStrategy},
    wire::optional,
};

/// The longest name, in characters.
const MAX_NAME: usize = 100;
/// The longest note, in characters.
const MAX_NOTE: usize = 4_000;

/// The steps, with all violations by field.
fn steps(steps: Vec<pb::Step>) -> Result<Vec<Step>, Violations> {
    let mut bad = Violations::default();
    let read: Vec<Step> = steps
        .into_iter()
        .enumerate()
        .map(|(place, step)| {
            // A template is not trimmed; a name is.
            let name = bad.check(&format!("steps[{place}].name"), text(&step.name, MAX_NAME));
            bad.check(
                &format!("steps[{place}].subject_template"),
                text(&step.subject_template, template::MAX_SUBJECT_CHARS),
            );
            bad.check(&format!("steps[{place}].body_template"), text(&step.body_template, template::MAX_BODY_CHARS));
            Step {
                offset_days: step.offset_days,
                name: name.unwrap_or_default(),
                subject_template: step.subject_template,
                body_template: step.body_template,
            }
        })
        .collect();
    for problem in problems("named", &read) {
        let field = match &problem {
            // Violations of a name, and of an empty or too long template, were added above.
            Refusal::NameMissing
            | Refusal::StepNameMissing { .. }
            | Refusal::Template { error: template::TemplateError::TooLong { .. }, .. } => continue,
            Refusal::Template { step, part, .. } if is_blank(&read, *step, *part) => continue,
            Refusal::StepCount => "steps".to_owned(),
            Refusal::OffsetOutOfRange { step } | Refusal::OffsetsNotRising { step } => {
                format!("steps[{step}].offset_days")
            }
            Refusal::Template { step, part, .. } => format!("steps[{step}].{}_template", part.label()),
        };
        bad.add(field, problem.reason(), problem.to_string());
    }
    bad.into_result(Some(read))
}

fn is_blank(steps: &[Step], place: usize, part: TemplatePart) -> bool {
    steps.get(place).is_some_and(|step| {
        let source = match part {
            TemplatePart::Subject => &step.subject_template,
            TemplatePart::Body => &step.body_template,
        };
        source.trim().is_empty()
    })
}

impl TryFrom<pb::CreateStrategyRequest> for CreateStrategy {
    type Error = Violations;

    fn try_from(request: pb::CreateStrategyRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let strategy = bad.check("strategy", message(request.strategy));
        let new = strategy.and_then(|strategy| {
            let name = bad.check("strategy.name", text(&strategy.name, MAX_NAME));
            let steps = bad.within("strategy", steps(strategy.steps));
            name.zip(steps).map(|(name, steps)| NewStrategy { name, steps, is_default: strategy.is_default })
        });
        bad.into_result(new.map(|new| Self { new }))
    }
}

impl TryFrom<pb::UpdateStrategyRequest> for UpdateStrategy {
    type Error = Violations;

    fn try_from(request: pb::UpdateStrategyRequest) -> Result<Self, Violations> {
        const FIELDS: &[&str] = &["name", "steps", "is_default"];
        let mut bad = Violations::default();
        let mask = Mask::of(request.update_mask, request.strategy.as_ref(), FIELDS);
        let mask = bad.check("update_mask", mask).unwrap_or_default();
        let strategy = bad.check("strategy", message(request.strategy)).unwrap_or_default();
        let id = bad.check("strategy.strategy_id", id(&strategy.strategy_id, StrategyId::parse));
        let mut change = StrategyChange::default();
        if mask.names("name") {
            change.name = bad.check("strategy.name", text(&strategy.name, MAX_NAME));
        }
        if mask.names("steps") {
            change.steps = bad.within("strategy", steps(strategy.steps));
        }
        if mask.names("is_default") {
            change.is_default = Some(strategy.is_default);
        }
        let etag = Etag::new(strategy.etag);
        bad.into_result(id.map(|strategy| Self { strategy, etag, change }))
    }
}

impl TryFrom<pb::DeleteStrategyRequest> for DeleteStrategy {
    type Error = Violations;

    fn try_from(request: pb::DeleteStrategyRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let id = bad.check("strategy_id", id(&request.strategy_id, StrategyId::parse));
        let etag = Etag::new(request.etag);
        bad.into_result(id.map(|strategy| Self { strategy, etag }))
    }
}

impl TryFrom<pb::StartDunningRequest> for StartDunning {
    type Error = Violations;

    fn try_from(request: pb::StartDunningRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let as_of = bad.check("as_of", date(&request.as_of));
        let strategy = bad.check("strategy_id", optional_id(&request.strategy_id, StrategyId::parse));
        bad.into_result(as_of.zip(strategy).map(|(as_of, strategy)| Self { as_of, strategy }))
    }
}

impl Starts for StartDunning {
    type Request = pb::StartDunningRequest;

    fn request(&self) -> pb::StartDunningRequest {
        pb::StartDunningRequest {
            request_id: String::new(),
            as_of: self.as_of.to_string(),
            strategy_id: optional(self.strategy),
        }
    }
}

impl TryFrom<pb::OpenDisputeRequest> for OpenDispute {
    type Error = Violations;

    fn try_from(request: pb::OpenDisputeRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let item = bad.check("item_id", id(&request.item_id, ItemId::parse));
        let reason = dispute_reason(request.reason());
        let note = bad.check("note", optional_text(&request.note, MAX_NOTE));
        let opened_on = bad.check("opened_on", optional_date(&request.opened_on));
        let new = item.zip(note.zip(opened_on));
        bad.into_result(new.map(|(item, (note, opened_on))| Self { new: NewDispute { item, reason, note, opened_on } }))
    }
}

pub(super) fn dispute_reason(reason: pb::DisputeReason) -> DisputeReason {
    match reason {
        pb::DisputeReason::Unspecified => DisputeReason::Unspecified,
        pb::DisputeReason::Pricing => DisputeReason::Pricing,
        pb::DisputeReason::Quantity => DisputeReason::Quantity,
        pb::DisputeReason::Quality => DisputeReason::Quality,
        pb::DisputeReason::NotReceived => DisputeReason::NotReceived,
        pb::DisputeReason::Duplicate => DisputeReason::Duplicate,
        pb::DisputeReason::Tax => DisputeReason::Tax,
        pb::DisputeReason::Paperwork => DisputeReason::Paperwork,
        pb::DisputeReason::Other => DisputeReason::Other,
    }
}

impl TryFrom<pb::ResolveDisputeRequest> for ResolveDispute {
    type Error = Violations;

    fn try_from(request: pb::ResolveDisputeRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let outcome = match request.outcome() {
            pb::DisputeOutcome::Unspecified => required(),
            pb::DisputeOutcome::Rejected => Ok(DisputeOutcome::Rejected),
            pb::DisputeOutcome::Accepted => Ok(DisputeOutcome::Accepted),
            pb::DisputeOutcome::Paid => Ok(DisputeOutcome::Paid),
        };
        let dispute = bad.check("dispute_id", id(&request.dispute_id, DisputeId::parse));
        let outcome = bad.check("outcome", outcome);
        let resolved_on = bad.check("resolved_on", optional_date(&request.resolved_on));
        let command = dispute.zip(outcome.zip(resolved_on));
        bad.into_result(command.map(|(dispute, (outcome, resolved_on))| Self { dispute, outcome, resolved_on }))
    }
}
