//! The same words as docker's.

use privyseal_tests::notary::TrustStage;

use crate::reader::Reader;

#[test]
fn inspect_prints_what_docker_prints() {
    let Some(stage) = TrustStage::start() else {
        return;
    };
    let registry = &stage.host.registry;
    let web = registry.named("demo/web");
    let signed = stage.docker_signed(&web, &["v2", "v10", "v1", "latest"]);
    let bob = stage.docker();
    bob.ok(&["trust", "key", "generate", "bob"]);
    let key = bob.config().join("bob.pub");
    let add = [
        "trust",
        "signer",
        "add",
        "--key",
        key.to_str().unwrap(),
        "bob",
        &web,
    ];
    signed.user.ok(&add);
    let idle = registry.named("demo/idle");
    let add = [
        "trust",
        "signer",
        "add",
        "--key",
        key.to_str().unwrap(),
        "bob",
        &idle,
    ];
    signed.user.ok(&add);
    let tool = registry.named("demo/tool");
    let by_notary = stage.notary_signed(&tool, &["v1", "v01", "1.10", "1.9"]);
    by_notary.delegate("targets/carol");
    by_notary.delegate("targets/releases");
    by_notary.delegate("targets/carol/ci");
    let image = stage.host.push("demo/tool", "v7");
    by_notary.user.stage_image(&tool, &image, "targets/carol");
    by_notary
        .user
        .stage_image(&tool, &image, "targets/releases");
    by_notary.user.ok(&["publish", &tool]);

    let reader = Reader::new(&stage.sandbox, "reader", &stage.stack);
    let docker = stage.docker();
    for images in [
        vec![web.clone()],
        vec![format!("{web}:v10")],
        vec![format!("{web}:none")],
        vec![idle.clone()],
        vec![tool.clone()],
        vec![format!("{tool}:v7"), web.clone(), idle.clone()],
    ] {
        for pretty in [&[][..], &["--pretty"]] {
            let mut arguments = vec!["inspect"];
            arguments.extend(pretty);
            arguments.extend(images.iter().map(String::as_str));
            let ours = reader.ok(&arguments);
            let theirs = docker.ok(&[&["trust"][..], &arguments].concat());
            assert_eq!(ours, theirs, "{arguments:?}");
        }
    }
    let nobody = registry.named("demo/nobody");
    let theirs = docker.run(&["trust", "inspect", &nobody]);
    let ours = reader.run(&["inspect", &nobody]);
    assert_eq!(
        (ours.status, &ours.stdout),
        (10, &theirs.stdout),
        "{ours:#?} {theirs:#?}"
    );
    assert_ne!(theirs.status, 0);
}
