//! Who does something: a caller, the person that a caller acts for, or a job of ours.

use std::fmt;
use std::sync::Arc;

/// The longest name of an actor, in characters.
pub const MAX_ACTOR: usize = 200;

/// Why a text is not the name of an actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an actor is named by 1 to {MAX_ACTOR} characters, none of them a control character")]
pub struct BadActor;

/// Who does something. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Actor {
    name: Arc<str>,
    on_behalf_of: Option<Arc<str>>,
}

impl Actor {
    /// The subject of a caller's token.
    ///
    /// # Errors
    /// `BadActor`, if it is empty, too long or has control characters.
    pub fn parse(subject: &str) -> Result<Actor, BadActor> {
        Ok(Actor { name: name(subject)?, on_behalf_of: None })
    }

    /// A caller by its subject, with the person that it acts for, if there is one.
    ///
    /// # Errors
    /// As [`Actor::parse`], for either name.
    pub fn named(subject: &str, on_behalf_of: Option<&str>) -> Result<Actor, BadActor> {
        let caller = Actor::parse(subject)?;
        on_behalf_of.map_or(Ok(caller.clone()), |person| caller.acting_for(person))
    }

    /// A job of a service.
    pub fn job(area: &str) -> Actor {
        Actor { name: format!("quittance-{area}").into(), on_behalf_of: None }
    }

    /// The same caller, acting for a person.
    ///
    /// # Errors
    /// As [`Actor::parse`].
    pub fn acting_for(self, person: &str) -> Result<Actor, BadActor> {
        Ok(Actor { on_behalf_of: Some(name(person)?), ..self })
    }

    /// The caller or the job.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The person it acts for, where the caller has named one.
    pub fn on_behalf_of(&self) -> Option<&str> {
        self.on_behalf_of.as_deref()
    }
}

/// The person, where there is one, or else the caller.
impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.on_behalf_of().unwrap_or(&self.name))
    }
}

fn name(text: &str) -> Result<Arc<str>, BadActor> {
    let is_name = (1..=MAX_ACTOR).contains(&text.chars().count()) && !text.contains(char::is_control);
    if is_name { Ok(text.into()) } else { Err(BadActor) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_named_beside_the_caller() {
        let caller = Actor::parse("portal").unwrap();
        assert_eq!((caller.to_string().as_str(), caller.on_behalf_of()), ("portal", None));
        let person = caller.acting_for("ada@example.com").unwrap();
        assert_eq!((person.name(), person.to_string().as_str()), ("portal", "ada@example.com"));
        assert_eq!(Actor::job("payments").name(), "quittance-payments");
    }

    #[test]
    fn names_can_be_printed_and_have_a_limit() {
        for bad in ["", "a\nb", "a\0", &"x".repeat(MAX_ACTOR + 1)] {
            assert_eq!(Actor::parse(bad), Err(BadActor), "{bad:?}");
        }
        assert!(Actor::parse(&"é".repeat(MAX_ACTOR)).is_ok());
    }
}
