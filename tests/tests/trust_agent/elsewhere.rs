//! Keys of many repositories, and repositories that are made anew.

use privyseal_tests::metadata::digest;
use privyseal_tuf::{Document, Key};

use crate::documents::{To, replaced, signed, targets};
use crate::image::{Image, bare, certified};
use crate::reason;
use crate::stage::Stage;

const ALL: &str = "reg.example.test/**";

#[test]
fn a_shared_key_signs_only_where_the_caller_may_sign_wherever_that_holds() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let (ci, operator) = (stage.ci(), stage.operator());
    let keys = [bare(&stage.key(
        "shared-alice",
        "ecdsa-p256",
        "delegation",
        ALL,
    ))];
    let to = [To("targets/alice", &keys, &[""])];
    let (app, _) = Image::new(&stage, "app").published(&ci, &[], &to);
    let (lib, _) = Image::new(&stage, "lib").published(&ci, &[], &to);
    let sign = |image: &Image, rpc, version| {
        let document = targets(version, &["v1"], &[]);
        image.sign(rpc, "targets/alice", "shared-alice", &document)
    };
    sign(&app, &ci, 1).unwrap();
    sign(&lib, &ci, 1).unwrap();
    // Others delegate another role to it: a document of targets says neither.
    let theirs = Image::of_others(&stage, "theirs");
    let to = [To("targets/release", &keys, &[""])];
    let (theirs, _) = theirs.published(&operator, &[], &to);
    let refused = sign(&app, &ci, 2).unwrap_err();
    assert_eq!(refused.reason, "NO_GRANT");
    assert!(!refused.message.contains("others"), "{}", refused.message);
    stage.tls.stage.agent.restart();
    let (ci, operator) = (stage.ci(), stage.operator());
    assert_eq!(reason(sign(&app, &ci, 2)), "NO_GRANT");
    sign(&app, &operator, 2).unwrap();
    // Once they trust it with nothing any more, it is as before.
    let next = targets(2, &[], &[]);
    theirs.completed(&operator, "targets", &theirs.targets.name, &next);
    sign(&app, &ci, 3).unwrap();
}

#[test]
fn a_root_with_a_wide_certificate_is_everybodys_whose_root_has_its_key() {
    let Some(stage) = Stage::new() else { return };
    let (ci, operator) = (stage.ci(), stage.operator());
    let name = "shared-root";
    stage.key(name, "ecdsa-p256", "root", ALL);
    let wide = certified(&stage, name, "reg.example.test/*");
    let (mut app, mut theirs) = (
        Image::new(&stage, "app"),
        Image::of_others(&stage, "theirs"),
    );
    let narrow = certified(&stage, name, &app.gun);
    for image in [&mut app, &mut theirs] {
        image.root[0] = wide.clone();
    }
    // One who may sign roots of some that it names alone does not sign it.
    let first = app.root(1);
    assert_eq!(reason(app.sign(&ci, "root", name, &first)), "NO_GRANT");
    let app = app.opened(&operator);
    let _theirs = theirs.opened(&operator);
    let second = |key: &Key| app.root_of(2, std::slice::from_ref(key));
    let refused = app.sign(&ci, "root", name, &second(&wide.key));
    assert_eq!(reason(refused), "NO_GRANT");
    // A certificate that names one repository holds for that one alone.
    let given = app.sign(&ci, "root", name, &second(&narrow.key)).unwrap();
    assert_eq!(given.keyid, narrow.key.keyid().to_string());
    // Renewed, the key stands there under two keyids: both roots count its signature.
    let renewed = second(&narrow.key);
    let old = privyseal_proto::v1::Signed {
        keyid: wide.key.keyid().to_string(),
        ..given.clone()
    };
    let half = signed(&renewed, "root", &[&given]);
    assert_eq!(reason(app.observe(&ci, "root", &half)), "INCOMPLETE");
    let complete = signed(&renewed, "root", &[&given, &old]);
    app.observe(&ci, "root", &complete).unwrap();
}

#[test]
fn a_repository_is_made_anew_with_new_keys_or_by_an_operator() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let ci = stage.ci();
    let app = Image::new(&stage, "app").opened(&ci);
    let anew = |image: &Image| {
        let root = image.root(1);
        let version = Document::parse(&root).unwrap().root().unwrap();
        let expires = version.header.expires.to_string();
        replaced(&root, &expires, "2030-01-02T03:04:05Z")
    };
    let mut other = Image {
        lineage: app.lineage.clone(),
        first_root: Vec::new(),
        root: app.root.clone(),
        targets: app.targets.clone(),
        snapshot: app.snapshot.clone(),
        timestamp: app.timestamp.clone(),
        gun: app.gun.clone(),
    };
    other.lineage.first_root.clear();
    let again = anew(&other);
    let root = other.root[0].name.clone();
    assert_eq!(
        reason(other.sign(&ci, "root", &root, &again)),
        "KEY_OF_OTHER_LINEAGE"
    );
    stage.tls.stage.agent.restart();
    let (ci, operator) = (stage.ci(), stage.operator());
    assert_eq!(
        reason(other.sign(&ci, "root", &root, &again)),
        "KEY_OF_OTHER_LINEAGE"
    );
    let mut fresh = Image::new(&stage, "app-2");
    fresh.gun = app.gun.clone();
    for (held, role) in [
        (&mut fresh.targets, "targets"),
        (&mut fresh.snapshot, "snapshot"),
    ] {
        held.name = format!("anew-{role}");
        held.key = bare(&stage.key(&held.name, "ecdsa-p256", role, &app.gun));
    }
    for (at, held) in fresh.root.iter_mut().enumerate() {
        held.name = format!("anew-root-{at}");
        stage.key(&held.name, "ecdsa-p256", "root", &app.gun);
        *held = certified(&stage, &held.name, &app.gun);
    }
    fresh.lineage = other.lineage.clone();
    let fresh = fresh.opened(&ci);
    assert_ne!(fresh.lineage.first_root, app.lineage.first_root);
    let signed = other.sign(&operator, "root", &root, &again).unwrap();
    assert_eq!(
        signed.lineage.unwrap().first_root,
        digest(&again).to_string()
    );
}
