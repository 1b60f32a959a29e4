//! Who a caller is, by its certificate.

use privyseal_tests::metadata;
use privyseal_tests::tls_stage::TlsStage;

#[test]
fn a_caller_signs_over_tls() {
    let Some(tls) = TlsStage::new() else { return };
    let app = tls.repository("app");
    let rpc = tls.rpc(&tls.caller());
    app.sign(&rpc, "targets", &metadata::targets(1, &[]))
        .unwrap();
}
