//! The body of an answer on its way out: it keeps the place of its request.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tonic::{Status, body::Body};

use super::crowd::Place;

/// An answer with the place of its request: a stream is a request in flight for as long as it
/// lives, and an answer that nobody reads takes a place too.
pub(super) struct Leaving {
    body: Body,
    place: Option<Place>,
}

impl Leaving {
    pub(super) fn new(body: Body, place: Place) -> Self {
        let place = Some(place);
        Self { body, place }
    }
}

impl HttpBody for Leaving {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if let Poll::Ready(frame) = &polled
            && !matches!(frame, Some(Ok(frame)) if frame.is_data())
        {
            // Before the caller hears that it was the last, and asks again.
            self.place = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
