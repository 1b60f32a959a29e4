//! A 3-of-5 root with five tokens at five agents, over many invocations: one agent is silent, one
//! key is rotated out in mid-way, one draft is superseded. Every step stands in the ledgers.

mod audit;
mod people;

use privyseal_tests::require;
use privyseal_tests::setup::AUTHORITY;
use privyseal_tests::tuf_client::PythonTuf;
use privyseal_tuf::Sha256Digest;

use people::{NAME, People, assert_done, carried, draft, sign_draft};

const REASON: &str = "ben's token is lost";

#[test]
fn three_of_five_with_one_silent_and_one_rotated_out() {
    let Some(python) = PythonTuf::find().filter(|_| require::softhsm()) else {
        return;
    };
    let mut people = People::gather();
    // For a long time, Eve's agent is not there.
    assert!(people.eve.agent.stop().success());
    sign_the_first_root(&people, &python);
    let old = begin_the_second_root(&people);
    people.ben.token.vanish();
    assert!(people.ben.agent.stop().success());
    supersede_its_draft(&people);
    finish_the_second_root(&people, &python);
    people.eve.agent.start();
    sign_the_third_root(&people, &python);
    // Once all can be reached, all are told of what they missed.
    let said = people.project.try_repo("sign --yes");
    assert_done(&said);
    audit::all(&mut people, old);
}

fn sign_the_first_root(people: &People, python: &PythonTuf) {
    let People {
        project, online, ..
    } = people;
    let roots = [&people.ada, &people.ben, &people.cyd, &people.dan];
    let roots = roots.map(|keeper| keeper.key("root")).join(" ");
    project.repo(&format!(
        "init --authority {AUTHORITY} --repository {NAME} --root {roots} eve={} \
         --root-threshold 3 --targets {} --snapshot {} --timestamp {}",
        people.eve.public_key.display(),
        online.key("targets"),
        online.key("snapshot"),
        online.key("timestamp-1"),
    ));
    project.add(&[("hello.txt", b"hello\n")], "");
    people.signs_in_part(&people.ada);
    people.signs_in_part(&people.ben);
    assert_eq!(people.root_signatures(), [(2, 3)]);
    assert_ne!(project.try_repo("publish").status, 0);
    people.signs_in_part(&people.cyd);
    assert_eq!(people.root_signatures(), [(3, 3)]);

    // An agent without a root key takes a repository from an operator only.
    let said = people.sign(online);
    said.assert_refused(4, "UNKNOWN_LINEAGE");
    project.repo("enroll --agent online");
    assert_done(&people.sign(online));
    project.publish();
    let versions = python.accepts(project, &[], None);
    assert_eq!(versions, "root 1, targets 1, snapshot 1, timestamp 1");
}

/// Ada signs it; Cyd has the draft in a file. Returns what is signed of it.
fn begin_the_second_root(people: &People) -> Sha256Digest {
    let online = &people.online;
    people.project.repo(&format!(
        "rotate timestamp --add {} --remove {}",
        online.key("timestamp-2"),
        online.key("timestamp-1")
    ));
    people.signs_in_part(&people.ada);
    assert_eq!(people.root_signatures(), [(1, 3), (1, 3)]);
    carried(&people.export("old.draft.json"), &people.cyd);
    people.root_draft()
}

/// Fay's key takes the place of Ben's, which is lost.
fn supersede_its_draft(people: &People) {
    let People { project, ada, .. } = people;
    let old = people.root_draft();
    let (fay, ben) = (people.fay.key("root"), people.ben.key("root"));
    let change = format!("rotate root --add {fay} --remove {ben}");
    assert_eq!(project.try_repo(&change).status, 1);
    project.repo(&format!("{change} --correct"));
    let supersede = ["supersede", "root", "--yes", "--reason", REASON];
    // Who is silent may have signed it, for all that is known here.
    let said = project.try_repo_with(&supersede);
    assert!(
        said.status == 1 && said.stderr.contains("name the others with --agent"),
        "{said:#?}"
    );
    assert_eq!(people.root_draft(), old);
    let only = ["--agent", ada.name()];
    let said = project.try_repo_with(&[&supersede[..], &only].concat());
    assert!(
        said.status == 0 && said.stdout.contains("agent ada gave up"),
        "{said:#?}"
    );
    assert_ne!(people.root_draft(), old);
    assert_eq!(people.root_signatures(), [(0, 3), (0, 3)]);
}

fn finish_the_second_root(people: &People, python: &PythonTuf) {
    let People {
        project,
        ada,
        cyd,
        dan,
        fay,
        ..
    } = people;
    people.signs_in_part(ada);
    let file = people.export("new.draft.json");

    // Cyd did not hear of the correction in time, and his signature comes too late.
    let stale = cyd.client.home().join("old.draft.json");
    assert_done(&sign_draft(cyd, &stale));
    let said = people.attach(&stale);
    assert_eq!(said.status, 3, "{said:#?}");
    assert_eq!(people.root_signatures(), [(1, 3), (1, 3)]);
    let at_cyd = carried(&file, cyd);
    sign_draft(cyd, &at_cyd).assert_refused(4, "VERSION_REUSED");
    let supersede = ["supersede", "--yes", "--reason", REASON];
    assert_done(&draft(cyd, &supersede, &at_cyd));
    assert_done(&sign_draft(cyd, &at_cyd));
    assert_done(&people.attach(&at_cyd));
    assert_eq!(people.root_signatures(), [(2, 3), (2, 3)]);

    // Fay's key is new, and Dan's agent signed nothing yet: neither knows the repository.
    for (keeper, signatures) in [(fay, [(2, 3), (3, 3)]), (dan, [(3, 3), (4, 3)])] {
        let there = carried(&file, keeper);
        sign_draft(keeper, &there).assert_refused(4, "UNKNOWN_LINEAGE");
        assert_done(&draft(keeper, &["enroll"], &there));
        assert_done(&sign_draft(keeper, &there));
        assert_ne!(project.try_repo("publish").status, 0);
        assert_done(&people.attach(&there));
        assert_eq!(people.root_signatures(), signatures);
    }
    assert_done(&people.sign(&people.online));
    project.publish();
    let versions = python.accepts(project, &[], None);
    assert_eq!(versions, "root 2, targets 1, snapshot 1, timestamp 2");
}

/// Eve is back, and is needed: of three.
fn sign_the_third_root(people: &People, python: &PythonTuf) {
    let People {
        project, eve, ada, ..
    } = people;
    project.repo("enroll --agent eve");
    project.repo("renew root");
    people.signs_in_part(ada);
    people.signs_in_part(eve);
    people.sign(&people.dan);
    assert_eq!(people.root_signatures(), [(3, 3), (3, 3)]);
    project.publish();
    let versions = python.accepts(project, &[], None);
    assert_eq!(versions, "root 3, targets 1, snapshot 1, timestamp 2");
}
