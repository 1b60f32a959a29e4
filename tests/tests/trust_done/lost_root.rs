//! A token with a root key is lost, and the repository goes on with the other.

use std::collections::BTreeSet;
use std::fs;

use crate::points;
use crate::stage::{Stage, pulls};

#[test]
fn the_other_root_key_goes_on_where_a_token_is_destroyed() {
    let Some(mut stage) = Stage::start() else {
        return;
    };
    let gun = stage.trust.host.registry.local("demo/web");
    stage.roots("old", "ecdsa-p256", "**");
    let image = stage.push(&gun, "v1");
    stage.client.ok(&format!("trust sign {gun}:v1"));
    let consumer = stage.docker();
    pulls(&consumer, &gun, &image);
    let server = &stage.trust.stack.server;
    let desk = &mut stage.agents.desk;
    let before = points::of_root(server, &gun);
    let lost: BTreeSet<_> = before
        .intersection(&points::on(&desk.token))
        .cloned()
        .collect();
    assert_eq!(lost.len(), 2, "one key of root, and that of targets");

    // The day on which the token of every day burns, and its agent ends.
    desk.agent.kill();
    fs::remove_dir_all(desk.token.objects()).unwrap();
    let trust = &stage.trust;
    let survivor = stage
        .agents
        .client_of_safe(&trust.sandbox, "survivor", &trust.stack);
    survivor.ok("trust key generate root-new --role root --repository **");
    survivor.ok(&format!(
        "trust rotate {gun} root --key root-2-old --key root-new --single-root"
    ));
    survivor.ok(&format!("trust rotate {gun} targets"));
    let next = stage.push(&gun, "v2");
    survivor.ok(&format!("trust sign {gun}:v2"));

    // Those who know only the old root follow, and those who know nothing.
    for consumer in [&consumer, &stage.docker()] {
        pulls(consumer, &gun, &image);
        pulls(consumer, &gun, &next);
    }
    let after = points::of_root(server, &gun);
    assert!(after.is_disjoint(&lost), "{after:#?} and {lost:#?}");
}
