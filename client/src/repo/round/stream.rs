use std::pin::pin;
use std::time::Duration;

use privyseal_proto::v1::sign_event::Event;
use privyseal_proto::v1::{SignEvent, SignRequest, Signed};
use privyseal_tuf::json::MAX_BYTES;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use crate::agent::{Agent, AgentError, Person};
use crate::failure::Advice;
use crate::show::Progress;

/// Requests that may be on their way at a time.
const IN_FLIGHT: usize = 64;

/// Until the next answer; longer while a person is waited for.
const ANSWER: Duration = Duration::from_secs(120);

/// Asks an agent for one signature.
pub(crate) async fn sign_one(agent: &Agent, request: SignRequest) -> anyhow::Result<Signed> {
    let progress = Progress::of_count(1, "signing");
    let request = |_| Some(request.clone());
    let mut answers = sign_many(agent, 1, request, MAX_BYTES, &progress).await;
    let nothing = || Err(agent.wrong_answer("it ended without a signature").into());
    answers.pop().unwrap_or_else(nothing)
}

/// Asks an agent for `count` signatures over one stream. `request` makes the request of each place,
/// which has that place as its id. The answers come back in the order of the places.
pub(super) async fn sign_many(
    agent: &Agent,
    count: usize,
    request: impl Fn(usize) -> Option<SignRequest>,
    most_bytes: usize,
    progress: &Progress,
) -> Vec<anyhow::Result<Signed>> {
    let mut answers: Vec<Option<anyhow::Result<Signed>>> = Vec::new();
    answers.resize_with(count, || None);
    let ended = ask(agent, &mut answers, request, most_bytes, progress).await;
    let left = |answer: Option<anyhow::Result<Signed>>| match (answer, &ended) {
        (Some(answer), _) => answer,
        (None, Err(error)) => Err(error.clone().into()),
        (None, Ok(())) => Err(agent.wrong_answer("it ended without a signature").into()),
    };
    answers.into_iter().map(left).collect()
}

async fn ask(
    agent: &Agent,
    answers: &mut [Option<anyhow::Result<Signed>>],
    request: impl Fn(usize) -> Option<SignRequest>,
    most_bytes: usize,
    progress: &Progress,
) -> Result<(), AgentError> {
    let (requests, stream) = mpsc::channel(IN_FLIGHT);
    let mut signing = agent.signing();
    let person = Person::before(agent, progress);
    let mut pins = pin!(person.types_pins());
    let mut next = 0;
    let mut in_flight = 0;
    let mut events: Option<Streaming<SignEvent>> = None;
    let stream = ReceiverStream::new(stream);
    let mut stream = Some(stream);
    loop {
        while in_flight < IN_FLIGHT && next < answers.len() {
            let at = next;
            next += 1;
            let Some(request) = request(at) else {
                continue;
            };
            if request.document.len() > most_bytes {
                place(answers, at, Err(too_large(&request, most_bytes).into()));
                continue;
            }
            // There is room for as many as are in flight.
            if requests.send(request).await.is_err() {
                break;
            }
            in_flight += 1;
        }
        if in_flight == 0 {
            return Ok(());
        }
        let events = match (&mut events, stream.take()) {
            (Some(events), _) => events,
            (none, Some(stream)) => {
                let reply = signing.sign_many(stream).await;
                let reply = reply.map_err(|status| agent.error(&status))?;
                none.insert(reply.into_inner())
            }
            (None, None) => return Ok(()),
        };
        let event = tokio::select! {
            event = within(events, ANSWER + person.patience()) => event,
            never = &mut pins => match never {},
        };
        let Some(event) = event.map_err(|status| agent.error(&status))? else {
            return Ok(());
        };
        let answer = match event.event {
            Some(Event::Signed(signed)) => Ok(signed),
            Some(Event::Refused(refused)) => Err(agent.refused(refused).into()),
            Some(Event::Waiting(waiting)) => {
                if is_open(answers, event.id) {
                    person.hears(event.id, waiting);
                }
                continue;
            }
            // What a newer agent may tell.
            None => continue,
        };
        in_flight -= 1;
        progress.advance(1);
        person.is_answered(event.id, answer.is_ok());
        let at = usize::try_from(event.id).unwrap_or(usize::MAX);
        place(answers, at, answer);
    }
}

async fn within(
    events: &mut Streaming<SignEvent>,
    patience: Duration,
) -> Result<Option<SignEvent>, Status> {
    match timeout(patience, events.message()).await {
        Ok(event) => event,
        Err(_) => Err(Status::deadline_exceeded(format!(
            "no answer within {} seconds",
            patience.as_secs()
        ))),
    }
}

fn is_open(answers: &[Option<anyhow::Result<Signed>>], id: u64) -> bool {
    let at = usize::try_from(id).unwrap_or(usize::MAX);
    matches!(answers.get(at), Some(None))
}

/// An answer to no question, or a second one, is left out.
fn place(
    answers: &mut [Option<anyhow::Result<Signed>>],
    at: usize,
    answer: anyhow::Result<Signed>,
) {
    if let Some(place @ None) = answers.get_mut(at) {
        *place = Some(answer);
    }
}

fn too_large(request: &SignRequest, most_bytes: usize) -> Advice {
    Advice::failed(
        format!(
            "{}.json has {} bytes, more than the {most_bytes} that an agent takes",
            request.role,
            request.document.len()
        ),
        "nothing was sent; spread the targets over delegated roles, for instance with `privyseal repo bins`",
    )
}
