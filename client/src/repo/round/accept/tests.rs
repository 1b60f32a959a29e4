use privyseal_tuf::{Document, RoleType};

use super::*;
use crate::repo::testing::{Bench, Signer};

/// A root draft whose keys are those of seeds 1 and 2, both of which must sign.
fn begun(bench: &Bench) -> (Signing, Vec<Requirement>) {
    let work = bench.work();
    let requirements = work.requirements(&RoleType::Root.into()).unwrap();
    let document: Document = Document::clone(work.draft(&RoleType::Root.into()).unwrap());
    (Signing::new(document, requirements.clone()), requirements)
}

fn answer(signer: &Signer, signing: &Signing) -> Signed {
    Signed {
        keyid: signer.keyid().to_string(),
        sig: signer.sign(&signing.payload().bytes()).to_hex(),
        digest: signing.payload().digest.to_string(),
        ..Signed::default()
    }
}

#[test]
fn only_this_keys_signature_over_this_document_is_kept() {
    let bench = Bench::new();
    let (mut signing, _) = begun(&bench);
    let (one, two) = (Signer::new(1), Signer::new(2));
    let keyid = one.keyid();
    let good = answer(&one, &signing);
    let mut other_bytes = good.clone();
    other_bytes.sig = one.sign(b"other bytes").to_hex();
    let other_key = Signed {
        keyid: good.keyid.clone(),
        ..answer(&two, &signing)
    };
    let other_name = answer(&two, &signing);
    let other_digest = Signed {
        digest: "00".repeat(32),
        ..good.clone()
    };
    let no_hex = Signed {
        sig: "zz".to_owned(),
        ..good.clone()
    };
    let empty = Signed {
        sig: String::new(),
        ..good.clone()
    };
    for bad in [
        other_bytes,
        other_key,
        other_name,
        other_digest,
        no_hex,
        empty,
    ] {
        assert!(
            accept(&bad, (&keyid, &one.key), &mut signing).is_err(),
            "{bad:?}"
        );
        assert!(signing.document().signatures().is_empty());
    }
    accept(&good, (&keyid, &one.key), &mut signing).unwrap();
    assert_eq!(signing.document().signatures().len(), 1);
}

#[test]
fn a_root_takes_all_of_its_own_keys_and_of_the_old_ones_what_it_needs() {
    let mut bench = Bench::new();
    bench.sign(&[1, 2, 3, 4]);
    bench.publish().unwrap();
    let new = bench.key(5, "root-3");
    bench.set_role(RoleType::Root, |role| {
        role.threshold = 1;
        role.keys.remove(0);
        role.keys.push(new.clone());
    });
    bench.draft_root();
    let (mut signing, requirements) = begun(&bench);
    let ids = |seeds: &[u8]| {
        seeds
            .iter()
            .map(|seed| Signer::new(*seed).keyid())
            .collect::<Vec<_>>()
    };
    // Key 1 is only in the old root, so it is asked last.
    assert_eq!(missing(&requirements, &signing).last(), ids(&[1]).first());
    let wanted = |signing: &Signing, seed: u8| {
        counts(
            &RoleType::Root.into(),
            &Signer::new(seed).keyid(),
            &requirements,
            signing,
        )
    };
    assert!([1, 2, 5].into_iter().all(|seed| wanted(&signing, seed)));
    let needed =
        |signing: &Signing, seed: u8| needs(&Signer::new(seed).keyid(), &requirements, signing);
    assert!([1, 2, 5].into_iter().all(|seed| needed(&signing, seed)));
    for seed in [2, 1] {
        let signer = Signer::new(seed);
        let answer = answer(&signer, &signing);
        accept(&answer, (&signer.keyid(), &signer.key), &mut signing).unwrap();
        // One signature is enough of the new keys; nobody is called for another one.
        assert!(!needed(&signing, 5));
    }
    // Both thresholds are met: key 5 may still sign, the old root's keys need not.
    assert!(is_met(&signing));
    assert!(wanted(&signing, 5));
    assert_eq!(missing(&requirements, &signing), ids(&[5]));
}
