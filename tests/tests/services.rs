//! What every gRPC service of the agent says of itself: reflection and health.

use privyseal_proto::v1::DESCRIPTORS;
use privyseal_tests::stage::Stage;
use privyseal_tests::wait;
use prost::Message;
use prost_types::{FileDescriptorProto, FileDescriptorSet};
use tokio_stream::StreamExt;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

/// Asks the reflection service one thing.
fn reflect(stage: &Stage, question: MessageRequest) -> MessageResponse {
    let rpc = stage.rpc();
    let mut client = ServerReflectionClient::new(rpc.channel());
    rpc.block_on(async move {
        let request = ServerReflectionRequest {
            host: String::new(),
            message_request: Some(question),
        };
        let answers = client.server_reflection_info(tokio_stream::iter([request]));
        let mut answers = answers.await.unwrap().into_inner();
        let answer = answers.next().await.unwrap().unwrap();
        answer.message_response.unwrap()
    })
}

#[test]
fn every_method_is_described() {
    let Some(stage) = Stage::new() else { return };
    let MessageResponse::ListServicesResponse(listed) =
        reflect(&stage, MessageRequest::ListServices(String::new()))
    else {
        panic!("no list of services");
    };
    let listed: Vec<_> = listed
        .service
        .into_iter()
        .map(|service| service.name)
        .collect();
    let ours = FileDescriptorSet::decode(DESCRIPTORS).unwrap();
    let mut methods = 0;
    for file in &ours.file {
        for service in &file.service {
            let name = format!("{}.{}", file.package(), service.name());
            assert!(listed.contains(&name), "{name} is not in {listed:?}");
            for method in &service.method {
                assert_described(&stage, &name, method.name());
                methods += 1;
            }
        }
    }
    assert!(methods >= 15, "{methods}");
    for standard in [
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
    ] {
        assert!(listed.iter().any(|name| name == standard), "{listed:?}");
    }
}

/// Reflection finds the method, and the file that it is in.
fn assert_described(stage: &Stage, service: &str, method: &str) {
    let symbol = format!("{service}.{method}");
    let question = MessageRequest::FileContainingSymbol(symbol.clone());
    let MessageResponse::FileDescriptorResponse(found) = reflect(stage, question) else {
        panic!("{symbol} is not described");
    };
    let described = found.file_descriptor_proto.iter().any(|bytes| {
        let file = FileDescriptorProto::decode(bytes.as_slice()).unwrap();
        let of_service = |s: &&prost_types::ServiceDescriptorProto| {
            format!("{}.{}", file.package(), s.name()) == service
        };
        let found = file.service.iter().find(of_service);
        found.is_some_and(|s| s.method.iter().any(|m| m.name() == method))
    });
    assert!(described, "{symbol}");
}

#[test]
fn health_says_whether_the_agent_can_sign() {
    let Some(stage) = Stage::new() else { return };
    let rpc = stage.rpc();
    let health = |service: &str| {
        let mut client = HealthClient::new(rpc.channel());
        let request = HealthCheckRequest {
            service: service.to_owned(),
        };
        rpc.wait(client.check(request)).map(|reply| reply.status())
    };
    assert_eq!(health("").unwrap(), ServingStatus::Serving);
    let signing = |wanted| {
        wait::until("the health of Signing", || {
            (health("privyseal.v1.Signing").ok()? == wanted).then_some(())
        });
    };
    signing(ServingStatus::Serving);
    rpc.lock("hsm").unwrap();
    signing(ServingStatus::NotServing);
    rpc.unlock("hsm", stage.token.pin()).unwrap();
    signing(ServingStatus::Serving);
    assert!(health("nothing").is_err());
}
