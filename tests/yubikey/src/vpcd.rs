//! The card's end of vpcd, the driver of pcscd for a reader that is a TCP port.
//!
//! The driver listens; a connection is a card in the reader, and its end is the card's removal.
//! Both sides send messages of a length (two bytes, big-endian) and as many bytes. One byte from the
//! reader is an order: 0 power off, 1 power on, 2 reset, 4 tell the answer to reset. Only the last
//! one is answered. Whatever is longer is a command APDU, and its answer goes back.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpStream};
use std::os::linux::net::TcpStreamExt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::Card;

/// How often to ask for a reader that is not there yet.
const RETRY: Duration = Duration::from_millis(20);

const TELL_ATR: u8 = 4;

/// A card in a reader. Dropping it takes the card out and its power away at once, also while it is
/// busy with a command: its answer then goes nowhere. Should the reader end and come back, the card is
/// still in it.
pub struct Inserted {
    place: Arc<Place>,
    power_cut: Arc<dyn Fn() + Send + Sync>,
}

impl Inserted {
    /// Puts a card into the reader that listens, or will listen, on this port of this machine. The
    /// reader is seen empty before: pcscd looks every 400 ms, and takes a card that comes in between
    /// for the one that went.
    ///
    /// # Panics
    /// Where no thread can be started.
    #[must_use]
    pub fn into(port: u16, card: Box<dyn Card>) -> Self {
        let place = Arc::new(Place::default());
        let power_cut = card.power_cut();
        let inside = Arc::clone(&place);
        thread::Builder::new()
            .name(format!("card at {port}"))
            .spawn(move || inside.stay(port, card))
            .unwrap();
        Self { place, power_cut }
    }
}

impl Drop for Inserted {
    fn drop(&mut self) {
        self.place.remove();
        (self.power_cut)();
    }
}

impl std::fmt::Debug for Inserted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inserted").finish_non_exhaustive()
    }
}

#[derive(Debug, Default)]
struct Place {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Waiting,
    Connected(TcpStream),
    Removed,
}

impl Place {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Serves one reader after another, until the card is removed.
    fn stay(&self, port: u16, mut card: Box<dyn Card>) {
        let mut seen_empty = false;
        loop {
            let connected = TcpStream::connect((Ipv4Addr::LOCALHOST, port));
            let entered = connected.and_then(|stream| self.enter(stream));
            if !seen_empty {
                seen_empty = entered.and_then(is_looked_for).unwrap_or(false);
            } else if let Ok(Gone) = entered.and_then(|stream| serve(stream, card.as_mut())) {
                self.remove();
            }
            let mut state = self.lock();
            if matches!(*state, State::Removed) {
                return;
            }
            *state = State::Waiting;
            drop(self.changed.wait_timeout(state, RETRY));
        }
    }

    fn remove(&self) {
        let mut state = self.lock();
        if let State::Connected(stream) = &*state {
            // Where the reader is gone already, so is the card.
            drop(stream.shutdown(Shutdown::Both));
        }
        *state = State::Removed;
        self.changed.notify_all();
    }

    /// Keeps hold of the connection, so that a removal can end it.
    fn enter(&self, stream: TcpStream) -> io::Result<TcpStream> {
        let mut state = self.lock();
        if matches!(*state, State::Removed) {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        *state = State::Connected(stream.try_clone()?);
        Ok(stream)
    }
}

/// Does a reader look whether there is a card? Without an answer to its first question, which is for the
/// answer to reset, it finds none.
fn is_looked_for(mut stream: TcpStream) -> io::Result<bool> {
    Ok(receive(&mut stream)? == [TELL_ATR])
}

/// The card left of its own accord: its answer was empty.
struct Gone;

/// Answers a reader until the card leaves; an error where the reader ends.
fn serve(mut stream: TcpStream, card: &mut dyn Card) -> io::Result<Gone> {
    stream.set_nodelay(true)?;
    loop {
        match receive(&mut stream)?.as_slice() {
            [TELL_ATR] => send(&mut stream, &card.atr())?,
            [_] => card.reset(),
            command => match card.transmit(command) {
                answer if answer.is_empty() => return Ok(Gone),
                answer => send(&mut stream, &answer)?,
            },
        }
    }
}

fn receive(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut length = [0; 2];
    read(stream, &mut length)?;
    let mut message = vec![0; usize::from(u16::from_be_bytes(length))];
    read(stream, &mut message)?;
    Ok(message)
}

/// vpcd sends the length by itself, and what follows only when that was acknowledged (Nagle), which
/// the kernel puts off for 40 ms. It forgets a wish for quick acknowledgements after each of them.
fn read(stream: &mut TcpStream, buffer: &mut [u8]) -> io::Result<()> {
    stream.set_quickack(true)?;
    stream.read_exact(buffer)
}

fn send(stream: &mut TcpStream, message: &[u8]) -> io::Result<()> {
    let length = u16::try_from(message.len()).map_err(|_| io::ErrorKind::InvalidData)?;
    stream.write_all(&[&length.to_be_bytes()[..], message].concat())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::sync::mpsc;

    use super::*;

    /// Counts resets in what it answers, and hangs on command 0xFF until its test ends.
    struct Echo {
        resets: u8,
        busy: mpsc::Sender<()>,
        end: mpsc::Receiver<()>,
    }

    impl Card for Echo {
        fn atr(&self) -> Vec<u8> {
            vec![0x3B, 0x00]
        }

        fn reset(&mut self) {
            self.resets += 1;
        }

        fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
            if command.first() == Some(&0xFF) {
                self.busy.send(()).unwrap();
                assert!(self.end.recv().is_err(), "the test has ended");
            }
            [command, &[self.resets]].concat()
        }
    }

    fn echo() -> (Box<Echo>, mpsc::Receiver<()>, mpsc::Sender<()>) {
        let (busy, is_busy) = mpsc::channel();
        let (ends, end) = mpsc::channel();
        let resets = 0;
        (Box::new(Echo { resets, busy, end }), is_busy, ends)
    }

    /// What a reader does: it looks for a card, finds none, and looks again.
    fn look(reader: &TcpListener) -> TcpStream {
        let (mut stream, _) = reader.accept().unwrap();
        send(&mut stream, &[TELL_ATR]).unwrap();
        assert_eq!(stream.read(&mut [0]).unwrap(), 0, "the reader is empty");
        reader.accept().unwrap().0
    }

    fn ask(stream: &mut TcpStream, message: &[u8]) -> Vec<u8> {
        send(stream, message).unwrap();
        receive(stream).unwrap()
    }

    #[test]
    fn a_card_answers_commands_and_resets() {
        let reader = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let _card = Inserted::into(reader.local_addr().unwrap().port(), echo().0);
        let mut stream = look(&reader);
        assert_eq!(ask(&mut stream, &[4]), [0x3B, 0x00]);
        for order in [1, 2, 0] {
            send(&mut stream, &[order]).unwrap();
        }
        assert_eq!(ask(&mut stream, b"hello"), b"hello\x03");
        let long = vec![7; 65_000];
        assert_eq!(ask(&mut stream, &long).len(), long.len() + 1);
    }

    #[test]
    fn a_card_waits_for_its_reader_and_stays_for_the_next_one() {
        let reader = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = reader.local_addr().unwrap();
        drop(reader);
        let _card = Inserted::into(address.port(), echo().0);
        let reader = TcpListener::bind(address).unwrap();
        let mut stream = look(&reader);
        assert_eq!(ask(&mut stream, &[4]), [0x3B, 0x00]);
        drop((stream, reader));
        let reader = TcpListener::bind(address).unwrap();
        let (mut stream, _) = reader.accept().unwrap();
        assert_eq!(ask(&mut stream, &[4]), [0x3B, 0x00]);
    }

    #[test]
    fn a_card_that_answers_nothing_is_gone() {
        struct Empty;
        impl Card for Empty {
            fn atr(&self) -> Vec<u8> {
                vec![0x3B, 0x00]
            }
            fn reset(&mut self) {}
            fn transmit(&mut self, _: &[u8]) -> Vec<u8> {
                Vec::new()
            }
        }
        let reader = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let card = Inserted::into(reader.local_addr().unwrap().port(), Box::new(Empty));
        let mut stream = look(&reader);
        send(&mut stream, &[0, 0]).unwrap();
        assert_eq!(
            stream.read(&mut [0]).unwrap(),
            0,
            "the connection has ended"
        );
        assert!(matches!(*card.place.lock(), State::Removed));
    }

    #[test]
    fn a_card_is_removed_while_it_is_busy() {
        let reader = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let (card, busy, _end) = echo();
        let card = Inserted::into(reader.local_addr().unwrap().port(), card);
        let mut stream = look(&reader);
        send(&mut stream, &[0xFF, 0]).unwrap();
        busy.recv().unwrap();
        drop(card);
        assert_eq!(
            stream.read(&mut [0]).unwrap(),
            0,
            "the connection has ended"
        );
    }
}
