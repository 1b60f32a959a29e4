//! A root whose keys are elsewhere: as a draft file for the people there, and back.

use privyseal_tuf::{Dialect, Document, Requirement, RoleType, Root, Signature, Signing};

use super::publish::{PendingRoot, Publisher, State};
use crate::failure::Advice;
use crate::repo::{Before, DraftFile};

/// A root that was begun and misses signatures.
#[derive(Clone, Debug)]
pub struct Waiting {
    document: Document,
    before: Vec<Document>,
    requirements: Vec<Requirement>,
}

/// How many bytes of earlier roots a draft file carries; the last one always.
const MOST_ROOTS: usize = 128 << 10;

impl Publisher<'_> {
    /// The root that waits for signatures, where one does.
    ///
    /// # Errors
    /// Where what was begun can't be read.
    pub fn waiting(&self, state: &State) -> anyhow::Result<Option<Waiting>> {
        let begun = PendingRoot::of(self.home).read().map_err(Advice::from)?;
        let Some(document) = begun else {
            return Ok(None);
        };
        let new = document.root()?;
        let before: Option<&Root> = state.base.root();
        if new.header.version != before.map_or(0, |root| root.header.version) + 1 {
            return Ok(None);
        }
        let requirements = Requirement::of_root(before, &new);
        let is_met = requirements.iter().all(|it| it.tally(&document).is_met());
        let roots = state.pulled.iter().flat_map(|pulled| &pulled.roots);
        Ok((!is_met).then(|| Waiting {
            before: roots.map(|root| root.document.clone()).collect(),
            document,
            requirements,
        }))
    }

    /// Takes the signatures that a draft file has for the root that was begun; says how many are
    /// new.
    ///
    /// # Errors
    /// Where it is of another root.
    pub fn take(&self, state: &State, file: &DraftFile) -> anyhow::Result<usize> {
        let Some(waiting) = self.waiting(state)? else {
            return Err(Advice::failed(
                "no root waits for signatures",
                "it may be published already: `privyseal trust inspect`",
            )
            .into());
        };
        if file.repository != self.gun().as_str()
            || file.document.payload() != waiting.document.payload()
        {
            return Err(Advice::failed(
                format!(
                    "the draft is not of the root that was begun of {}",
                    self.gun()
                ),
                "give the file that came back for this one",
            )
            .into());
        }
        let mut signing = Signing::new(waiting.document, waiting.requirements);
        let mut taken = 0;
        for entry in file.document.signatures() {
            let key = signing.keys().find(|(keyid, _)| *keyid == entry.keyid());
            let algorithm = key.and_then(|(_, key)| key.algorithm());
            let Some(algorithm) = algorithm else { continue };
            let signature = Signature::from_text(Dialect::Notary, algorithm, entry.sig());
            let known = signing.document().signatures().len();
            let added = signature.is_ok_and(|it| signing.add(entry.keyid(), &it).is_ok());
            taken += usize::from(added && signing.document().signatures().len() > known);
        }
        let pending = PendingRoot::of(self.home);
        pending.write(signing.document()).map_err(Advice::from)?;
        Ok(taken)
    }
}

impl Waiting {
    /// As `privyseal draft show` and `draft sign` read it.
    ///
    /// # Errors
    /// Where no authority of agents is named, or the file can't be made.
    pub fn draft(&self, authority: &str, state: &State) -> anyhow::Result<DraftFile> {
        let mut room = MOST_ROOTS;
        let mut roots: Vec<Document> = Vec::new();
        for root in self.before.iter().rev() {
            let bytes = root.bytes().len();
            if bytes > room && !roots.is_empty() {
                break;
            }
            room = room.saturating_sub(bytes);
            roots.push(root.clone());
        }
        roots.reverse();
        let before = self.before.last();
        let first = state.known.first_root;
        let file = DraftFile {
            authority: authority.to_owned(),
            repository: state.known.gun.as_str().to_owned(),
            first_root: first.unwrap_or(self.document.payload().digest),
            role: RoleType::Root.into(),
            document: self.document.clone(),
            before: before.map_or(Before::Nothing, |root| {
                Before::Document(Box::new(root.clone()))
            }),
            roots,
            delegators: Vec::new(),
            owners: Default::default(),
            signers: Default::default(),
        };
        // What was put together must be read again.
        DraftFile::parse(&file.to_bytes()?)?;
        Ok(file)
    }
}
