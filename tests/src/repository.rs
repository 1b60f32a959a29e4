//! A repository whose keys are at one agent, driven by raw requests.

use privyseal_proto::v1::{
    Key, LineageRef, ObserveRequest, RoleMemory, SignRequest, Signed, role_memory::State,
};

use crate::metadata::{self, RoleOf, Roles};
use crate::rpc::{Answer, Rpc};
use crate::setup::AUTHORITY;

/// Keys of a repository, and its lineage once there is one.
#[derive(Debug, Clone)]
pub struct Repository {
    /// Its name, such as `example.org/app`.
    pub name: String,
    /// 2 of 3 root keys, and one key for each other role.
    pub roles: Roles,
    /// Its lineage; without a first root until it is opened.
    pub lineage: LineageRef,
    /// Its first root with its signatures; empty until it is opened.
    pub first_root: Vec<u8>,
}

impl Repository {
    /// Generates the keys of `example.org/{short}`: `{short}-root-1` to `-3`, `{short}-targets`,
    /// `{short}-snapshot` and `{short}-timestamp`. Nothing is signed.
    #[must_use]
    pub fn generate(rpc: &Rpc, short: &str) -> Self {
        let name = format!("example.org/{short}");
        let key = |role: &str| {
            let key = rpc.generate(&format!("{short}-{role}"), "ecdsa-p256", &name);
            key.unwrap()
        };
        let roles = Roles {
            root: RoleOf::new(2, &[key("root-1"), key("root-2"), key("root-3")]),
            targets: RoleOf::new(1, &[key("targets")]),
            snapshot: RoleOf::new(1, &[key("snapshot")]),
            timestamp: RoleOf::new(1, &[key("timestamp")]),
        };
        Self::new(name, roles)
    }

    /// Generates one key, `{short}`, that is all roles of `example.org/{short}`. Nothing is signed.
    #[must_use]
    pub fn of_one_key(rpc: &Rpc, short: &str) -> Self {
        let name = format!("example.org/{short}");
        let key = RoleOf::new(1, &[rpc.generate(short, "ecdsa-p256", &name).unwrap()]);
        Self::new(
            name,
            Roles {
                root: key.clone(),
                targets: key.clone(),
                snapshot: key.clone(),
                timestamp: key,
            },
        )
    }

    /// A repository of these keys. Nothing is signed.
    #[must_use]
    pub fn new(name: String, roles: Roles) -> Self {
        Self {
            lineage: LineageRef {
                authority: AUTHORITY.to_owned(),
                repository: name.clone(),
                first_root: String::new(),
            },
            first_root: Vec::new(),
            name,
            roles,
        }
    }

    /// As [`Self::generate`], with a first root that two of its keys signed.
    #[must_use]
    pub fn open(rpc: &Rpc, short: &str) -> Self {
        Self::generate(rpc, short).opened(rpc)
    }

    /// With a first root that as many of its keys signed as must.
    #[must_use]
    pub fn opened(mut self, rpc: &Rpc) -> Self {
        let root = metadata::root(1, &self.roles);
        self.lineage.first_root = metadata::digest(&root).to_string();
        let RoleOf { keys, threshold } = &self.roles.root;
        let signatures: Vec<_> = keys[..*threshold as usize]
            .iter()
            .map(|key| rpc.sign(self.request("root", &key.name, &root)).unwrap())
            .collect();
        self.first_root = metadata::with_signatures(&root, &signatures);
        self
    }

    /// As [`Self::open`], with version 1 of each other role.
    #[must_use]
    pub fn complete(rpc: &Rpc, short: &str) -> Self {
        let repository = Self::open(rpc, short);
        let documents = [
            ("targets", metadata::targets(1, &[("a.txt", b"a")])),
            ("snapshot", metadata::snapshot(1, 1)),
            ("timestamp", metadata::timestamp(1, 1)),
        ];
        for (role, document) in documents {
            repository.sign(rpc, role, &document).unwrap();
        }
        repository
    }

    /// The first key of a role.
    ///
    /// # Panics
    /// Where there is no such role.
    #[must_use]
    pub fn key(&self, role: &str) -> &Key {
        let of = match role {
            "root" => &self.roles.root,
            "targets" => &self.roles.targets,
            "snapshot" => &self.roles.snapshot,
            "timestamp" => &self.roles.timestamp,
            other => panic!("no role {other}"),
        };
        &of.keys[0]
    }

    /// A request to sign a document.
    #[must_use]
    pub fn request(&self, role: &str, key: &str, document: &[u8]) -> SignRequest {
        SignRequest {
            id: 0,
            lineage: Some(self.lineage.clone()),
            role: role.to_owned(),
            key: key.to_owned(),
            document: document.to_vec(),
        }
    }

    /// Has a document signed with the first key of its role.
    pub fn sign(&self, rpc: &Rpc, role: &str, document: &[u8]) -> Answer<Signed> {
        rpc.sign(self.request(role, &self.key(role).name, document))
    }

    /// Has the agent observe a document.
    #[must_use]
    pub fn observation(&self, role: &str, document: &[u8]) -> ObserveRequest {
        ObserveRequest {
            lineage: Some(self.lineage.clone()),
            role: role.to_owned(),
            document: document.to_vec(),
        }
    }

    /// What the agent remembers of a role.
    #[must_use]
    pub fn memory(&self, rpc: &Rpc, role: &str) -> Option<RoleMemory> {
        let reply = rpc.lineage(&self.lineage).unwrap();
        reply.roles.into_iter().find(|memory| memory.role == role)
    }

    /// The version and state of a role.
    ///
    /// # Panics
    /// Where the agent remembers none.
    #[must_use]
    pub fn version(&self, rpc: &Rpc, role: &str) -> (u64, State) {
        let memory = self.memory(rpc, role).expect("the role is remembered");
        (memory.version, memory.state())
    }
}
