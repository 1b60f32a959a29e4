use anstream::eprintln;
use privyseal_proto::v1::{
    CertifyReply, CertifyRequest, Waiting, certify_event::Event, waiting::Kind,
};

use super::{Agent, AgentError};
use crate::show::escape;

impl Agent {
    /// Tells the person at this terminal what the agent waits for.
    pub(crate) fn tell(&self, waiting: &Waiting) {
        let (device, about) = (escape(&waiting.device), escape(&waiting.about));
        match waiting.kind() {
            Kind::Pin => eprintln!(
                "{}: {device} needs its PIN to sign {about}: privyseal agent unlock {}",
                self.name(),
                escape(&waiting.keystore)
            ),
            Kind::Touch => eprintln!("touch your {device} now, to sign {about}"),
            Kind::Unspecified => {}
        }
    }

    /// Asks for a certificate, or a request for one, and tells what is waited for meanwhile.
    ///
    /// # Errors
    /// Where the agent refuses, or ends without an answer.
    pub(crate) async fn certify(
        &self,
        request: CertifyRequest,
    ) -> Result<CertifyReply, AgentError> {
        let events = self.keys().certify(request).await;
        let mut events = events.map_err(|status| self.error(&status))?.into_inner();
        while let Some(event) = events
            .message()
            .await
            .map_err(|status| self.error(&status))?
        {
            match event.event {
                Some(Event::Certified(reply)) => return Ok(reply),
                Some(Event::Waiting(waiting)) => self.tell(&waiting),
                None => {}
            }
        }
        Err(self.wrong_answer("it ended without a certificate"))
    }
}
