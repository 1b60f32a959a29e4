use std::pin::pin;

use privyseal_proto::v1::certify_event::Event;
use privyseal_proto::v1::{CertifyReply, CertifyRequest};

use super::Person;
use crate::agent::{Agent, AgentError};
use crate::show::Progress;

impl Agent {
    /// Asks for a certificate, or a request for one, and tells what is waited for meanwhile.
    ///
    /// # Errors
    /// Where the agent refuses, or ends without an answer.
    pub(crate) async fn certify(
        &self,
        request: CertifyRequest,
    ) -> Result<CertifyReply, AgentError> {
        let progress = Progress::none();
        let person = Person::before(self, &progress);
        let mut pins = pin!(person.types_pins());
        let events = self.keys().certify(request).await;
        let mut events = events.map_err(|status| self.error(&status))?.into_inner();
        loop {
            let event = tokio::select! {
                event = events.message() => event,
                never = &mut pins => match never {},
            };
            let event = event.inspect_err(|_| person.is_answered(0, false));
            match event.map_err(|status| self.error(&status))? {
                Some(event) => match event.event {
                    Some(Event::Certified(reply)) => {
                        person.is_answered(0, true);
                        return Ok(reply);
                    }
                    Some(Event::Waiting(waiting)) => person.hears(0, waiting),
                    None => {}
                },
                None => return Err(self.wrong_answer("it ended without a certificate")),
            }
        }
    }
}
