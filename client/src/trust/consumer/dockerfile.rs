//! The images that a Dockerfile names, and the same Dockerfile with their digests.
//!
//! Whatever pulls an image is found: `FROM`, `COPY --from`, `RUN --mount=from=`, and the `# syntax`
//! line, which names the program that reads all the rest. What can't be told for sure is refused.

mod directives;
mod here_document;
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
    /// Whether it is none to be pulled: a stage, `scratch` or a context that a variable stood for.
    /// It is written out, so that the builder cannot read the variable otherwise.
    is_known: bool,
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
    /// Builders differ in how they read it, or in whether they do.
    #[error(
        "line {line}: {what}: builders read that in different ways, so that the images that are used are not known: write it otherwise"
    )]
    Doubtful {
        /// From 1.
        line: usize,
        /// What is found there.
        what: &'static str,
    },
    /// A line that is an instruction, or text within another.
    #[error(
        "line {line}: it can't be told whether this names an image or is part of the here-document that begins in line {begun}: write the here-document otherwise"
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
        let images = self.images.iter().filter(|named| !named.is_known);
        let images = images.map(|named| named.image.as_str());
        images.filter(|image| seen.insert(*image)).collect()
    }

    /// The same with other names for the images; those that are not among `names` stay.
    pub fn with(&self, names: &BTreeMap<String, String>) -> String {
        let mut text = String::with_capacity(self.text.len());
        let mut done = 0;
        let mut places: Vec<&Named> = self.images.iter().collect();
        places.sort_by_key(|named| named.at.start);
        for named in places {
            let name = match names.get(&named.image) {
                _ if named.is_known => &named.image,
                Some(name) => name,
                None => continue,
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
            is_known: false,
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
        let line = instruction.line;
        let doubtful = |what| Err(DockerfileError::Doubtful { line, what });
        let (name, words) = match instruction.words.as_slice() {
            [first, name, rest @ ..] if first.is("ONBUILD") => {
                let is_fit = name.text.bytes().all(|byte| byte.is_ascii_alphabetic());
                if name.is_split || !is_fit || name.is("ONBUILD") || name.is("FROM") {
                    return doubtful("ONBUILD without an instruction that may follow it");
                }
                (name, rest)
            }
            [name, rest @ ..] => (name, rest),
            [] => return Ok(()),
        };
        if name.is("FROM") {
            return self.from(line, words);
        }
        if name.is("ARG") && !self.begun {
            for word in words {
                if word.is_split || is_half_quoted(&word.text) {
                    return doubtful("a value in more than one word or line, or with inner quotes");
                }
                self.declare(line, &word.text)?;
            }
        } else if name.is("COPY") || name.is("ADD") {
            for option in options(line, words)? {
                if key(option) != "--from" {
                    continue;
                }
                match option.after("--from=") {
                    Some(word) if !word.text.contains('$') => self.other(word),
                    _ => return doubtful("--from that is not --from=NAME without variables"),
                }
            }
        } else if name.is("RUN") {
            for option in options(line, words)? {
                if key(option) != "--mount" {
                    continue;
                }
                match option.after("--mount=") {
                    Some(mount) if !mount.text.contains('$') => self.mount(line, &mount)?,
                    _ => return doubtful("--mount that is not --mount=… without variables"),
                }
            }
        }
        Ok(())
    }

    fn mount(&mut self, line: usize, mount: &Word) -> Result<(), DockerfileError> {
        for part in mount.split(',') {
            if key(&part) != "from" {
                continue;
            }
            // A number is a stage for some builders and an image's name for others.
            match part.text.get(..5).and_then(|begin| part.after(begin)) {
                Some(word) if word.text.parse::<usize>().is_err() => self.other(word),
                _ => {
                    let what = "a mount's from that is no name";
                    return Err(DockerfileError::Doubtful { line, what });
                }
            }
        }
        Ok(())
    }

    fn from(&mut self, line: usize, words: &[Word]) -> Result<(), DockerfileError> {
        self.begun = true;
        let doubtful = |what| Err(DockerfileError::Doubtful { line, what });
        if words.iter().any(|word| word.is_split) {
            return doubtful("a word of FROM that goes on in the next line");
        }
        let mut words = words.iter().skip(options(line, words)?.len());
        let image = words.next().ok_or(DockerfileError::NoImage { line })?;
        let resolved = self.resolve(line, &image.text)?;
        self.name(resolved, image);
        if let (Some(word), Some(stage)) = (words.next(), words.next())
            && word.is("AS")
        {
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            let is_name = stage.text.starts_with(|c: char| c.is_ascii_alphabetic());
            if words.next().is_some() || !is_name || !stage.text.chars().all(plain) {
                return doubtful("FROM IMAGE AS without the plain name of a stage alone");
            }
            self.stages.insert(stage.text.to_ascii_lowercase());
        }
        Ok(())
    }

    fn name(&mut self, image: String, word: &Word) {
        let stage = self.stages.contains(&image.to_ascii_lowercase());
        let is_known = image == SCRATCH || stage || self.args.contexts.contains(&image);
        if !is_known || image != word.text {
            let at = word.at.clone();
            self.images.push(Named {
                at,
                image,
                is_known,
            });
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

/// The options at the beginning. How builders read quotes and escape characters within them differs.
fn options(line: usize, words: &[Word]) -> Result<Vec<&Word>, DockerfileError> {
    let options = words.iter().take_while(|word| word.text.starts_with("--"));
    let options: Vec<&Word> = options.collect();
    let clear = |word: &&&Word| {
        !word.is_split && word.text != "--" && !word.text.contains(['"', '\'', '\\', '`'])
    };
    match options.iter().all(|word| clear(&word)) {
        true => Ok(options),
        false => Err(DockerfileError::Doubtful {
            line,
            what: "an option with quotes or escape characters, or over two lines",
        }),
    }
}

/// What stands before the `=`, in lower case.
fn key(word: &Word) -> String {
    let key = word.text.split('=').next().unwrap_or_default();
    key.to_ascii_lowercase()
}

/// Whether quotes stand elsewhere than around the whole value.
fn is_half_quoted(text: &str) -> bool {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    let unquoted = |quote| value.strip_prefix(quote)?.strip_suffix(quote);
    let inner = unquoted('"').or_else(|| unquoted('\''));
    name.contains(['"', '\'']) || inner.unwrap_or(value).contains(['"', '\''])
}

#[cfg(test)]
mod tests;
