//! The tenant's policies.

use quittance_approvals::ApprovalPolicy;
use quittance_policies::Content;
use serde::{Deserialize, Serialize};

/// A policy.
pub(crate) type Policy = quittance_policies::Policy<PolicyContent>;

/// What a policy says. The names in storage are the kinds.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PolicyContent {
    /// Which calls need a second person.
    Approvals(ApprovalPolicy),
}

impl PolicyContent {
    /// The kind of policies about approvals.
    pub(crate) const APPROVALS: &'static str = "approvals";
    /// All kinds.
    pub(crate) const KINDS: [&'static str; 1] = [PolicyContent::APPROVALS];
}

impl Content for PolicyContent {
    fn kind(&self) -> &'static str {
        match self {
            PolicyContent::Approvals(_) => PolicyContent::APPROVALS,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is stored is read by every later version.
    #[test]
    fn contents_are_stored_by_their_kinds() {
        let stored = r#"{"approvals":{"rules":{"ActivatePolicy":{},"WriteOffItem":{"EUR":"500.00"}},"valid_days":14}}"#;
        let content: PolicyContent = serde_json::from_str(stored).unwrap();
        assert_eq!(serde_json::to_string(&content).unwrap(), stored);
        assert!(stored.contains(content.kind()) && PolicyContent::KINDS.contains(&content.kind()));
    }
}
