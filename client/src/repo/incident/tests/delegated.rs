use super::*;

#[test]
fn a_delegated_roles_key_is_replaced_by_its_delegator() {
    let mut bench = published();
    bench.delegate("app", "targets", &[6], &["app/*"]);
    bench.delegate("beta", "app", &[6, 7], &["app/beta-*"]);
    bench.add_to(&"app".parse().unwrap(), "app/x", "x");
    bench.sign(&[3, 6]);
    bench.sign(&[3, 4, 6]);
    bench.publish().unwrap();

    let plan = of_key(&bench, IncidentKind::Stolen, "key-6", Some(8));
    says(
        &plan,
        "roles",
        &[
            "app: 1 of 1: a:key-6 -> 1 of 1: a:new",
            "beta: 1 of 2: a:key-6, a:key-7 -> 1 of 2: a:new",
        ],
    );
    says(
        &plan,
        "what a thief can do",
        &["app: a thief can, alone, sign any target file under app/*, which clients see only with"],
    );
    says(
        &plan,
        "to be signed",
        &[
            "targets 3, which gives out the other keys: 1 of a:targets",
            "app 2, which gives out",
        ],
    );
    says(
        &plan,
        "compare with a copy that you know is good",
        &["app 1 is published", "app/x"],
    );
    assert_eq!(write(&mut bench, plan), ["targets", "app"]);
    let text = bench.settings_text();
    assert!(
        !text.contains("key-6") && text.contains("name = \"new\""),
        "{text}"
    );

    // Only targets is signed: what it delegates otherwise is not published before app is, too.
    bench.sign(&[3, 4]);
    assert!(bench.publish().is_err());
    bench.sign(&[8]);
    bench.sign(&[4, 7]);
    bench.sign(&[4]);
    bench.publish().unwrap();
    let versions = ["targets", "app", "beta"].map(|role| published_version(&bench, role));
    assert_eq!(versions, [3, 2, 2]);
}

#[test]
fn the_keys_of_hashed_bins_go_together() {
    for listed in [true, false] {
        let mut bench = published();
        bench.bins(3, &[6], listed);
        bench.sign(&[3, 4, 6]);
        bench.sign(&[3, 4, 6]);
        bench.publish().unwrap();
        let plan = of_key(&bench, IncidentKind::Stolen, "key-6", Some(7));
        says(
            &plan,
            "roles",
            &["bins-*: 1 of 1: a:key-6 -> 1 of 1: a:new"],
        );
        says(
            &plan,
            "what a thief can do",
            &["sign any target file in any of 8 bins"],
        );
        says(
            &plan,
            "compare with a copy that you know is good",
            &["8 bins of bins-*", "a.txt"],
        );
        says(&plan, "to be signed", &["8 bins of bins-*"]);
        assert_eq!(write(&mut bench, plan), ["targets"]);
        bench.sign(&[3, 4, 7]);
        bench.sign(&[3, 4, 7]);
        bench.publish().unwrap();
        assert_eq!(published_version(&bench, "bins-7"), 2);
    }
}
