use std::cell::Cell;
use std::io;

use anstream::eprintln;
use owo_colors::OwoColorize;
use zeroize::Zeroizing;

use crate::show::{Hidden, Progress, Question};

/// Where a person is spoken to: standard error, where no script reads. What is said neither runs
/// into a progress bar nor into a question that waits for its answer.
pub(super) struct Voice<'a> {
    progress: &'a Progress,
    /// What each line begins with.
    whose: String,
    asked: Cell<Option<Asked>>,
}

/// A question on the screen.
struct Asked {
    request: u64,
    question: Question,
}

impl<'a> Voice<'a> {
    pub(super) fn beside(progress: &'a Progress, whose: String) -> Self {
        Self {
            progress,
            whose,
            asked: Cell::new(None),
        }
    }

    /// Says something.
    pub(super) fn say(&self, line: &str) {
        self.speak(|| eprintln!("{}{line}", self.whose));
    }

    /// Says something that must be seen.
    pub(super) fn call(&self, line: &str) {
        let line = format!("{}{line}", self.whose);
        self.speak(|| eprintln!("{} {}", ">>>".yellow().bold(), line.bold()));
    }

    fn speak(&self, speak: impl FnOnce()) {
        let mut asked = self.asked.take();
        if let Some(asked) = &mut asked {
            // Where the terminal is gone, so is whoever would read it.
            let _ = asked.question.step_aside();
        }
        self.progress.suspend(speak);
        if let Some(asked) = &mut asked {
            let _ = asked.question.show();
        }
        self.asked.set(asked);
    }

    /// Asks a question for a request, during which nothing else is drawn.
    pub(super) fn ask(&self, request: u64, prompt: &str) -> io::Result<Asking<'_>> {
        self.progress.pause();
        let asking = Asking {
            voice: self,
            request,
            hidden: Hidden::ask(format!("{}{prompt}", self.whose))?,
        };
        asking.wait()?;
        Ok(asking)
    }

    /// Says why the question for a request waits no more for its answer, where there is one.
    pub(super) fn take_back(&self, request: u64, why: &str) {
        match self.asked.take() {
            Some(mut asked) if asked.request == request => {
                let _ = asked.question.step_aside();
                self.say(why);
            }
            other => self.asked.set(other),
        }
    }
}

/// A question that waits for its answer. On drop it is taken back.
pub(super) struct Asking<'a> {
    voice: &'a Voice<'a>,
    request: u64,
    hidden: Hidden,
}

impl Asking<'_> {
    /// As [`Hidden::again`].
    pub(super) fn again(&mut self) -> io::Result<()> {
        self.hidden.again()?;
        self.wait()
    }

    fn wait(&self) -> io::Result<()> {
        let (request, question) = (self.request, self.hidden.question()?);
        self.voice.asked.set(Some(Asked { request, question }));
        Ok(())
    }

    /// As [`Hidden::answer`].
    pub(super) async fn answer(&mut self) -> io::Result<Option<Zeroizing<String>>> {
        let answer = self.hidden.answer().await;
        self.voice.asked.set(None);
        answer
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        if let Some(mut asked) = self.voice.asked.take() {
            let _ = asked.question.step_aside();
        }
        self.voice.progress.resume();
    }
}
