//! The images that a Dockerfile names, and the same Dockerfile with their digests.
//!
//! Whatever pulls an image is found: `FROM`, `COPY --from`, `RUN --mount=from=`, and the `# syntax`
//! line, which names the program that reads all the rest. What can't be told for sure is refused.

mod lines;
mod variables;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use lines::{Instruction, Word};

pub use variables::NotResolved;

/// A Dockerfile and the images that it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dockerfile {
    text: String,
    images: Vec<Named>,
}

/// One place where an image is named.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Named {
    at: Range<usize>,
    image: String,
}

/// Why a Dockerfile can't be rewritten.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DockerfileError {
    /// Longer than any.
    #[error("it is longer than 4 MiB")]
    TooLong,
    /// An instruction that lacks what it needs.
    #[error("line {line}: FROM names no image")]
    NoImage {
        /// From 1.
        line: usize,
    },
    /// A variable whose value is known to the builder alone.
    #[error("line {line}: {source}")]
    Variable {
        /// From 1.
        line: usize,
        /// Which.
        source: NotResolved,
    },
    /// A line that is an instruction, or text within another.
    #[error(
        "line {line}: it can't be told whether this FROM is an instruction or part of the here-document that begins in line {begun}: write the here-document otherwise"
    )]
    Unclear {
        /// From 1.
        line: usize,
        /// Where the here-document begins.
        begun: usize,
    },
}

/// What a build is given beside the Dockerfile.
#[derive(Clone, Debug, Default)]
pub struct BuildArgs {
    /// `--build-arg`, by name.
    pub values: BTreeMap<String, String>,
    /// The names of `--build-context`, which stand for no image.
    pub contexts: BTreeSet<String>,
}

/// The longest Dockerfile that is read, in bytes.
const LONGEST: usize = 4 << 20;

impl Dockerfile {
    /// Reads a Dockerfile.
    ///
    /// # Errors
    /// Where it can't be told which images it names.
    pub fn parse(text: &str, args: &BuildArgs) -> Result<Self, DockerfileError> {
        if text.len() > LONGEST {
            return Err(DockerfileError::TooLong);
        }
        let file = lines::read(text)?;
        let mut reader = Reader {
            args,
            globals: BTreeMap::new(),
            stages: BTreeSet::new(),
            begun: false,
            images: file.syntax.into_iter().map(Named::of).collect(),
        };
        for instruction in &file.instructions {
            reader.read(instruction)?;
        }
        Ok(Self {
            text: text.to_owned(),
            images: reader.images,
        })
    }

    /// The images that it names, each once, in their order.
    pub fn images(&self) -> Vec<&str> {
        let mut seen = BTreeSet::new();
        let images = self.images.iter().map(|named| named.image.as_str());
        images.filter(|image| seen.insert(*image)).collect()
    }

    /// The same with other names for the images; those that are not among `names` stay.
    pub fn with(&self, names: &BTreeMap<String, String>) -> String {
        let mut text = String::with_capacity(self.text.len());
        let mut done = 0;
        let mut places: Vec<&Named> = self.images.iter().collect();
        places.sort_by_key(|named| named.at.start);
        for named in places {
            let Some(name) = names.get(&named.image) else {
                continue;
            };
            text.push_str(self.text.get(done..named.at.start).unwrap_or_default());
            text.push_str(name);
            done = named.at.end;
        }
        text.push_str(self.text.get(done..).unwrap_or_default());
        text
    }
}

impl Named {
    fn of(word: Word) -> Self {
        Self {
            at: word.at,
            image: word.text,
        }
    }
}

struct Reader<'a> {
    args: &'a BuildArgs,
    /// Variables that `ARG` declares before the first `FROM`.
    globals: BTreeMap<String, String>,
    stages: BTreeSet<String>,
    begun: bool,
    images: Vec<Named>,
}

const SCRATCH: &str = "scratch";

impl Reader<'_> {
    fn read(&mut self, instruction: &Instruction) -> Result<(), DockerfileError> {
        let words = match instruction.words.as_slice() {
            [first, rest @ ..] if first.is("ONBUILD") => rest,
            words => words,
        };
        let Some((name, words)) = words.split_first() else {
            return Ok(());
        };
        if name.is("FROM") {
            return self.from(instruction.line, words);
        }
        if name.is("ARG") && !self.begun {
            for word in words {
                self.declare(instruction.line, &word.text)?;
            }
        } else if name.is("COPY") || name.is("ADD") {
            let options = words.iter().take_while(|word| word.text.starts_with("--"));
            let from = options.filter_map(|word| word.after("--from="));
            from.for_each(|word| self.other(word));
        } else if name.is("RUN") {
            let options = words.iter().take_while(|word| word.text.starts_with("--"));
            for mount in options.filter_map(|word| word.after("--mount=")) {
                let parts = mount.split(',').into_iter();
                parts
                    .filter_map(|part| part.after("from="))
                    .for_each(|word| self.other(word));
            }
        }
        Ok(())
    }

    fn from(&mut self, line: usize, words: &[Word]) -> Result<(), DockerfileError> {
        self.begun = true;
        let mut words = words.iter().skip_while(|word| word.text.starts_with("--"));
        let image = words.next().ok_or(DockerfileError::NoImage { line })?;
        let resolved = self.resolve(line, &image.text)?;
        if let (Some(word), Some(stage)) = (words.next(), words.next())
            && word.is("AS")
        {
            self.name(resolved, image);
            self.stages.insert(stage.text.to_ascii_lowercase());
            return Ok(());
        }
        self.name(resolved, image);
        Ok(())
    }

    fn name(&mut self, image: String, word: &Word) {
        let stage = self.stages.contains(&image.to_ascii_lowercase());
        if image != SCRATCH && !stage && !self.args.contexts.contains(&image) {
            let at = word.at.clone();
            self.images.push(Named { at, image });
        }
    }

    /// Of `--from`: a stage by name or number, or an image. Variables are not replaced there.
    fn other(&mut self, word: Word) {
        if word.text.parse::<usize>().is_err() {
            self.name(word.text.clone(), &word);
        }
    }

    fn declare(&mut self, line: usize, text: &str) -> Result<(), DockerfileError> {
        let (name, default) = match text.split_once('=') {
            Some((name, value)) => (name, Some(self.resolve(line, value)?)),
            None => (text, None),
        };
        let value = self.args.values.get(name).cloned().or(default);
        if let Some(value) = value {
            self.globals.insert(name.to_owned(), value);
        }
        Ok(())
    }

    fn resolve(&self, line: usize, text: &str) -> Result<String, DockerfileError> {
        let resolved = variables::resolve(text, &self.globals);
        resolved.map_err(|source| DockerfileError::Variable { line, source })
    }
}

#[cfg(test)]
mod tests;
