//! Do the documents of a draft file fit together?

use std::collections::BTreeMap;

use privyseal_tuf::{Document, Key, KeyId, Requirement, Role, RoleKeys, RoleName, RoleType, Root};
use privyseal_tuf::{Targets, ViewError, verify_threshold};

use super::error::DraftFileError;
use super::{Before, DraftFile};

/// Checks that each finished document is signed as those before it ask for, and that the roots lead
/// to the draft.
pub(super) fn check(file: &DraftFile) -> Result<(), DraftFileError> {
    let view = file.document.view(file.role.kind());
    let version = view.map_err(in_member("document"))?.version();
    check_roots(file)?;
    check_delegators(file)?;
    let last = file.roots.last().map(root).transpose()?;
    let last = last.map_or(0, |root| root.header.version);
    if file.role.top() == Some(RoleType::Root) && version != last + 1 {
        return contradiction(format!(
            "root {version} does not follow the last one in the file, which is {last}"
        ));
    }
    if version == 1 && last == 0 && file.document.payload().digest != file.first_root {
        return contradiction("the first root is not the one that it names".to_owned());
    }
    requirements(file).map(drop)
}

pub(super) fn requirements(file: &DraftFile) -> Result<Vec<Requirement>, DraftFileError> {
    let last = file.roots.last().map(root).transpose()?;
    match (&file.role, last) {
        (Role::Top(RoleType::Root), last) => {
            let new = file.document.root().map_err(in_member("document"))?;
            Ok(Requirement::of_root(last.as_ref(), &new))
        }
        (_, None) => contradiction("there is no root that says who signs".to_owned()),
        (Role::Top(role), Some(root)) => Ok(vec![Requirement::of(&root, *role)]),
        (Role::Delegated(name), Some(_)) => delegated(file, name),
    }
}

/// Whether the published document is signed by keys that the file's roots or delegators name. A
/// root must be the very last one.
pub(super) fn before_is_signed(file: &DraftFile) -> Result<bool, DraftFileError> {
    let Before::Document(before) = &file.before else {
        return Ok(true);
    };
    let met = |asked: &Requirement| asked.tally(before).is_met();
    match &file.role {
        Role::Top(RoleType::Root) => {
            let last = file.roots.last();
            Ok(last.is_some_and(|last| last.payload() == before.payload()))
        }
        Role::Top(role) => {
            let roots = file.roots.iter().map(root);
            let roots = roots.collect::<Result<Vec<Root>, _>>()?;
            Ok(roots.iter().any(|root| met(&Requirement::of(root, *role))))
        }
        Role::Delegated(name) => Ok(delegated(file, name)?.iter().all(met)),
    }
}

fn delegated(file: &DraftFile, name: &RoleName) -> Result<Vec<Requirement>, DraftFileError> {
    let mut requirements = Vec::new();
    for (by, document) in &file.delegators {
        let targets = targets(document)?;
        requirements.extend(requirement(by, &targets, name));
    }
    if requirements.is_empty() {
        return contradiction(format!("nobody in it delegates to {name}"));
    }
    Ok(requirements)
}

/// What a delegator asks of documents of a role, where it delegates to it.
fn requirement(by: &Role, targets: &Targets, name: &RoleName) -> Option<Requirement> {
    let delegations = targets.delegations.as_ref()?;
    let role = delegations.role(name)?;
    let by = format!("{by} version {}", targets.header.version);
    Some(Requirement::of_delegation(&by, &role, delegations))
}

fn check_roots(file: &DraftFile) -> Result<(), DraftFileError> {
    let mut before: Option<Root> = None;
    for document in &file.roots {
        let root = root(document)?;
        let version = root.header.version;
        if let Some(before) = &before {
            if version != before.header.version + 1 {
                let before = before.header.version;
                return contradiction(format!("root {version} stands after root {before}"));
            }
            signed(document, &before.keys, &before.roles.root)
                .ok_or_else(|| unsigned(&format!("root {version}"), "the root before it"))?;
        }
        signed(document, &root.keys, &root.roles.root)
            .ok_or_else(|| unsigned(&format!("root {version}"), "itself"))?;
        if version == 1 && document.payload().digest != file.first_root {
            return contradiction("the first root is not the one that it names".to_owned());
        }
        before = Some(root);
    }
    Ok(())
}

/// The first is the top-level targets; each other one is delegated to by one that stands before it.
fn check_delegators(file: &DraftFile) -> Result<(), DraftFileError> {
    let mut known: Vec<(&Role, Targets)> = Vec::new();
    for (role, document) in &file.delegators {
        let asked: Vec<Requirement> = match role {
            Role::Top(RoleType::Targets) => {
                let root = file.roots.last().map(root).transpose()?;
                root.iter()
                    .map(|root| Requirement::of(root, RoleType::Targets))
                    .collect()
            }
            Role::Top(role) => return contradiction(format!("{role} delegates to nobody")),
            Role::Delegated(name) => known
                .iter()
                .filter_map(|(by, targets)| requirement(by, targets, name))
                .collect(),
        };
        let met = |asked: &Requirement| asked.tally(document).is_met();
        if asked.is_empty() || !asked.iter().all(met) {
            return Err(unsigned(role.as_str(), "its delegator"));
        }
        known.push((role, targets(document)?));
    }
    Ok(())
}

fn signed(document: &Document, keys: &BTreeMap<KeyId, Key>, role: &RoleKeys) -> Option<()> {
    verify_threshold(document, keys, role).ok().map(drop)
}

fn root(document: &Document) -> Result<Root, DraftFileError> {
    document.root().map_err(in_member("roots"))
}

fn targets(document: &Document) -> Result<Targets, DraftFileError> {
    document.targets().map_err(in_member("delegators"))
}

fn in_member(member: &'static str) -> impl Fn(ViewError) -> DraftFileError {
    move |source| DraftFileError::View { member, source }
}

fn unsigned(what: &str, by: &str) -> DraftFileError {
    DraftFileError::Contradiction(format!("{what} is not signed as {by} asks for"))
}

fn contradiction<T>(why: String) -> Result<T, DraftFileError> {
    Err(DraftFileError::Contradiction(why))
}
