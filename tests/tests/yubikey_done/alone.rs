//! A YubiKey that is all an agent has: also the key of its ledger is in it.

use privyseal_tests::agent::Agent;
use privyseal_tests::client::Client;
use privyseal_tests::project::Project;
use privyseal_tests::sandbox::Sandbox;
use privyseal_tests::setup::{AUTHORITY, Setup};
use privyseal_tests::token::write_secret;
use privyseal_tests::tuf_client::PythonTuf;
use privyseal_tests::ykman::Ykman;
use virtual_yubikey::plugboard::Plugboard;
use virtual_yubikey::{Authority, Touch};

use crate::stage::{A, FACTORY_MANAGEMENT_KEY, FACTORY_PIN, installed, made_by, roots};

const NAME: &str = "example.org/alone";

#[test]
fn a_ledger_and_a_whole_repository_stand_on_one_yubikey() {
    let (true, Some(python), Some(ykman)) = (installed(), PythonTuf::find(), Ykman::find()) else {
        return;
    };
    let sandbox = Sandbox::new();
    let maker = Authority::new();
    let yubikey = made_by(&maker, A);
    let mut plugboard = Plugboard::new(&sandbox.directory("board"), 1);
    plugboard.plug(&yubikey);
    let pin = sandbox.join("pin");
    write_secret(&pin, A.pin);
    let change = format!("piv access change-pin -P {FACTORY_PIN} -n {}", A.pin);
    ykman.ok(&sandbox, &plugboard.socket(), A.serial, &change);
    let protect = format!(
        "piv access change-management-key -m {FACTORY_MANAGEMENT_KEY} --generate --protect -P {}",
        A.pin
    );
    ykman.ok(&sandbox, &plugboard.socket(), A.serial, &protect);

    let user = nix::unistd::geteuid();
    let setup = Setup::bare(&sandbox.join("no-softhsm.conf"))
        .environment("PCSCLITE_CSOCK_NAME", plugboard.socket())
        .agent(&format!("operators = [\"uid:{user}\"]"))
        .ledger("slot = \"9e\"")
        .ledger_keystore(A.name)
        .section(&format!(
            "[[keystore]]\nname = \"{}\"\nkind = \"piv\"\nserial = {}\n\
             pin = {{ file = \"{}\" }}\naccept_factory = [\"puk\"]\n",
            A.name,
            A.serial,
            pin.display()
        ))
        .section(&roots(&sandbox, &maker))
        .section(&format!("[[authority]]\nname = \"{AUTHORITY}\"\n"))
        .section(&privyseal_tests::setup::grant(&format!("uid:{user}")));
    let mut agent = Agent::running(&sandbox, "agent", &setup);
    let client = Client::new(&sandbox, "person", &agent);

    yubikey.set_touch(Touch::Automatic);
    let place = format!(
        "--keystore {} --authority {AUTHORITY} --repository {NAME}",
        A.name
    );
    let pin = pin.display();
    client.ok(&format!("key generate root {place} --pin-file {pin}"));
    for (slot, key) in [("82", "targets"), ("83", "online")] {
        client.ok(&format!(
            "key generate {key} {place} --slot {slot} --pin-policy never --touch-policy never --pin-file {pin}"
        ));
    }
    let project = Project::new(&sandbox, "project", client.clone());
    project.repo(&format!(
        "init --authority {AUTHORITY} --repository {NAME} --root root --targets targets \
         --snapshot online --timestamp online"
    ));
    project.add(&[("hello.txt", b"hello\n")], "");
    project.sign_and_publish("");
    agent.restart();
    project.repo("renew root");
    project.sign_and_publish("");
    assert!(python.accepts(&project, &[], None).starts_with("root 2,"));

    client.ok("ledger verify");
    let status = client.ok("yubikey info root-a");
    assert!(status.contains("9e"), "{status}");
    assert_eq!(yubikey.pin_tries(), 3);
    assert!(!yubikey.pin_is_verified());
}
