//! `privyseald` signs for the publisher and for notary-server: every key of a repository is in a
//! token.

use std::collections::BTreeSet;

use privyseal_tests::notary::{ImageHost, NotaryStage, TrustAgents};
use privyseal_tests::{pkcs11_tool, require};

use crate::points;
use crate::stage::{pulls, refuses};

#[test]
fn every_key_of_a_repository_is_in_a_token_and_can_not_leave_it() {
    if !ImageHost::installed() || !require::program("pkcs11-tool") {
        return;
    }
    let Some(online) = NotaryStage::start("") else {
        return;
    };
    let host = ImageHost::start(&online.sandbox, &online.ca);
    let agents = TrustAgents::start(&online.sandbox);
    let client = agents.client(&online.sandbox, "publisher", &online.stack);
    TrustAgents::generate_roots(&client, ["ecdsa-p256"; 2]);
    let gun = host.registry.named("demo/web");
    let [image, other] = ["v1", "v2"].map(|tag| host.push("demo/web", tag));
    let (digest, size) = (&image.digest, image.size);
    client.ok(&format!(
        "trust sign {gun}:v1 --digest {digest} --size {size}"
    ));

    let consumer = host.docker(&online.stack);
    pulls(&consumer, &gun, &image);
    refuses(&consumer, &gun, &other.tag);

    let tokens = [&online.token, &agents.desk.token, &agents.safe.token];
    let held: BTreeSet<String> = tokens.into_iter().flat_map(points::on).collect();
    let named = points::of_root(&online.stack.server, &gun);
    assert_eq!(named.len(), 5, "two of root, one of each other role");
    assert!(named.is_subset(&held), "{named:#?} of {held:#?}");
    for token in tokens {
        for key in pkcs11_tool::private_keys(token) {
            assert!(key.contains("never extractable"), "{key}");
        }
    }
    client.ok(&format!("trust revoke {gun}:v1"));
    refuses(&consumer, &gun, "v1");
}
