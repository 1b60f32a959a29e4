mod line;
mod signals;

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;

use nix::fcntl::OFlag;
use nix::sys::termios::{LocalFlags, SetArg, SpecialCharacterIndices};
use nix::sys::termios::{tcgetattr, tcsetattr};
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe::Receiver;
use zeroize::Zeroizing;

use line::{Line, Typed};

const TERMINAL: &str = "/dev/tty";

/// A question on the terminal whose answer is not shown. It may be given up at any moment: on drop
/// the terminal is as it was, and what was typed of an answer is forgotten, so that it neither
/// reaches the shell nor answers the next question.
pub struct Hidden {
    /// A terminal is read as a pipe is.
    keyboard: Receiver,
    question: Question,
    line: Line,
}

/// A question on the terminal, apart from its answer.
pub struct Question {
    screen: File,
    prompt: String,
}

impl Question {
    /// Shows the question again, after something else was written to the terminal.
    ///
    /// # Errors
    /// The terminal's.
    pub fn show(&mut self) -> io::Result<()> {
        self.screen.write_all(self.prompt.as_bytes())
    }

    /// Ends the question's line on the screen, so that something else can be written.
    ///
    /// # Errors
    /// The terminal's.
    pub fn step_aside(&mut self) -> io::Result<()> {
        self.screen.write_all(b"\n")
    }
}

impl Hidden {
    /// Asks. `prompt` is safe to show.
    ///
    /// # Errors
    /// Where this process has no terminal.
    pub fn ask(prompt: String) -> io::Result<Self> {
        // Opened anew, so that others who read this terminal are not made to poll it.
        let keyboard = File::options()
            .read(true)
            .custom_flags((OFlag::O_NONBLOCK | OFlag::O_NOCTTY).bits())
            .open(TERMINAL)?;
        let screen = File::options().write(true).open(TERMINAL)?;
        let before = tcgetattr(&screen)?;
        signals::guard(screen.try_clone()?, before.clone())?;
        let mut silent = before;
        let mut hidden = Self {
            keyboard: Receiver::from_file_unchecked(keyboard)?,
            question: Question { screen, prompt },
            line: Line::default(),
        };
        // Key by key: of a line that the kernel edits nothing could be taken back. A signal by a key
        // would end the process while nothing that is typed is shown.
        silent
            .local_flags
            .remove(LocalFlags::ECHO | LocalFlags::ECHONL | LocalFlags::ICANON | LocalFlags::ISIG);
        let special = [
            (SpecialCharacterIndices::VMIN, 1),
            (SpecialCharacterIndices::VTIME, 0),
        ];
        for (index, value) in special {
            if let Some(character) = silent.control_chars.get_mut(index as usize) {
                *character = value;
            }
        }
        tcsetattr(&hidden.question.screen, SetArg::TCSAFLUSH, &silent)?;
        hidden.question.show()?;
        Ok(hidden)
    }

    /// Asks once more, after an answer that would not do. What was typed meanwhile is an answer, too;
    /// nothing of it was shown.
    ///
    /// # Errors
    /// The terminal's.
    pub fn again(&mut self) -> io::Result<()> {
        self.question.show()
    }

    /// The question, for who writes to the terminal while it waits.
    ///
    /// # Errors
    /// The system's.
    pub fn question(&self) -> io::Result<Question> {
        Ok(Question {
            screen: self.question.screen.try_clone()?,
            prompt: self.question.prompt.clone(),
        })
    }

    /// Waits for the answer, and ends its line; none where the person declines (Ctrl-D) or the terminal is gone.
    /// Ctrl-C ends the process. Nothing is lost where this is dropped and called again.
    ///
    /// # Errors
    /// The terminal's.
    pub async fn answer(&mut self) -> io::Result<Option<Zeroizing<String>>> {
        let typed = self.typed().await;
        self.question.step_aside()?;
        typed
    }

    async fn typed(&mut self) -> io::Result<Option<Zeroizing<String>>> {
        loop {
            let mut keys = Zeroizing::new([0; 64]);
            let read = self.keyboard.read(&mut *keys).await?;
            let keys = keys.get(..read).unwrap_or_default();
            if keys.is_empty() {
                return Ok(None);
            }
            for key in keys {
                match self.line.take(*key) {
                    Typed::More => {}
                    Typed::Whole => return self.line.text().map(Some),
                    Typed::Nothing => return Ok(None),
                    Typed::Interrupt => signals::end(),
                }
            }
        }
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        signals::restore();
    }
}
