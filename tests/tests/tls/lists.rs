//! Which revocation lists are taken, and which holds for whom.

use std::fs;
use std::path::Path;

use privyseal_tests::certificates::{Ca, San};
use privyseal_tests::tls_stage::{CALLER, TlsStage};
use privyseal_tests::wait;

/// With the list `callers.crl`, which revokes nobody.
fn with_list() -> Option<TlsStage> {
    TlsStage::with("", |_, callers, setup| {
        let list = callers.crl("callers.crl", &[]);
        setup.section(&format!("crl = [\"{}\"]", list.display()))
    })
}

/// Puts what stands in these files into one, which appears whole.
fn put(path: &Path, files: &[&Path]) {
    let read = |file: &&Path| fs::read(file).unwrap();
    let content = files.iter().map(read).collect::<Vec<_>>().concat();
    let new = path.with_extension("next");
    fs::write(&new, content).unwrap();
    fs::rename(new, path).unwrap();
}

#[test]
fn a_part_of_a_list_is_not_taken_for_the_whole() {
    let Some(mut tls) = with_list() else { return };
    let revoked = tls.callers.client("revoked", &[San::Dns(CALLER)]);
    let list = tls.callers.directory().join("callers.crl");
    let shards = [
        tls.callers
            .part_of_crl("one.crl", &[&revoked], "http://lists.test/1"),
        tls.callers
            .part_of_crl("two.crl", &[], "http://lists.test/2"),
    ];
    // The second would be asked about the first one's certificates.
    put(&list, &[&shards[1], &shards[0]]);
    let words = "not the whole list of its CA (issuingDistributionPoint)";
    let log = wait::until("the lists to be read", || {
        let log = tls.stage.agent.log();
        (log.contains("were read again") || log.contains("stay in force")).then_some(log)
    });
    assert!(log.contains(words), "{log}");
    assert!(log.contains(list.to_str().unwrap()), "{log}");
    assert!(tls.stage.agent.stop().success());
    let (status, said) = tls.stage.agent.refused();
    assert!(!status.success() && said.contains(words), "{said}");

    let whole = tls.callers.crl("whole.crl", &[&revoked]);
    put(&list, &[&whole]);
    tls.stage.agent.start();
    assert!(tls.try_rpc(&revoked).is_err());
    tls.rpc(&tls.caller()).head(0).unwrap();
}

#[test]
fn a_ca_that_changes_its_key_has_a_list_of_each() {
    let Some(tls) = with_list() else { return };
    let next = Ca::namesake(&tls.stage.sandbox, "next", "callers");
    let [old, old_revoked] =
        ["old", "old-revoked"].map(|name| tls.callers.client(name, &[San::Dns(CALLER)]));
    let [new, new_revoked] =
        ["new", "new-revoked"].map(|name| next.client(name, &[San::Dns(CALLER)]));
    let list = tls.callers.directory().join("callers.crl");
    let old_list = tls.callers.crl("old.crl", &[&old_revoked]);
    let new_list = next.crl("new.crl", &[&new_revoked]);
    let connected = tls.rpc(&old);
    put(&list, &[&old_list, &new_list]);
    wait::until("the old key's list", || {
        tls.try_rpc(&old_revoked).is_err().then_some(())
    });
    let both = tls.callers.path();
    put(&both, &[&tls.callers.path(), &next.path()]);
    wait::until("the new key's callers", || tls.try_rpc(&new).ok());
    // Whichever list comes first.
    for lists in [[&old_list, &new_list], [&new_list, &old_list]] {
        let before = tls.stage.agent.log().matches("were read again").count();
        put(&list, &lists.map(|list| list.as_path()));
        wait::until("the lists to be read", || {
            (tls.stage.agent.log().matches("were read again").count() > before).then_some(())
        });
        connected.head(0).unwrap();
        tls.rpc(&old).head(0).unwrap();
        tls.rpc(&new).head(0).unwrap();
        assert!(tls.try_rpc(&old_revoked).is_err());
        assert!(tls.try_rpc(&new_revoked).is_err());
    }
    // Without its key's own list nothing is known of a caller.
    put(&list, &[&old_list]);
    wait::until("the new key's end", || tls.try_rpc(&new).err());
    tls.rpc(&old).head(0).unwrap();
}
