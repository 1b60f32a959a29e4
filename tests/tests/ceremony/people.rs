//! Who takes part, and what they do.

use std::fs;
use std::path::{Path, PathBuf};

use privyseal_tests::client::Answer;
use privyseal_tests::keeper::{Keeper, coordinator};
use privyseal_tests::project::Project;
use privyseal_tests::sandbox::Sandbox;
use privyseal_tuf::{Document, Sha256Digest};
use serde_json::Value;

pub(crate) const NAME: &str = "example.org/app";

/// What everybody agrees to: another key of the timestamps.
const CONSENT: &str = "--yes --accept online-key";

/// The people, and the project of the one who coordinates them.
pub(crate) struct People {
    pub(crate) project: Project,
    // Five who keep a key of the first root, one who comes later, and one of the other roles.
    pub(crate) ada: Keeper,
    pub(crate) ben: Keeper,
    pub(crate) cyd: Keeper,
    pub(crate) dan: Keeper,
    pub(crate) eve: Keeper,
    pub(crate) fay: Keeper,
    pub(crate) online: Keeper,
    sandbox: Sandbox,
}

impl People {
    /// Each with a token, a key and an agent that runs. Nothing is signed.
    pub(crate) fn gather() -> Self {
        let sandbox = Sandbox::new();
        let [ada, ben, cyd, dan, eve, fay] = ["ada", "ben", "cyd", "dan", "eve", "fay"]
            .map(|name| Keeper::of_root(&sandbox, name, NAME));
        let online = Keeper::of_the_rest(&sandbox, "online", NAME);
        for key in ["targets", "snapshot", "timestamp-1", "timestamp-2"] {
            online.generate(key, NAME);
        }
        let everybody = [&ada, &ben, &cyd, &dan, &eve, &fay, &online];
        let client = coordinator(&sandbox, "coordinator", everybody);
        let project = Project::new(&sandbox, "project", client);
        Self {
            project,
            ada,
            ben,
            cyd,
            dan,
            eve,
            fay,
            online,
            sandbox,
        }
    }

    pub(crate) fn everybody_mut(&mut self) -> [&mut Keeper; 7] {
        let [ada, ben, cyd] = [&mut self.ada, &mut self.ben, &mut self.cyd];
        let [dan, eve, fay] = [&mut self.dan, &mut self.eve, &mut self.fay];
        [ada, ben, cyd, dan, eve, fay, &mut self.online]
    }

    /// `privyseal repo sign` in the project, where this agent alone can be reached.
    pub(crate) fn sign(&self, keeper: &Keeper) -> Answer {
        let words = format!("sign {CONSENT} --agent {}", keeper.name());
        self.project.try_repo(&words)
    }

    /// The same; it signs the root draft, which stays unfinished.
    pub(crate) fn signs_in_part(&self, keeper: &Keeper) {
        let said = self.sign(keeper);
        let signed = format!("signed with {}", keeper.key("root"));
        assert!(
            said.status == 3 && said.stdout.contains(&signed),
            "{said:#?}"
        );
    }

    /// Exports the root draft.
    pub(crate) fn export(&self, name: &str) -> PathBuf {
        let file = self.sandbox.join(name);
        let exported = format!("draft export root -o {}", file.display());
        self.project.repo(&exported);
        file
    }

    /// Adds the signatures of a file that came back.
    pub(crate) fn attach(&self, file: &Path) -> Answer {
        let said = format!("attach {}", file.display());
        self.project.try_repo(&said)
    }

    /// How many signatures the root draft has, and needs, by each root that asks for some.
    pub(crate) fn root_signatures(&self) -> Vec<(u64, u64)> {
        let status: Value = serde_json::from_str(&self.project.repo("status --json")).unwrap();
        let roles = status["roles"].as_array().unwrap();
        let root = roles.iter().find(|role| role["role"] == "root").unwrap();
        let counts = root["signatures"].as_array().unwrap().iter();
        let number = |count: &Value| count.as_u64().unwrap();
        counts
            .map(|count| (number(&count["have"]), number(&count["need"])))
            .collect()
    }

    /// What is signed of the root draft.
    pub(crate) fn root_draft(&self) -> Sha256Digest {
        let draft = self.project.directory().join("draft/root.json");
        document(&draft).payload().digest
    }

    /// A published root.
    pub(crate) fn root(&self, version: u64) -> Document {
        document(&self.project.metadata(&format!("{version}.root.json")))
    }
}

fn document(file: &Path) -> Document {
    Document::parse(&fs::read(file).unwrap()).unwrap()
}

/// Carries a file to the keeper's home.
pub(crate) fn carried(file: &Path, keeper: &Keeper) -> PathBuf {
    let there = keeper.client.home().join(file.file_name().unwrap());
    fs::copy(file, &there).unwrap();
    there
}

/// `privyseal draft sign` with the keeper's own client.
pub(crate) fn sign_draft(keeper: &Keeper, file: &Path) -> Answer {
    let words: Vec<&str> = CONSENT.split(' ').collect();
    draft(keeper, &[&["sign"], &words[..]].concat(), file)
}

/// `privyseal draft` with the keeper's own client.
pub(crate) fn draft(keeper: &Keeper, words: &[&str], file: &Path) -> Answer {
    let file = file.to_str().unwrap();
    let words = ["draft"].iter().chain(words).copied().chain([file]);
    keeper.client.run_with(words)
}

/// It must succeed.
pub(crate) fn assert_done(said: &Answer) {
    assert_eq!(said.status, 0, "{said:#?}");
}
