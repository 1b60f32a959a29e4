//! Hashed bins: succinct (TAP 15) and listed.

use privyseal_proto::v1::SignRequest;
use privyseal_proto::v1::role_memory::State;
use privyseal_tests::delegation::{delegating, into_bins, to_hashes};
use privyseal_tests::metadata::{edited, targets};
use privyseal_tests::records;
use privyseal_tuf::{Sha256Digest, TargetPath};

use super::{assert_refused, assert_unfit, assert_unknown, listing, stage, version};
use tonic::Code;

/// The first hex digit of a path's SHA-256.
fn digit(path: &str) -> char {
    let path: TargetPath = path.parse().unwrap();
    let hash = Sha256Digest::of(path.as_str().as_bytes()).to_string();
    hash.chars().next().unwrap()
}

const PATHS: [&str; 6] = ["a", "b/c", "d/e/f", "g", "h", "i"];

#[test]
fn a_bin_has_the_paths_of_its_hash() {
    let Some((mut stage, app, team)) = stage() else {
        return;
    };
    let rpc = stage.rpc();
    let listed: Vec<String> = (0..16).map(|bin| format!("listed-{bin:x}")).collect();
    let digits: Vec<String> = (0..16).map(|bin| format!("{bin:x}")).collect();
    let all: Vec<_> = listed
        .iter()
        .zip(&digits)
        .map(|(name, digit)| to_hashes(name, &team, &[digit]))
        .collect();
    app.sign(&rpc, "targets", &delegating(&targets(1, &[]), &all))
        .unwrap();
    let check = |rpc: &privyseal_tests::rpc::Rpc, prefix: &str| {
        let sign = |bin: &str, document: &[u8]| {
            rpc.sign(app.request(&format!("{prefix}-{bin}"), "team", document))
        };
        for path in PATHS {
            for bin in digits.iter().filter(|bin| **bin != digit(path).to_string()) {
                let answer = sign(bin, &listing(1, &[path]));
                assert_unfit(answer, "TARGET_OUTSIDE_DELEGATION");
            }
        }
        for bin in &digits {
            let fitting = PATHS.iter().filter(|path| digit(path).to_string() == **bin);
            sign(bin, &listing(1, &fitting.copied().collect::<Vec<_>>())).unwrap();
        }
        for bin in ["10", "00", "F", ""] {
            assert_unknown(sign(bin, &targets(1, &[])));
        }
    };
    check(&rpc, "listed");
    app.sign(
        &rpc,
        "targets",
        &into_bins(&targets(2, &[]), &team, 4, "bins"),
    )
    .unwrap();
    stage.agent.restart();
    let rpc = stage.rpc();
    assert_unknown(rpc.sign(app.request("listed-0", "team", &targets(2, &[]))));
    check(&rpc, "bins");
    assert_eq!(version(&rpc, &app, "bins-f"), (1, State::Final));
}

#[test]
fn many_bins_are_signed_over_one_stream_each_once() {
    let Some((mut stage, app, team)) = stage() else {
        return;
    };
    let rpc = stage.rpc();
    app.sign(
        &rpc,
        "targets",
        &into_bins(&targets(1, &[]), &team, 9, "bins"),
    )
    .unwrap();
    let names: Vec<String> = (0..512).map(|bin| format!("bins-{bin:03x}")).collect();
    let requests = |version| {
        let requests = names.iter().zip(0..).map(|(name, id)| SignRequest {
            id,
            ..app.request(name, "team", &targets(version, &[]))
        });
        requests.collect::<Vec<_>>()
    };
    let before = records::decisions(&rpc).len();
    for answer in rpc.sign_many(requests(1)).unwrap() {
        assert!(!answer.unwrap().recorded);
    }
    stage.agent.restart();
    let rpc = stage.rpc();
    for answer in rpc.sign_many(requests(1)).unwrap() {
        assert!(answer.unwrap().recorded);
    }
    for answer in rpc.sign_many(requests(2)).unwrap() {
        assert_eq!(answer.unwrap().version, 2);
    }
    assert_eq!(records::decisions(&rpc).len(), before + 1_024);

    // Sixteen at once for one bin: one content wins.
    let contents = (0..16).map(|id| SignRequest {
        id,
        ..app.request(
            "bins-000",
            "team",
            &edited(&targets(3, &[]), |signed| {
                signed["number"] = id.into();
            }),
        )
    });
    let answers = rpc.sign_many(contents.collect()).unwrap();
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!((won.len(), lost.len()), (1, 15));
    for answer in lost {
        assert_refused(answer, Code::FailedPrecondition, "VERSION_REUSED");
    }
}
