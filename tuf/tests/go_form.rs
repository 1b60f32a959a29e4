//! What Go prints of a document, held against what the real programs printed.
#![allow(clippy::unwrap_used, clippy::panic)]

use privyseal_tuf::notary::{NotAsGoPrints, Problem, SignedError, as_go_prints, go_keeps};
use privyseal_tuf::{Document, Role, RoleType};

fn read(name: &str) -> String {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/notary");
    std::fs::read_to_string(format!("{directory}/{name}")).unwrap()
}

#[test]
fn what_notary_and_docker_published_is_what_go_prints() {
    let manifest: serde_json::Value = serde_json::from_str(&read("manifest.json")).unwrap();
    let documents = manifest["documents"].as_array().unwrap();
    assert!(documents.len() > 25);
    for entry in documents {
        let file = entry["file"].as_str().unwrap();
        let role: Role = entry["role"].as_str().unwrap().parse().unwrap();
        let document = Document::parse(read(file).as_bytes()).unwrap();
        assert_eq!(as_go_prints(&document, role.kind()), Ok(()), "{file}");
    }
}

/// The first problem with a text, and where.
fn refused(text: &str, role: RoleType) -> (String, Problem) {
    let document = Document::parse(text.as_bytes()).unwrap();
    match as_go_prints(&document, role).unwrap_err() {
        NotAsGoPrints::Field(SignedError::Field { path, problem }) => (path.to_string(), problem),
        other => panic!("{other}"),
    }
}

#[test]
fn every_other_field_is_found() {
    use RoleType::{Root, Targets};
    let (root, targets) = (
        read("docker-28/1.root.json"),
        read("docker-28/targets.json"),
    );
    let releases = read("docker-28/targets/releases.json");
    let cases = [
        (
            Root,
            &root,
            "\"consistent_snapshot\":false,",
            "",
            "consistent_snapshot",
            Problem::Missing,
        ),
        (
            Root,
            &root,
            "\"_type\":\"Root\"",
            "\"_type\":\"Root\",\"spec_version\":\"1.0\"",
            "spec_version",
            Problem::Unknown,
        ),
        (
            Root,
            &root,
            "\"roles\":{",
            "\"roles\":{\"mirrors\":{},",
            "roles.mirrors",
            Problem::Unknown,
        ),
        (
            Targets,
            &targets,
            "\"version\":",
            "\"x\":1,\"version\":",
            "x",
            Problem::Unknown,
        ),
        (
            Targets,
            &targets,
            "\"paths\":[\"\"]",
            "\"paths\":[]",
            "delegations.roles[0].paths",
            Problem::Omitted,
        ),
        (
            Targets,
            &targets,
            "\"paths\":[\"\"]",
            "\"paths\":null",
            "delegations.roles[0].paths",
            Problem::Omitted,
        ),
        (
            Targets,
            &targets,
            "\"paths\":[\"\"]",
            "\"paths\":[\"a\\u0001\"]",
            "delegations.roles[0].paths[0]",
            Problem::Control,
        ),
        (
            Targets,
            &targets,
            "\"paths\":[\"\"]",
            "\"terminating\":true",
            "delegations.roles[0].terminating",
            Problem::Unknown,
        ),
        (
            Targets,
            &releases,
            "\"length\":",
            "\"custom\":null,\"length\":",
            "custom",
            Problem::Omitted,
        ),
        (
            Targets,
            &releases,
            "\"length\":",
            "\"custom\":{\"a\\nb\":1},\"length\":",
            r#"custom["a\nb"]"#,
            Problem::Control,
        ),
        (
            Targets,
            &targets,
            "\"method\":\"ecdsa\"",
            "\"method\":\"ECDSA\"",
            "signatures[0].method",
            Problem::Method,
        ),
        (
            Targets,
            &targets,
            "\"method\":\"ecdsa\",",
            "",
            "signatures[0].method",
            Problem::Missing,
        ),
        (
            Targets,
            &targets,
            "==\"}]}",
            "\"}]}",
            "signatures[0].sig",
            Problem::Base64,
        ),
    ];
    for (role, text, from, to, place, problem) in cases {
        let changed = text.replacen(from, to, 1);
        assert_ne!(*text, changed, "{from}");
        let (path, found) = refused(&changed, role);
        assert_eq!(found, problem, "{to}");
        // The path has the name of a target before it, or stands for itself.
        assert!(path.ends_with(place), "{path:?} is not {place:?}");
    }
    let private = targets.replacen("\"private\":null,", "", 1);
    let (path, found) = refused(&private, Targets);
    assert!(path.starts_with("delegations.keys") && found == Problem::Missing);
    for (written, kind) in [("5", "an integer"), ("\"AAAA\"", "a string")] {
        let private = format!("\"private\":{written}");
        let private = targets.replacen("\"private\":null", &private, 1);
        let (path, found) = refused(&private, Targets);
        let expected = Problem::Kind {
            expected: "null",
            found: kind,
        };
        assert!(path.ends_with(".keyval.private"), "{path}");
        assert_eq!(found, expected);
    }
}

#[test]
fn other_bytes_of_the_same_document_are_found() {
    let text = read("docker-28/targets.json");
    let bytes = |text: &str| {
        let document = Document::parse(text.as_bytes()).unwrap();
        assert_eq!(go_keeps(&document, RoleType::Targets), Ok(()));
        as_go_prints(&document, RoleType::Targets)
    };
    assert_eq!(
        bytes(&format!("{text}\n")),
        Err(NotAsGoPrints::Bytes(text.len()))
    );
    let spaced = text.replacen("{\"signed\"", "{ \"signed\"", 1);
    assert_eq!(bytes(&spaced), Err(NotAsGoPrints::Bytes(1)));
    let more = text.replacen("{\"signed\"", "{\"more\":1,\"signed\"", 1);
    assert_eq!(bytes(&more), Err(NotAsGoPrints::Bytes(2)));
}
