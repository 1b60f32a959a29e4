//! What is served over TCP, and to whom.

use privyseal_proto::notary::key_management_client::KeyManagementClient;
use privyseal_proto::notary::{CreateKeyRequest, KeyId};
use privyseal_tests::certificates::San;
use privyseal_tests::rpc::{Refusal, Rpc};
use privyseal_tests::tls_stage::{TlsStage, addresses, endpoint};
use privyseal_tests::wait;
use tonic::Code;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;

const NOTARY: &str = "notary-server.example.test";

const NAMES: [&str; 2] = [
    "grpc.health.v1.Health.KeyManagement",
    "grpc.health.v1.Health.Signer",
];

/// With a second `[[listen]]`, for a notary-server.
fn with_notary() -> Option<TlsStage> {
    TlsStage::with("", |sandbox, callers, setup| {
        let servers = privyseal_tests::certificates::Ca::new(sandbox, "notary-signers");
        let server = servers.server("signer", &["localhost"]);
        setup
            .listen("127.0.0.2:0", &server, callers, "serves = \"notary\"")
            .section(&format!(
                "[[notary]]\ncallers = [\"dns:{NOTARY}\"]\nauthority = \"production\"\n\
                 repositories = [\"reg.example.test/**\"]\nkeystore = \"hsm\"\n"
            ))
    })
}

/// Where notary-servers connect.
fn notary_rpc(tls: &TlsStage, names: &[San<'_>]) -> Rpc {
    let [_, address] = addresses(&tls.stage.agent)[..] else {
        panic!("two addresses");
    };
    let servers = tls.stage.sandbox.join("notary-signers/ca.pem");
    let credential = tls.callers.client("of-notary", names);
    Rpc::try_endpoint(&endpoint(address, &servers, &credential)).unwrap()
}

/// Whether reflection answers.
fn reflects(rpc: &Rpc) -> Result<(), Refusal> {
    let mut client = ServerReflectionClient::new(rpc.channel());
    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let answers = client.server_reflection_info(tokio_stream::iter([request]));
    rpc.wait(answers).map(drop)
}

/// Whether notary's API answers: to a question for a key that is not there.
fn knows_notary(rpc: &Rpc) -> Code {
    let mut client = KeyManagementClient::new(rpc.channel());
    let id = KeyId { id: "0".repeat(64) };
    let answer = rpc.wait(client.get_key_info(id)).unwrap_err();
    answer.code
}

#[test]
fn reflection_is_for_local_callers() {
    let Some(tls) = TlsStage::new() else { return };
    let refusal = reflects(&tls.rpc(&tls.caller())).unwrap_err();
    assert_eq!(refusal.code, Code::Unimplemented);
    reflects(&tls.stage.rpc()).unwrap();
}

#[test]
fn notary_server_and_privyseal_are_strangers_to_each_other() {
    let Some(tls) = with_notary() else { return };
    let notary = notary_rpc(&tls, &[San::Dns(NOTARY)]);
    let create = CreateKeyRequest {
        algorithm: "ecdsa".to_owned(),
        gun: "reg.example.test/app".to_owned(),
        role: "snapshot".to_owned(),
    };
    let mut client = KeyManagementClient::new(notary.channel());
    notary.wait(client.create_key(create.clone())).unwrap();
    assert_eq!(knows_notary(&notary), Code::NotFound);
    // Nothing of privyseal.v1 is there.
    for refusal in [
        notary.try_status().unwrap_err(),
        notary.head(0).unwrap_err(),
        notary.keys().unwrap_err(),
        reflects(&notary).unwrap_err(),
    ] {
        assert_eq!(refusal.code, Code::Unimplemented, "{refusal:?}");
    }
    // Nor does a notary-server get it where it is.
    let elsewhere = tls.rpc(&tls.callers.client("notary", &[San::Dns(NOTARY)]));
    assert_eq!(elsewhere.head(0).unwrap_err().reason, "NO_GRANT");
    assert_eq!(elsewhere.keys().unwrap_err().reason, "NO_GRANT");

    let caller = tls.caller();
    let rpc = tls.rpc(&caller);
    rpc.head(0).unwrap();
    assert_eq!(knows_notary(&rpc), Code::Unimplemented);
    let stranger = notary_rpc(&tls, &[San::Dns(privyseal_tests::tls_stage::CALLER)]);
    let mut client = KeyManagementClient::new(stranger.channel());
    let refusal = stranger.wait(client.create_key(create)).unwrap_err();
    assert_eq!(refusal.reason, "NO_GRANT");
}

#[test]
fn health_has_the_names_that_each_side_asks_for() {
    let Some(tls) = with_notary() else { return };
    let notary = notary_rpc(&tls, &[San::Dns(NOTARY)]);
    let rpc = tls.rpc(&tls.caller());
    let all = |wanted| {
        wait::until("the health of all", || {
            let names = NAMES.iter().all(|name| notary.health(name) == Ok(wanted));
            let signing = rpc.health("privyseal.v1.Signing") == Ok(wanted);
            (names && signing).then_some(())
        });
    };
    all(ServingStatus::Serving);
    assert_eq!(notary.health(""), Ok(ServingStatus::Serving));
    tls.stage.rpc().lock("hsm").unwrap();
    all(ServingStatus::NotServing);
    let other = notary.health("privyseal.v1.Signing").unwrap_err();
    assert_eq!(other.code, Code::NotFound);
    assert_eq!(rpc.health(NAMES[0]).unwrap_err().code, Code::NotFound);
}
