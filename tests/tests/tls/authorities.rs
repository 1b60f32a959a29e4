//! What may stand in `client_ca`: CAs, and nothing else.

use std::fs;

use privyseal_tests::certificates::{Ca, San};
use privyseal_tests::tls_stage::{CALLER, TlsStage};
use privyseal_tests::wait;

#[test]
fn a_certificate_that_is_no_ca_does_not_become_one() {
    let Some(mut tls) = TlsStage::new() else {
        return;
    };
    let sandbox = &tls.stage.sandbox;
    let pinned = Ca::pinned(sandbox, "pinned");
    let unsigning = Ca::without_key_cert_sign(sandbox, "unsigning");
    let good = fs::read(tls.callers.path()).unwrap();
    for (ca, words) in [
        (&pinned, "basicConstraints CA:TRUE"),
        (&unsigning, "keyCertSign"),
    ] {
        // With it an operator's name could be had, and any other.
        let forged = ca.client("forged", &[San::Dns(CALLER)]);
        let added = [good.as_slice(), &fs::read(ca.path()).unwrap()].concat();
        let before = tls.stage.agent.log().matches("stay in force").count();
        fs::write(tls.callers.path(), &added).unwrap();
        let log = wait::until("an error, or to be let in", || {
            assert!(tls.try_rpc(&forged).is_err(), "{words}: forged, and in");
            let log = tls.stage.agent.log();
            (log.matches("stay in force").count() > before).then_some(log)
        });
        let last = log.lines().rfind(|line| line.contains("stay in force"));
        let last = last.unwrap();
        assert!(last.contains(words) && last.contains("is no CA"), "{last}");
        assert!(
            last.contains(tls.callers.path().to_str().unwrap()),
            "{last}"
        );
        tls.rpc(&tls.caller()).head(0).unwrap();

        assert!(tls.stage.agent.stop().success());
        let (status, said) = tls.stage.agent.refused();
        assert!(!status.success() && said.contains(words), "{said}");
        fs::write(tls.callers.path(), &good).unwrap();
        tls.stage.agent.start();
        assert!(tls.try_rpc(&forged).is_err());
        tls.rpc(&tls.caller()).head(0).unwrap();
    }
}
