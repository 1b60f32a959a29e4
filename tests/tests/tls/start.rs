//! What keeps an agent from starting, and what it says then.

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use privyseal_tests::tls_stage::TlsStage;

#[test]
fn files_that_can_not_be_used_keep_the_agent_from_starting() {
    let Some(mut tls) = TlsStage::new() else {
        return;
    };
    assert!(tls.stage.agent.stop().success());
    let key = tls.servers.directory().join("agent.key");
    fs::set_permissions(&key, Permissions::from_mode(0o644)).unwrap();
    let (status, said) = tls.stage.agent.refused();
    assert!(
        !status.success() && said.contains("has mode 0644"),
        "{said}"
    );
    assert!(said.contains(key.to_str().unwrap()), "{said}");
    assert!(said.contains("[[listen]] 127.0.0.1:0"), "{said}");
    fs::set_permissions(&key, Permissions::from_mode(0o400)).unwrap();

    let ca = tls.callers.path();
    let kept = fs::read(&ca).unwrap();
    fs::remove_file(&ca).unwrap();
    let (status, said) = tls.stage.agent.refused();
    assert!(!status.success() && said.contains("No such file"), "{said}");
    fs::write(&ca, kept).unwrap();
    tls.stage.agent.start();
    tls.rpc(&tls.caller()).head(0).unwrap();
}

#[test]
fn an_address_that_is_taken_keeps_the_agent_from_starting() {
    let Some(mut tls) = TlsStage::new() else {
        return;
    };
    assert!(tls.stage.agent.stop().success());
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let config = fs::read_to_string(tls.stage.agent.config()).unwrap();
    let config = config.replace("127.0.0.1:0", &address);
    fs::write(tls.stage.agent.config(), config).unwrap();
    let (status, said) = tls.stage.agent.refused();
    assert!(!status.success(), "{said}");
    let words = format!("can't listen on {address}");
    assert!(said.contains(&words), "{said}");
    drop(taken);
    tls.stage.agent.start();
    assert_eq!(tls.address().to_string(), address);
}
