//! Other people's TUF clients, as judges of what is published.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::client::Answer;
use crate::project::{Project, files};
use crate::python::Python;
use crate::require;

/// python-tuf's `ngclient`.
#[derive(Debug, Clone)]
pub struct PythonTuf {
    python: Python,
}

impl PythonTuf {
    /// Says that the test is skipped where there is no python-tuf.
    #[must_use]
    pub fn find() -> Option<Self> {
        let python = Python::find()?;
        Some(Self { python })
    }

    /// A client that begins with the first root gets every original, and finds none of `absent`.
    /// What it trusts at the end is kept in `home`, where there is one, and is what it goes on
    /// from the next time.
    #[must_use]
    pub fn downloads(&self, project: &Project, absent: &[&str], home: Option<&Path>) -> Answer {
        let (repository, originals) = (project.repository(), project.originals());
        let mut arguments = vec![
            text(&repository),
            "--url".to_owned(),
            project.web.url(),
            "--originals".to_owned(),
            text(originals),
        ];
        arguments.extend(
            absent
                .iter()
                .flat_map(|path| ["--absent".to_owned(), (*path).to_owned()]),
        );
        arguments.extend(
            home.into_iter()
                .flat_map(|home| ["--home".to_owned(), text(home)]),
        );
        self.python.script("tuf_client.py", arguments, "")
    }

    /// A client gets all that it should; returns the versions that it trusts, as it says them.
    ///
    /// # Panics
    /// Where it does not.
    pub fn accepts(&self, project: &Project, absent: &[&str], home: Option<&Path>) -> String {
        let said = self.downloads(project, absent, home);
        let count = project.expected().len();
        let words = format!("verified and downloaded {count} targets (");
        let versions = said.stdout.trim_end().split_once(&words);
        match versions {
            Some((_, versions)) if said.status == 0 => versions.trim_end_matches(')').to_owned(),
            _ => panic!("python-tuf: {count} targets: {said:#?}"),
        }
    }

    /// A client refuses the repository after any change to any file of it that it asks for.
    ///
    /// # Panics
    /// Where it does not, or does not ask for one of `files`.
    pub fn refuses_changes(&self, project: &Project, files: &[String]) {
        let (repository, originals) = (project.repository(), project.originals());
        let mut arguments = vec![text(&repository), text(originals)];
        arguments.extend_from_slice(files);
        let said = self.python.script("tuf_flips.py", arguments, "");
        assert_eq!(said.status, 0, "{said:#?}");
    }
}

/// `tuftool download`, of the tough project.
#[derive(Debug, Clone)]
pub struct Tuftool {
    program: PathBuf,
}

impl Tuftool {
    /// The one that `PRIVYSEAL_TUFTOOL` names, as `tests/run --full` has it. Says so where none is
    /// named, and that the test is skipped where it is not there.
    #[must_use]
    pub fn find() -> Option<Self> {
        let Some(program) = std::env::var_os("PRIVYSEAL_TUFTOOL").map(PathBuf::from) else {
            println!("tuftool judges in tests/run --full only, which names one");
            return None;
        };
        if !program.is_file() {
            require::skip("PRIVYSEAL_TUFTOOL names no program");
            return None;
        }
        Some(Self { program })
    }

    /// Runs a command of it that must succeed.
    ///
    /// # Panics
    /// Where it does not.
    pub fn run(&self, arguments: &[&str]) {
        let ran = Command::new(&self.program)
            .args(arguments)
            .output()
            .unwrap();
        assert!(ran.status.success(), "tuftool {arguments:?}: {ran:?}");
    }

    /// Downloads these targets into a new directory of the project, from the first root on.
    #[must_use]
    pub fn downloads(&self, project: &Project, paths: &[&str]) -> (Answer, PathBuf) {
        let url = project.web.url();
        let parent = tempfile::tempdir_in(project.directory()).unwrap().keep();
        let output = parent.join("downloads");
        let mut command = Command::new(&self.program);
        command.arg("download").arg("-r").arg(project.first_root());
        command.args(["-m", &format!("{url}/metadata")]);
        command.args(["-t", &format!("{url}/targets")]);
        command.args(paths.iter().flat_map(|path| ["-n", path]));
        (command.arg(&output).output().unwrap().into(), output)
    }

    /// It gets every original.
    ///
    /// # Panics
    /// Where it does not.
    pub fn accepts(&self, project: &Project) {
        let originals = project.expected();
        let paths: Vec<&str> = originals.keys().map(String::as_str).collect();
        let (said, output) = self.downloads(project, &paths);
        assert_eq!(said.status, 0, "tuftool: {said:#?}");
        assert_eq!(files(&output), originals);
    }
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}
