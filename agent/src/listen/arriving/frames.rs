//! Where the messages of a body begin and end: each is five bytes, of which the last four say its
//! length, and itself (gRPC over HTTP/2, "Length-Prefixed-Message").

/// Follows a body.
#[derive(Debug, Default)]
pub(super) struct Frames {
    /// The first bytes of the message that arrives, as many as are here.
    prefix: [u8; 5],
    /// Its bytes that are here, with the prefix.
    here: usize,
}

impl Frames {
    /// The next bytes. The length of the longest message of which a prefix ends in them.
    pub(super) fn read(&mut self, mut data: &[u8]) -> u32 {
        let mut longest = 0;
        while !data.is_empty() {
            if let Some(missing) = self.prefix.get_mut(self.here..) {
                let count = missing.len().min(data.len());
                let (first, rest) = data.split_at(count);
                for (to, from) in missing.iter_mut().zip(first) {
                    *to = *from;
                }
                self.here += count;
                data = rest;
                if self.here < self.prefix.len() {
                    break;
                }
                longest = longest.max(self.length());
            }
            let whole = usize::try_from(self.length()).unwrap_or(usize::MAX);
            let whole = whole.saturating_add(self.prefix.len());
            let count = data.len().min(whole.saturating_sub(self.here));
            data = data.split_at(count).1;
            self.here += count;
            if self.here == whole {
                self.here = 0;
            }
        }
        longest
    }

    /// Bytes of a message that is not whole.
    pub(super) fn unfinished(&self) -> usize {
        self.here
    }

    fn length(&self) -> u32 {
        let [_, length @ ..] = self.prefix;
        u32::from_be_bytes(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(length: u32) -> Vec<u8> {
        let length_is = length.to_be_bytes();
        let body = (0..length).map(|at| u8::try_from(at % 251).unwrap());
        [0].into_iter().chain(length_is).chain(body).collect()
    }

    #[test]
    fn messages_end_where_they_end_however_they_are_cut() {
        let lengths = [0, 1, 300, 0, 0, 70_000, 5];
        let all: Vec<u8> = lengths.into_iter().flat_map(message).collect();
        for cut in [1, 2, 3, 5, 6, 7, 16_384, all.len()] {
            let mut frames = Frames::default();
            let mut longest = 0;
            for part in all.chunks(cut) {
                longest = longest.max(frames.read(part));
            }
            assert_eq!((frames.unfinished(), longest), (0, 70_000), "cut at {cut}");
        }
    }

    #[test]
    fn what_is_unfinished_is_counted_from_the_last_end() {
        let mut frames = Frames::default();
        let two = [message(10), message(20)].concat();
        assert_eq!(frames.read(&two[..18]), 10);
        assert_eq!(frames.unfinished(), 3);
        assert_eq!(frames.read(&two[18..30]), 20);
        assert_eq!(frames.unfinished(), 15);
        assert_eq!(frames.read(&two[30..]), 0);
        assert_eq!(frames.unfinished(), 0);
    }
}
