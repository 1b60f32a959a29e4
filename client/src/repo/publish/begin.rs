use super::shown::{Shown, elsewhere};
use crate::destination::Destination;
use crate::repo::project::Project;
use crate::repo::work::Work;

/// What was found at a destination before anything was written anywhere.
#[derive(Debug)]
pub struct Begun(Shown);

impl Begun {
    /// Looks at a destination.
    ///
    /// # Errors
    /// Where somebody else published there, so that publishing would take that away.
    pub async fn at(
        project: &Project,
        work: &Work,
        destination: &dyn Destination,
    ) -> anyhow::Result<Self> {
        Ok(Self(elsewhere(project, work, destination).await?))
    }

    pub(super) fn shown(&self) -> &Shown {
        &self.0
    }
}
