//! Images and their registry, without trust.

use privyseal_tests::certificates::Ca;
use privyseal_tests::images::{Image, Images};
use privyseal_tests::notary::{ImageHost, Registry, TrustStage};
use privyseal_tests::require;
use privyseal_tests::sandbox::Sandbox;
use std::collections::BTreeSet;

#[test]
fn the_registry_has_each_kind_of_manifest_as_it_was_pushed() {
    if !Images::installed() || !require::program("docker-registry") {
        return;
    }
    let sandbox = Sandbox::new();
    let registry = Registry::start(&sandbox, &Ca::new(&sandbox, "tls"));
    let images = Images::new(&sandbox);
    let docker = "application/vnd.docker.distribution";
    let oci = "application/vnd.oci.image";
    let pushed = [
        (
            images.push(&registry, "demo/web", "v1"),
            format!("{docker}.manifest.v2+json"),
        ),
        (
            images.push(&registry, "demo/web", "v2"),
            format!("{docker}.manifest.v2+json"),
        ),
        (
            images.push_oci(&registry, "demo/web", "oci"),
            format!("{oci}.manifest.v1+json"),
        ),
        (
            images.push_index(&registry, "demo/web", "index"),
            format!("{oci}.index.v1+json"),
        ),
        (
            images.push_list(&registry, "demo/web", "list"),
            format!("{docker}.manifest.list.v2+json"),
        ),
    ];
    for (image, media_type) in &pushed {
        assert_eq!(&image.media_type, media_type, "{image:?}");
        // What anybody is told who asks for the tag.
        let (digest, size) = registry.head("demo/web", &image.tag);
        assert_eq!((&image.digest, image.size), (&digest, size), "{image:?}");
        let found = images.at(&registry, "demo/web", &image.tag);
        let expected = Image {
            says: String::new(),
            ..image.clone()
        };
        assert_eq!(found, expected);
    }
    let digests: BTreeSet<_> = pushed.iter().map(|(image, _)| &image.digest).collect();
    assert_eq!(digests.len(), pushed.len(), "no two are the same");
}

#[test]
fn the_engine_runs_each_of_them_by_both_names() {
    let Some(stage) = TrustStage::start() else {
        return;
    };
    let ImageHost {
        engine,
        images,
        registry,
    } = &stage.host;
    let docker = stage.docker();
    let pushed = [
        images.push(registry, "demo/web", "v1"),
        images.push_oci(registry, "demo/web", "oci"),
        images.push_index(registry, "demo/web", "index"),
        images.push_list(registry, "demo/web", "list"),
    ];
    for gun in [registry.local("demo/web"), registry.named("demo/web")] {
        for image in &pushed {
            let name = format!("{gun}@{}", image.digest);
            let said = docker.ok(&["run", "--rm", &name]);
            assert_eq!(said.trim_end(), image.says);
            assert!(engine.images().contains(&name), "{:?}", engine.images());
        }
    }
    for image in engine.images() {
        if engine.images().contains(&image) {
            engine.remove(&image);
        }
    }
    assert_eq!(engine.images(), Vec::<String>::new());
}
