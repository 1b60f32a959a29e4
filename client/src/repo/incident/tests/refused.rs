use super::*;

#[test]
fn keys_that_nobody_has_or_that_stay_are_refused() {
    let bench = published();
    let work = bench.work();
    for named in ["nobody", "", "0123456"] {
        assert!(key_named(&bench.project, &work, named).is_err(), "{named}");
    }
    let gone = [key_named(&bench.project, &work, "online").unwrap()];
    let itself = [bench.key(4, "online")];
    let incident = Incident {
        kind: IncidentKind::Lost,
        gone: &gone,
        instead: &itself,
        known: &BTreeMap::new(),
    };
    let error = incident.plan(&bench.project, &work).unwrap_err();
    assert!(
        error.to_string().contains("can't take its own place"),
        "{error}"
    );
}

#[test]
fn a_signed_root_draft_is_corrected_only_where_that_is_asked_for() {
    let mut bench = with_spare_root_key();
    bench.draft_root();
    bench.sign(&[1]);
    let before = files(&bench);
    let refused = of_key(&bench, IncidentKind::Lost, "root-3", None);
    let error = refused
        .write(&bench.project, &bench.work(), false)
        .unwrap_err();
    assert!(
        error.to_string().contains("carries 1 signatures"),
        "{error}"
    );
    assert_eq!(files(&bench), before);
    let plan = of_key(&bench, IncidentKind::Lost, "root-3", None);
    plan.write(&bench.project, &bench.work(), true).unwrap();
    let correction = bench.project.drafts().read_correction().unwrap().unwrap();
    assert_eq!(
        correction
            .root()
            .unwrap()
            .roles
            .get(RoleType::Root)
            .keyids
            .len(),
        2
    );
}
