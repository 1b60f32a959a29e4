//! Verified digests in the hands of a real engine.

use std::fs;

use privyseal_tests::notary::TrustStage;

use crate::reader::Reader;

#[test]
fn images_are_pulled_run_and_built_by_their_signed_digests() {
    let Some(stage) = TrustStage::start() else {
        return;
    };
    let gun = stage.host.registry.named("demo/web");
    let signed = stage.docker_signed(&gun, &["v1", "v2"]);
    let (name, image) = (&signed.names()[0], &signed.tags[0]);
    let unsigned = format!("{gun}:v3");
    stage.host.push("demo/web", "v3");
    // The registry shows another image under the signed tag.
    let other = stage.host.push("demo/web", "v1");
    let engine = &stage.host.engine;
    let clean = || {
        // One image may have several names, which go with it.
        while let Some(image) = engine.images().first() {
            engine.remove(image);
        }
    };
    clean();
    let reader = Reader::new(&stage.sandbox, "reader", &stage.stack).with_engine(engine);

    // Pull.
    reader.ok(&["pull", name]);
    assert_eq!(engine.images(), [format!("{gun}@{}", image.digest)]);
    let docker = stage.docker();
    let inspected = docker.ok(&["image", "inspect", "--format", "{{.RepoTags}}", name]);
    assert!(inspected.contains(name.as_str()), "{inspected}");
    let refused = reader.run(&["pull", &unsigned]);
    assert_eq!(refused.status, 11, "{refused:#?}");
    clean();
    reader.ok(&["pull", "--all-tags", "--quiet", &gun]);
    assert_eq!(engine.images().len(), 2);
    clean();

    // What switched verification off for docker does so here.
    let mut off = reader.command(&["pull", name]);
    let answer = off.env("DOCKER_CONTENT_TRUST", "0").output().unwrap();
    assert!(answer.status.success());
    assert!(String::from_utf8_lossy(&answer.stderr).contains("nothing is verified"));
    assert_eq!(engine.images(), [format!("{gun}@{}", other.digest)]);
    clean();
    reader.ok(&["pull", "--disable-content-trust", &unsigned]);
    clean();
    let mut on = reader.command(&["pull", "--disable-content-trust=false", &unsigned]);
    let answer = on.env("DOCKER_CONTENT_TRUST", "0").output().unwrap();
    assert_eq!(answer.status.code(), Some(11));

    // Run.
    let said = reader.ok(&["run", "--rm", "--network", "none", name]);
    assert_eq!(said.trim_end(), image.says);
    let refused = reader.run(&["run", "--rm", "--network=none", &unsigned]);
    assert_eq!((refused.status, &*refused.stdout), (11, ""), "{refused:#?}");
    let unclear = reader.run(&["run", "--unknown", name, &unsigned]);
    assert_eq!((unclear.status, &*unclear.stdout), (1, ""), "{unclear:#?}");
    let said = reader.ok(&[
        "run",
        "--disable-content-trust",
        "--rm",
        "--network=none",
        name,
    ]);
    assert_eq!(said.trim_end(), other.says);

    // Build.
    let directory = reader.home().join("context");
    fs::create_dir(&directory).unwrap();
    let context = directory.to_str().unwrap();
    let build = |dockerfile: &str, more: &[&str]| {
        fs::write(directory.join("Dockerfile"), dockerfile).unwrap();
        let mut command =
            reader.command(&[&["build"][..], more, &["-t", "built:1", context]].concat());
        // buildx is not needed for what is tested here.
        let output = command.env("DOCKER_BUILDKIT", "0").output().unwrap();
        privyseal_tests::client::Answer::from(output)
    };
    let built = build(
        &format!("ARG TAG=v9\nFROM {gun}:$TAG AS base\nFROM base\nLABEL a=b\n"),
        &["--build-arg", "TAG=v1"],
    );
    assert_eq!(built.status, 0, "{built:#?}");
    let said = docker.ok(&["run", "--rm", "--network=none", "built:1"]);
    assert_eq!(said.trim_end(), image.says);
    for dockerfile in [
        format!("FROM {unsigned}\n"),
        format!("FROM {name}\nCOPY --from={unsigned} /say /x\n"),
        format!("FROM {name}\nRUN <<EOF\nFROM {unsigned}\nEOF\n"),
    ] {
        let refused = build(&dockerfile, &[]);
        assert_ne!(refused.status, 0, "{dockerfile}: {refused:#?}");
        assert!(!refused.stdout.contains("Step 1"), "{refused:#?}");
    }
    let built = build(&format!("FROM {unsigned}\n"), &["--disable-content-trust"]);
    assert_eq!(built.status, 0, "{built:#?}");
}
