//! Reads an object whose fields are known, each in its kind.

use crate::json::{JsonPath, Object, Value};

use super::{Problem, SignedError};

/// An object, and where it stands.
pub(super) struct Fields<'a> {
    object: &'a Object,
    path: JsonPath,
}

impl<'a> Fields<'a> {
    /// The object at the top.
    pub(super) fn top(object: &'a Object) -> Self {
        Self {
            object,
            path: JsonPath::default(),
        }
    }

    /// The object at `path`.
    pub(super) fn of(value: &'a Value, path: JsonPath) -> Result<Self, SignedError> {
        match value.as_object() {
            Some(object) => Ok(Self { object, path }),
            None => Err(SignedError::Field {
                path,
                problem: kind("an object", value),
            }),
        }
    }

    /// Refuses every field but these.
    pub(super) fn only(self, known: &[&str]) -> Result<Self, SignedError> {
        match self.object.keys().find(|name| !known.contains(name)) {
            Some(unknown) => Err(self.wrong(unknown, Problem::Unknown)),
            None => Ok(self),
        }
    }

    /// Demands these fields, and refuses every other.
    pub(super) fn exactly(self, known: &[&str]) -> Result<Self, SignedError> {
        self.between(known, &[])
    }

    /// Demands the fields of the one list, and takes those of the other.
    pub(super) fn between(self, all: &[&str], some: &[&str]) -> Result<Self, SignedError> {
        if let Some(missing) = all.iter().find(|name| !self.object.contains_key(name)) {
            return Err(self.wrong(missing, Problem::Missing));
        }
        let known = |name: &str| all.contains(&name) || some.contains(&name);
        match self.object.keys().find(|name| !known(name)) {
            Some(unknown) => Err(self.wrong(unknown, Problem::Unknown)),
            None => Ok(self),
        }
    }

    /// Refuses an optional field that Go leaves out: null, or an empty list.
    pub(super) fn is_printed(&self, name: &str) -> Result<(), SignedError> {
        let omitted = match self.object.get(name) {
            Some(Value::Null) => true,
            Some(Value::Array(items)) => name == "paths" && items.is_empty(),
            _ => false,
        };
        if omitted {
            return Err(self.wrong(name, Problem::Omitted));
        }
        Ok(())
    }

    /// Every item of a field that is a list, each an object.
    pub(super) fn items(
        &self,
        name: &str,
    ) -> Result<impl Iterator<Item = Result<Self, SignedError>>, SignedError> {
        let value = self.value(name)?;
        let path = self.path.key(name);
        let items = value.as_array();
        let items = items.ok_or_else(|| self.wrong(name, kind("an array", value)))?;
        let items = items.iter().enumerate();
        Ok(items.map(move |(at, item)| Self::of(item, path.index(at))))
    }

    /// What is wrong with a field of this object.
    pub(super) fn wrong(&self, name: &str, problem: impl Into<Problem>) -> SignedError {
        SignedError::Field {
            path: self.path.key(name),
            problem: problem.into(),
        }
    }

    /// A field that must be there.
    fn value(&self, name: &str) -> Result<&'a Value, SignedError> {
        let value = self.object.get(name);
        value.ok_or_else(|| self.wrong(name, Problem::Missing))
    }

    /// A field that is null.
    pub(super) fn null(&self, name: &str) -> Result<(), SignedError> {
        match self.value(name)? {
            Value::Null => Ok(()),
            other => Err(self.wrong(name, kind("null", other))),
        }
    }

    /// A field that is an object.
    pub(super) fn object(&self, name: &str) -> Result<Self, SignedError> {
        Self::of(self.value(name)?, self.path.key(name))
    }

    /// Every member, each an object.
    pub(super) fn objects(&self) -> impl Iterator<Item = Result<(&'a str, Self), SignedError>> {
        self.object
            .iter()
            .map(|(name, value)| Ok((&**name, Self::of(value, self.path.key(name))?)))
    }

    /// A field that is a string.
    pub(super) fn text(&self, name: &str) -> Result<&'a str, SignedError> {
        let value = self.value(name)?;
        let text = value.as_str();
        text.ok_or_else(|| self.wrong(name, kind("a string", value)))
    }

    /// As [`Self::text`], where it is there.
    pub(super) fn optional_text(&self, name: &str) -> Result<Option<&'a str>, SignedError> {
        if self.object.contains_key(name) {
            return self.text(name).map(Some);
        }
        Ok(None)
    }

    /// A field that is an integer.
    fn integer(&self, name: &str) -> Result<i64, SignedError> {
        let value = self.value(name)?;
        let number = value.as_integer();
        number.ok_or_else(|| self.wrong(name, kind("an integer", value)))
    }

    /// `version`: 1 to 2⁵³−1, which is as far as a parsed integer goes.
    pub(super) fn version(&self) -> Result<u64, SignedError> {
        let number = self.integer("version")?;
        let version = u64::try_from(number).ok().filter(|version| *version > 0);
        version.ok_or_else(|| self.wrong("version", Problem::Version(number)))
    }

    /// `length`: bytes of a file.
    pub(super) fn length(&self) -> Result<u64, SignedError> {
        let number = self.integer("length")?;
        u64::try_from(number).map_err(|_| self.wrong("length", Problem::Length(number)))
    }
}

fn kind(expected: &'static str, value: &Value) -> Problem {
    Problem::Kind {
        expected,
        found: value.kind(),
    }
}
