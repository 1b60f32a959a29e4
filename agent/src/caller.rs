//! Who asks: a local process by the kernel's word, or the holder of a certificate by TLS's.

mod certificate;
mod spec;

use std::{
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
};

use nix::unistd::{Uid, User};
use privyseal_proto::ledger::v1 as record;
use privyseal_tuf::Sha256Digest;

pub use self::{
    certificate::{BadCertificate, Certificate, Standing},
    spec::{CallerSpec, CallerSpecError},
};
use crate::denial::Denial;

/// Who is at the other end of a connection.
#[derive(Debug, Clone)]
pub struct Caller {
    identity: Identity,
    name: String,
    party: Party,
    standing: Option<Arc<Standing>>,
}

/// Whom limits count as one: who can have many connections, or many certificates of one name, has
/// no more by that.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Party {
    /// A local user.
    User(u32),
    /// Every certificate that the config knows by this name.
    Named(Arc<str>),
    /// A certificate that the config names nowhere, by its fingerprint.
    Unnamed(Sha256Digest),
}

/// What the name of a caller rests on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Identity {
    /// A local process: its user, group and supplementary groups when it connected.
    Process {
        uid: u32,
        gid: u32,
        groups: Vec<u32>,
    },
    /// The holder of the private key of a client certificate.
    Certificate(Box<Certificate>),
}

impl Caller {
    /// A caller from the credentials of its socket; looks up the user's name.
    #[must_use]
    pub fn process(uid: u32, gid: u32, groups: Vec<u32>) -> Self {
        let user = User::from_uid(Uid::from_raw(uid)).ok().flatten();
        let name = user.map_or_else(|| format!("uid:{uid}"), |user| user.name);
        Self {
            identity: Identity::Process { uid, gid, groups },
            name,
            party: Party::User(uid),
            standing: None,
        }
    }

    /// A caller from the certificate that its handshake proved, for as long as that stands.
    #[must_use]
    pub fn certificate(certificate: Certificate, standing: Arc<Standing>) -> Self {
        Self {
            name: certificate.name(),
            party: Party::Unnamed(*certificate.fingerprint()),
            identity: Identity::Certificate(Box::new(certificate)),
            standing: Some(standing),
        }
    }

    /// The same caller under the name by which the config knows it, of the several that a
    /// certificate may have.
    #[must_use]
    pub fn known_as(self, spec: Option<&CallerSpec>) -> Self {
        let Some(name) = spec.map(CallerSpec::to_string) else {
            return self;
        };
        let party = match self.party {
            Party::User(uid) => Party::User(uid),
            Party::Named(_) | Party::Unnamed(_) => Party::Named(name.as_str().into()),
        };
        Self {
            name,
            party,
            ..self
        }
    }

    /// As whom limits count it.
    #[must_use]
    pub fn party(&self) -> &Party {
        &self.party
    }

    /// Is it a process of this machine, at the Unix socket?
    #[must_use]
    pub fn is_local(&self) -> bool {
        matches!(self.identity, Identity::Process { .. })
    }

    /// The user's name, or `uid:N` where the system knows none. Of a certificate the name by which
    /// the config knows it, or the first, as the config would write it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Is the caller still who it was when it connected? A certificate may expire or be revoked.
    ///
    /// # Errors
    /// Why not.
    pub fn stands(&self) -> Result<(), Denial> {
        match &self.standing {
            Some(standing) => standing.check(&self.name),
            None => Ok(()),
        }
    }

    /// As the ledger records it.
    #[must_use]
    pub fn to_record(&self) -> record::Caller {
        let mut caller = record::Caller {
            name: self.name.clone(),
            ..record::Caller::default()
        };
        match &self.identity {
            Identity::Process { uid, gid, .. } => (caller.uid, caller.gid) = (*uid, *gid),
            Identity::Certificate(certificate) => {
                caller.certificate = certificate.fingerprint().as_bytes().to_vec();
            }
        }
        caller
    }
}

/// Two connections of one caller are the same caller, whatever becomes of them.
impl PartialEq for Caller {
    fn eq(&self, other: &Self) -> bool {
        self.identity == other.identity
    }
}

impl Eq for Caller {}

impl Hash for Caller {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.identity.hash(state);
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
