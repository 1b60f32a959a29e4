use proptest::prelude::*;

use super::*;

fn image(text: &str) -> ImageReference {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

fn refused(text: &str) -> String {
    text.parse::<ImageReference>().unwrap_err().to_string()
}

/// Pairs from the documentation and tests of docker and of the distribution project.
#[test]
fn names_are_completed_as_docker_completes_them() {
    let digest = format!("sha256:{}", "ab".repeat(32));
    let pairs = [
        ("app", "docker.io/library/app"),
        ("library/app", "docker.io/library/app"),
        ("docker.io/app", "docker.io/library/app"),
        ("index.docker.io/app", "docker.io/library/app"),
        ("index.docker.io/team/app", "docker.io/team/app"),
        ("team/app", "docker.io/team/app"),
        ("localhost/app", "localhost/app"),
        ("localhost:5000/app", "localhost:5000/app"),
        ("127.0.0.1:5000/a/b/c", "127.0.0.1:5000/a/b/c"),
        ("[::1]:5000/app", "[::1]:5000/app"),
        (
            "reg.example.com/a__b/c-----d/e.f_g",
            "reg.example.com/a__b/c-----d/e.f_g",
        ),
        ("REG/app", "REG/app"),
        ("reg.Example.com:443/app", "reg.Example.com:443/app"),
        ("a.b", "docker.io/library/a.b"),
    ];
    for (typed, whole) in pairs {
        assert_eq!(image(typed).to_string(), whole, "{typed}");
        for suffix in [
            ":1.0".to_owned(),
            format!("@{digest}"),
            format!(":1@{digest}"),
        ] {
            let typed = format!("{typed}{suffix}");
            assert_eq!(image(&typed).to_string(), format!("{whole}{suffix}"));
        }
    }
}

#[test]
fn a_reference_has_parts() {
    let digest = format!("sha256:{}", "ab".repeat(32));
    let one = image(&format!("localhost:5000/team/app:v1@{digest}"));
    assert_eq!(one.gun().registry(), Some("localhost:5000"));
    assert_eq!(one.gun().path(), "team/app");
    assert_eq!(one.tag().unwrap().as_str(), "v1");
    assert_eq!(one.digest().unwrap().to_string(), digest);
    assert_eq!(
        one.at(one.digest().unwrap()),
        format!("localhost:5000/team/app@{digest}")
    );
    assert_eq!(image("app").tag(), None);
    assert_eq!(image("app").tag_or_latest(), Some(Tag::latest()));
    assert_eq!(image(&format!("app@{digest}")).tag_or_latest(), None);
    assert_eq!(image("docker.io/library/app:1").familiar(), "app:1");
    assert_eq!(image("docker.io/team/app").familiar(), "team/app");
    assert!(image("app").gun().is_on_hub());
    assert!(!image("docker.io.example.com/app").gun().is_on_hub());
}

#[test]
fn what_names_no_image_is_refused_with_the_reason() {
    for (text, reason) in [
        ("", "empty"),
        ("App", "lower case"),
        ("reg.example.com/App", "lower case"),
        ("https://reg.example.com/app", "scheme"),
        (&"ab".repeat(32), "id"),
        ("app:", "no tag"),
        ("app:-1", "no tag"),
        ("app:a b", "no tag"),
        (&format!("app:{}", "a".repeat(129)), "no tag"),
        ("app@sha256:ab", "no digest"),
        (&format!("app@sha512:{}", "ab".repeat(64)), "only sha256"),
        (&format!("app@sha256:{}", "AB".repeat(32)), "no digest"),
        ("app@", "no digest"),
        ("reg.example.com/", "between slashes"),
        ("a//b", "between slashes"),
        ("a/../b", "between slashes"),
        ("-app", "between slashes"),
        ("app-", "between slashes"),
        ("a___b", "between slashes"),
        ("a..b", "between slashes"),
        ("a._b", "between slashes"),
        ("reg.example.com/_trust", "between slashes"),
        ("naïve", "between slashes"),
        ("a\u{1b}[2j", "between slashes"),
        ("reg_1.example.com/app", "no name of a registry"),
        ("reg.example.com:99999/app", "no name of a registry"),
        ("reg.example.com:0/app", "no name of a registry"),
        ("[::1/app", "no name of a registry"),
        ("-reg.example.com/app", "no name of a registry"),
        (&"a".repeat(256), "longer"),
        (&"a".repeat(1025), "longer"),
    ] {
        let said = refused(text);
        assert!(said.contains(reason), "{text:?}: {said}");
        assert!(!said.contains('\u{1b}'), "{said:?}");
    }
}

#[test]
fn a_repository_is_taken_as_it_stands() {
    for (text, registry, path) in [
        (
            "reg.example.com:5000/a/b",
            Some("reg.example.com:5000"),
            "a/b",
        ),
        ("docker.io/library/app", Some("docker.io"), "library/app"),
        ("Collection", None, "Collection"),
        ("a/b", None, "a/b"),
    ] {
        let gun: Gun = text.parse().unwrap();
        assert_eq!((gun.registry(), gun.path()), (registry, path));
        assert_eq!(gun.to_string(), text);
    }
    for text in [
        "",
        "a/",
        "/a",
        "a//b",
        "a/../b",
        "a/.b",
        "a:1",
        "reg.test/a:1",
        "a b",
        "a/_trust",
        "reg.test:x/a",
        "*",
    ] {
        text.parse::<Gun>().unwrap_err();
    }
}

proptest! {
    #[test]
    fn what_is_read_is_written_and_read_again(text in "([a-zA-Z0-9.\\-]{1,12}(:[0-9]{1,5})?/)?[a-z0-9._/\\-]{1,20}(:[\\w.-]{0,8})?") {
        if let Ok(image) = text.parse::<ImageReference>() {
            let whole = image.to_string();
            prop_assert_eq!(&whole.parse::<ImageReference>().unwrap(), &image);
            prop_assert_eq!(&image.familiar().parse::<ImageReference>().unwrap(), &image);
            prop_assert_eq!(&image.gun().as_str().parse::<Gun>().unwrap(), image.gun());
            let registry = image.gun().registry().unwrap();
            prop_assert_eq!(format!("{registry}/{}", image.gun().path()), image.gun().as_str());
        }
    }

    #[test]
    fn no_text_brings_it_down(text in any::<String>()) {
        let _ = (text.parse::<ImageReference>(), text.parse::<Gun>(), text.parse::<Tag>());
    }
}

#[test]
fn a_registry_has_one_canonical_name() {
    for (text, expected) in [
        ("LOCALHOST:29744/team/app", "localhost:29744/team/app"),
        ("Reg.Example.com:443/app", "reg.example.com/app"),
        ("reg.example.com:0443/app", "reg.example.com/app"),
        ("reg.example.com:05000/app", "reg.example.com:5000/app"),
        ("127.1:5000/app", "127.0.0.1:5000/app"),
        ("[0:0::1]:5000/app", "[::1]:5000/app"),
        ("DOCKER.IO/library/app", "docker.io/library/app"),
        ("alpine", "docker.io/library/alpine"),
    ] {
        let gun = image(text).gun().clone();
        assert_eq!(gun.canonical().as_str(), expected, "{text}");
    }
    let collection: Gun = "team/App".parse().unwrap();
    assert_eq!(collection.canonical(), collection);
}
