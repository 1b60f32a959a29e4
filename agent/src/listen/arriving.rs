//! The body of a request on its way in: it has its time, and what of it waits to be complete is
//! bounded.

mod frames;

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};
use tonic::{Status, body::Body};

use self::frames::Frames;
use super::crowd::Place;
use crate::{
    caller::Caller,
    config::Period,
    denial::{Denial, Reason},
    service::Desk,
};

/// What a request must keep to while it arrives.
pub(super) struct Terms {
    /// Time for a whole request, or for each message of a stream.
    pub(super) time: Period,
    /// Is it a stream? Between two of its messages it has all the time that it wants.
    pub(super) stream: bool,
    /// How long a message may be, and what is said of a longer one, where the decoder would let
    /// longer ones through.
    pub(super) longest: Option<(u32, Denial)>,
    /// Where it is counted that it did not.
    pub(super) desk: Arc<Desk>,
    /// Who sends it.
    pub(super) caller: Arc<Caller>,
    /// The place of its bytes among those of all unfinished requests.
    pub(super) unfinished: Place,
}

/// A request's body that keeps to its terms. One that does not ends with the reason.
pub(super) struct Arriving {
    body: Body,
    terms: Terms,
    frames: Frames,
    due: Option<Instant>,
    /// Set when something has to be waited for.
    timer: Option<Pin<Box<Sleep>>>,
}

impl Arriving {
    /// Its headers arrived just now.
    pub(super) fn new(body: Body, terms: Terms) -> Self {
        let due = (!terms.stream).then(|| Instant::now() + terms.time.duration());
        Self {
            body,
            terms,
            frames: Frames::default(),
            due,
            timer: None,
        }
    }

    fn arrived(&mut self, data: &[u8]) -> Result<(), Denial> {
        let before = self.frames.unfinished();
        let longest = self.frames.read(data);
        if let Some((limit, _)) = &self.terms.longest
            && longest > *limit
            && let Some((_, denial)) = self.terms.longest.take()
        {
            return Err(denial);
        }
        let unfinished = self.frames.unfinished();
        self.terms.unfinished.resize(unfinished)?;
        let ended = unfinished < before.saturating_add(data.len());
        let began = before == 0 && unfinished > 0;
        if self.terms.stream && (ended || began) {
            let due = || Instant::now() + self.terms.time.duration();
            self.due = (unfinished > 0).then(due);
            self.timer = None;
        }
        Ok(())
    }

    fn overdue(&mut self, cx: &mut Context<'_>) -> Poll<Denial> {
        let Some(due) = self.due else {
            return Poll::Pending;
        };
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(due)));
        timer.as_mut().poll(cx).map(|()| {
            let what = match self.terms.stream {
                true => "a message",
                false => "the request",
            };
            let time = self.terms.time;
            let message = format!("{what} had not arrived whole after {time}");
            Denial::new(Reason::RequestTimeout, message)
        })
    }

    /// Nothing more is read. What arrived counts for as long as its reader holds it.
    fn end(&mut self, denial: &Denial) -> Status {
        self.body = Body::empty();
        self.due = None;
        self.timer = None;
        let Terms { desk, caller, .. } = &self.terms;
        desk.refuse(caller, denial)
    }
}

impl HttpBody for Arriving {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        // Also before what has arrived: a byte now and then is not in time.
        let late = this.timer.is_some().then(|| this.overdue(cx));
        if let Some(Poll::Ready(denial)) = late {
            return Poll::Ready(Some(Err(this.end(&denial))));
        }
        let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(cx) else {
            let late = this.overdue(cx);
            return late.map(|denial| Some(Err(this.end(&denial))));
        };
        let data = frame.as_ref().and_then(|frame| frame.as_ref().ok());
        if let Some(data) = data.and_then(Frame::data_ref)
            && let Err(denial) = this.arrived(data)
        {
            return Poll::Ready(Some(Err(this.end(&denial))));
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
