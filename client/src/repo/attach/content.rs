//! Is a draft that comes back the draft that is here?

use privyseal_tuf::{Document, KeyId, Requirement, Role, RoleType, Signing};

use super::Attaching;
use super::explain::{no_draft, other_repository};
use crate::failure::Advice;
use crate::repo::draft_file::DraftFile;
use crate::repo::round::lineage_ref;
use crate::show::aloud;

impl Attaching<'_> {
    /// The role whose draft a document from elsewhere is.
    pub(super) fn role_of(&self, document: &Document) -> anyhow::Result<Role> {
        let mut signings = self.signings.iter();
        let same = |signing: &Signing| signing.payload() == document.payload();
        if let Some((role, _)) = signings.find(|(_, signing)| same(signing)) {
            return Ok(role.clone());
        }
        let kind = RoleType::ALL
            .into_iter()
            .find(|kind| document.view(*kind).is_ok());
        let kind = kind.ok_or_else(|| {
            Advice::failed(
                "it is a metadata document of no role that is known",
                "give the signed document of one of the drafts",
            )
        })?;
        let of_kind = self.signings.keys().filter(|role| role.kind() == kind);
        match of_kind.collect::<Vec<_>>()[..] {
            [role] => Err(self.other_content(role, document)),
            _ => Err(Advice::needs_person(
                format!("it is {kind} metadata, but of none of the drafts here"),
                "`privyseal repo status` shows the drafts",
            )
            .into()),
        }
    }

    pub(super) fn check_repository(&self, file: &DraftFile) -> anyhow::Result<()> {
        let (ours, theirs) = (lineage_ref(self.project, self.work)?, file.lineage());
        let is_first = |role: &Role| *role == RoleType::Root.into();
        // Two drafts of a first root are of two lineages; that is told below.
        let first = is_first(&file.role) && self.work.published().roots.is_empty();
        let same_name = ours.authority == theirs.authority && ours.repository == theirs.repository;
        if same_name && (first || ours.first_root == theirs.first_root) {
            return Ok(());
        }
        Err(other_repository(&theirs).into())
    }

    /// A draft that comes back must be the draft that is here.
    pub(super) fn check_content(&self, role: &Role, document: &Document) -> anyhow::Result<()> {
        match self.signings.get(role) {
            Some(signing) if signing.payload() == document.payload() => Ok(()),
            _ => Err(self.other_content(role, document)),
        }
    }

    fn other_content(&self, role: &Role, theirs: &Document) -> anyhow::Error {
        match self.compare(role, theirs) {
            Ok(advice) => advice.into(),
            Err(error) => error,
        }
    }

    fn compare(&self, role: &Role, theirs: &Document) -> anyhow::Result<Advice> {
        let version = |document: &Document| anyhow::Ok(document.view(role.kind())?.version());
        let their_version = version(theirs)?;
        let published = self.work.published();
        if let Some(last) = published.document(role)?
            && last.payload() == theirs.payload()
        {
            return Ok(Advice::failed(
                format!("it is {role} {their_version}, which is published already"),
                "there is nothing more to sign in it",
            ));
        }
        let Some(signing) = self.signings.get(role) else {
            return Ok(no_draft(role));
        };
        let ours = signing.document();
        let our_version = version(ours)?;
        if their_version == our_version {
            return self.two_drafts(role, signing, theirs);
        }
        let given_away = self.project.exported().of(role)?;
        let known = given_away
            .iter()
            .any(|old| old.payload() == theirs.payload());
        let whose = if known {
            ", a draft that was given away here before"
        } else {
            ""
        };
        let signers = names(
            self,
            &signed_by(self.requirements_of(role, theirs)?, theirs),
        );
        let told = format!(
            "it is {role} {their_version}{whose} ({signers}); the draft here is {role} {our_version}"
        );
        Ok(if their_version < our_version {
            Advice::needs_person(
                format!("it is an old draft: {told}"),
                format!("send the signers the present one: `privyseal repo draft export {role}`"),
            )
        } else {
            Advice::needs_person(
                format!("it is a newer draft than the one here: {told}"),
                "get the newest copy of the project, and attach it there",
            )
        })
    }

    fn two_drafts(
        &self,
        role: &Role,
        signing: &Signing,
        theirs: &Document,
    ) -> anyhow::Result<Advice> {
        let version = theirs.view(role.kind())?.version();
        let told = |whose: &str, document: &Document, signers: &[KeyId]| {
            let digest = aloud(&document.payload().digest);
            format!("{whose} has SHA-256 {digest} ({})", names(self, signers))
        };
        let ours = signed_by(signing.requirements().to_vec(), signing.document());
        let by_them = signed_by(self.requirements_of(role, theirs)?, theirs);
        let message = format!(
            "there are two drafts of {role} {version}: {}; {}",
            told("the one here", signing.document(), &ours),
            told("the one in the file", theirs, &by_them)
        );
        let remedy = match role.top() {
            Some(RoleType::Root) => {
                "compare `privyseal draft show FILE` with `privyseal repo diff`, and keep one: the one here by discarding FILE, the other one with `privyseal repo attach --adopt FILE`; an agent that signed the one that goes gives it up with `privyseal draft supersede KEPT --reason TEXT` (operators)"
            }
            _ => {
                "compare `privyseal draft show FILE` with `privyseal repo diff`, and keep one: the one here by discarding FILE, the other one with `privyseal repo attach --adopt FILE`; an agent that signed the one that goes signs the next version only"
            }
        };
        Ok(Advice::needs_person(message, remedy))
    }

    /// Who would have to sign another draft of a role.
    fn requirements_of(&self, role: &Role, other: &Document) -> anyhow::Result<Vec<Requirement>> {
        let mut work = self.work.clone();
        work.set_draft(role.clone(), other.clone());
        work.requirements(role)
    }
}

/// Who signed a document, each once.
fn signed_by(requirements: Vec<Requirement>, document: &Document) -> Vec<KeyId> {
    let mut signed: Vec<KeyId> = Vec::new();
    for requirement in requirements {
        for keyid in requirement.tally(document).signed {
            if !signed.contains(&keyid) {
                signed.push(keyid);
            }
        }
    }
    signed
}

fn names(attaching: &Attaching<'_>, signers: &[KeyId]) -> String {
    if signers.is_empty() {
        return "signed by nobody".to_owned();
    }
    let name = |keyid: &KeyId| attaching.owner(keyid).unwrap_or_else(|| keyid.to_string());
    let names: Vec<String> = signers.iter().map(name).collect();
    format!("signed by {}", names.join(", "))
}
