/// What was written, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    names: Vec<String>,
    more: usize,
    notes: Vec<String>,
}

impl Written {
    /// As many names are kept; the others are counted.
    const MOST: usize = 200;

    /// Notes a file.
    pub fn add(&mut self, name: &str) {
        if self.names.len() < Self::MOST {
            self.names.push(name.to_owned());
        } else {
            self.more += 1;
        }
    }

    /// The first names.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Notes what a person should know of it.
    pub fn note(&mut self, text: String) {
        self.notes.push(text);
    }

    /// What a person should know.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// How many files there were.
    pub fn count(&self) -> usize {
        self.names.len() + self.more
    }
}
