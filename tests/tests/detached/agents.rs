//! Agents at places that get only draft files.

use std::fs;
use std::path::{Path, PathBuf};

use privyseal_tests::python::Python;
use privyseal_tests::setup::AUTHORITY;
use privyseal_tests::stage::Stage;

use crate::places::{NAME, Office, Place, generate, sent};

#[test]
fn five_places_share_a_root_over_files_alone() {
    let (Some(stage), Some(python)) = (Stage::new(), Python::find()) else {
        return;
    };
    let sandbox = &stage.sandbox;
    let names = ["a", "b", "c", "d", "e"];
    let places = names.map(|name| Place::new(sandbox, name));
    let keys: Vec<PathBuf> = places.iter().map(|place| place.key("root")).collect();
    let office = Office::new(sandbox, &stage.client("office"));
    let of = |index: usize| (names[index], keys[index].as_path());
    // The fifth comes later.
    office.init(&[of(0), of(1), of(2), of(3)], 3);
    let sign = |draft: &Path, index: usize| {
        let there = sent(draft, &places[index]);
        let name = there.file_name().unwrap().to_str().unwrap();
        let answer = places[index]
            .client
            .run(&format!("draft sign {name} --yes"));
        (answer, there)
    };
    let attach_of = |draft: &Path, index: usize| {
        let (answer, back) = sign(draft, index);
        assert_eq!(answer.status, 0, "{answer:#?}");
        office.attached(&[&back])
    };

    let (draft, _) = office.export("root-1");
    attach_of(&draft, 0);
    attach_of(&draft, 1);
    let done = attach_of(&draft, 2);
    assert!(done.contains("3 of 3 signatures, enough"), "{done}");
    office.repo("enroll");
    office.sign_and_publish();
    office.assert_accepted(&python, 1);

    // Root 2: a goes, e comes. d never heard of the repository, nor did e.
    office.repo(&format!(
        "rotate root --add e={} --remove a",
        keys[4].display()
    ));
    let (draft, _) = office.export("root-2");
    assert!(
        fs::metadata(&draft).unwrap().len() < 32 << 10,
        "it is small"
    );
    attach_of(&draft, 1);
    let (refused, _) = sign(&draft, 4);
    refused.assert_refused(4, "UNKNOWN_LINEAGE");
    for index in [3, 4] {
        let name = draft.file_name().unwrap().to_str().unwrap();
        sent(&draft, &places[index]);
        places[index].client.ok(&format!("draft enroll {name}"));
    }
    let after_d = attach_of(&draft, 3);
    for expected in [
        "root keys of root version 1: 2 of 3 signatures\n",
        "root keys of root version 2: 2 of 3 signatures\n",
        "missing  a (",
        "missing  e (",
    ] {
        assert!(after_d.contains(expected), "{expected}: {after_d}");
    }
    // The new root is met with e, the old one is not.
    let after_e = attach_of(&draft, 4);
    assert!(
        after_e.contains("root keys of root version 1: 2 of 3 signatures\n"),
        "{after_e}"
    );
    assert!(
        after_e.contains("root keys of root version 2: 3 of 3 signatures, enough"),
        "{after_e}"
    );
    let done = attach_of(&draft, 2);
    assert!(
        done.contains("root keys of root version 1: 3 of 3 signatures, enough"),
        "{done}"
    );
    office.sign_and_publish();
    office.assert_accepted(&python, 2);

    // Root 3 gets two drafts: c signed the first one elsewhere, then it was corrected.
    office.repo("renew root");
    let (wrong, _) = office.export("wrong");
    let (signed, back) = sign(&wrong, 2);
    assert_eq!(signed.status, 0, "{signed:#?}");
    office.expire("370d");
    let (draft, _) = office.export("root-3");
    let two = office.attach(&[&back]);
    assert_eq!(two.status, 3, "{two:#?}");
    assert!(
        two.stderr.contains("there are two drafts of root 3"),
        "{two:#?}"
    );
    assert!(two.stderr.contains("(signed by c)"), "{two:#?}");
    let (refused, there) = sign(&draft, 2);
    refused.assert_refused(4, "VERSION_REUSED");
    let there = there.file_name().unwrap().to_str().unwrap();
    let c = &places[2].client;
    let gave_up = c.ok(&format!("draft supersede {there} --yes --reason wrong"));
    assert!(gave_up.contains("gave up the other draft"), "{gave_up}");
    // a has no key in it any more; b missed root 2, which the file brings.
    let (nothing, _) = sign(&draft, 0);
    assert_eq!(nothing.status, 3, "{nothing:#?}");
    assert!(
        nothing.stderr.contains("no agent here lists a key"),
        "{nothing:#?}"
    );
    for index in [1, 2, 4] {
        attach_of(&draft, index);
    }
    office.sign_and_publish();
    office.assert_accepted(&python, 3);
    let history = places[1].client.ok("ledger show");
    assert!(history.contains("root"), "{history}");
    for place in &places {
        place.client.ok("ledger verify");
    }
}

#[test]
fn delegated_roles_are_signed_at_their_places() {
    let (Some(stage), Some(python)) = (Stage::new(), Python::find()) else {
        return;
    };
    let sandbox = &stage.sandbox;
    let client = stage.client("office");
    generate(&client, "root");
    let office = Office::new(sandbox, &client);
    office.repo(&format!(
        "init --authority {AUTHORITY} --repository {NAME} --root root --targets targets \
         --snapshot online --timestamp online"
    ));
    office.sign_and_publish();
    let places = ["app", "beta"].map(|name| Place::new(sandbox, name));
    let keys = places.each_ref().map(|place| place.key("key"));
    let draft_of = |role: &str| {
        let file = office.post.join(format!("{role}.draft.json"));
        office.repo(&format!("draft export {role} -o {}", file.display()));
        file
    };
    let sign_at = |draft: &Path, place: &Place| {
        let there = sent(draft, place);
        let name = there.file_name().unwrap().to_str().unwrap();
        place.client.ok(&format!("draft sign {name} --yes"));
        office.attached(&[&there])
    };
    let unfinished = || {
        let answer = office.try_repo("sign --yes");
        assert_eq!(answer.status, 3, "{answer:#?}");
        answer.stdout
    };

    let key = keys[0].display();
    office.repo(&format!("delegate app --key dev={key} --path app/*"));
    // Nobody elsewhere can rely on a delegator that is not finished.
    let early = office.try_repo("draft export app");
    assert!(early.status != 0, "{early:#?}");
    assert!(unfinished().contains("not finished: app"));
    let draft = draft_of("app");
    sent(&draft, &places[0]);
    places[0].client.ok("draft enroll app.draft.json");
    let told = sign_at(&draft, &places[0]);
    assert!(
        told.contains("app keys of targets version 2: 1 of 1 signatures, enough"),
        "{told}"
    );
    office.sign_and_publish();

    let key = keys[1].display();
    office.repo(&format!(
        "delegate beta --by app --key beta={key} --path app/b*"
    ));
    assert!(unfinished().contains("not finished: app"));
    sign_at(&draft_of("app"), &places[0]);
    assert!(unfinished().contains("not finished: beta"));
    let draft = draft_of("beta");
    let file: serde_json::Value = serde_json::from_slice(&fs::read(&draft).unwrap()).unwrap();
    let delegators: Vec<_> = (file["delegators"].as_array().unwrap().iter())
        .map(|by| {
            (
                by["role"].as_str().unwrap(),
                &by["document"]["signed"]["version"],
            )
        })
        .collect();
    assert_eq!(delegators, [("targets", &2.into()), ("app", &2.into())]);
    sent(&draft, &places[1]);
    places[1].client.ok("draft enroll beta.draft.json");
    let told = sign_at(&draft, &places[1]);
    assert!(
        told.contains("beta keys of app version 2: 1 of 1 signatures, enough"),
        "{told}"
    );
    office.sign_and_publish();
    office.assert_accepted(&python, 1);
}

#[test]
fn a_first_root_is_given_up_for_another_at_its_place() {
    let Some(stage) = Stage::new() else {
        return;
    };
    let sandbox = &stage.sandbox;
    let place = Place::new(sandbox, "place");
    let other = Place::new(sandbox, "other");
    let office = Office::new(sandbox, &stage.client("office"));
    office.init(
        &[("place", &place.key("root")), ("other", &other.key("root"))],
        2,
    );
    let (old, _) = office.export("old");
    sent(&old, &place);
    let lost = place
        .client
        .run("draft sign old.draft.json --yes -o nowhere/signed");
    assert!(
        lost.status == 1 && lost.stderr.contains("it is signed, but"),
        "{lost:#?}"
    );
    let again = place.client.ok("draft sign old.draft.json --yes");
    assert!(again.contains("(had signed it before)"), "{again}");
    office.expire("370d");
    let (new, _) = office.export("new");
    sent(&new, &place);
    let refused = place.client.run("draft sign new.draft.json --yes");
    refused.assert_refused(4, "KEY_OF_OTHER_LINEAGE");
    let unnamed = place
        .client
        .run("draft supersede new.draft.json --yes --reason dates");
    assert!(
        unnamed.status == 1 && unnamed.stderr.contains("--old FILE"),
        "{unnamed:#?}"
    );
    let words = "draft supersede new.draft.json --old old.draft.json --yes --reason dates";
    let gave_up = place.client.ok(words);
    assert!(gave_up.contains("gave up the other draft"), "{gave_up}");
    place.client.ok("draft sign new.draft.json --yes");
    let back = place.client.home().join("new.draft.json");
    let told = office.attached(&[&back]);
    assert!(
        told.contains("root keys of root version 1: 1 of 2 signatures\n"),
        "{told}"
    );
    // Once it has signed nothing else, there is nothing to give up.
    let again = place
        .client
        .ok("draft supersede new.draft.json --old new.draft.json --yes --reason x");
    assert!(
        again.contains("signed no other draft of this version"),
        "{again}"
    );
}
