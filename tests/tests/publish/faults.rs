//! A bucket that answers 500, slows down, hangs up, or refuses.

use std::collections::HashMap;

use privyseal_tests::client::Answer;
use privyseal_tests::faulty_proxy::{Deed, FaultyProxy, Request};
use privyseal_tests::ngclient::Question;

use crate::ground::copy_tree;
use crate::s3::{LONG, Shop, is_timestamp};

/// Applies a fault to the first requests of each method and path.
fn at_first(times: usize, fault: Deed) -> impl FnMut(&Request) -> Deed + Send {
    let mut seen: HashMap<(String, String), usize> = HashMap::new();
    move |request| {
        let seen = seen
            .entry((request.method.clone(), request.path.clone()))
            .or_default();
        *seen += 1;
        if *seen <= times { fault } else { Deed::Forward }
    }
}

#[test]
fn every_request_may_fail_for_a_while() {
    for (times, fault) in [
        (2, Deed::Answer(500, "InternalError")),
        (2, Deed::Answer(503, "SlowDown")),
        (1, Deed::Cut),
        // What was asked is done, but nobody hears of it.
        (1, Deed::CutAnswer),
        (1, Deed::Delay(LONG)),
    ] {
        let Some(mut shop) = Shop::open() else {
            return;
        };
        shop.assert_published();
        shop.ground.change();
        let proxy = FaultyProxy::before(shop.s3.url(), at_first(times, fault));
        let mut command = shop.command_at(&proxy.url());
        command.env("AWS_TIMEOUT", "1 seconds");
        let answer: Answer = command.output().unwrap().into();
        assert_eq!(answer.status, 0, "{fault:?}: {answer:#?}");
        assert_eq!(shop.assert_accepted(), [1, 2, 2, 2], "{fault:?}");
        let puts = proxy.requests();
        let puts = puts.iter().filter(|request| is_timestamp(request)).count();
        assert!(puts > times, "{fault:?}: {puts}");
    }
}

#[test]
fn a_bucket_that_keeps_failing_shows_what_it_showed() {
    let Some(mut shop) = Shop::open() else {
        return;
    };
    shop.assert_published();
    let old = shop.ground.question(&shop.public);
    shop.ground.change();
    for (fault, said, advice) in [
        (
            Deed::Answer(500, "InternalError"),
            "500",
            "wait until the service has recovered",
        ),
        (
            Deed::Answer(403, "AccessDenied"),
            "AccessDenied",
            "s3:PutObject",
        ),
        (
            Deed::Answer(401, "Unauthorized"),
            "401",
            "credentials (AWS_",
        ),
        (
            Deed::Answer(400, "InvalidRequest"),
            "as the test says",
            "correct the address",
        ),
        (
            Deed::Answer(404, "NoSuchBucket"),
            "NoSuchBucket",
            "make the bucket",
        ),
    ] {
        let proxy = FaultyProxy::before(shop.s3.url(), move |request| match &*request.method {
            "PUT" => fault,
            _ => Deed::Forward,
        });
        let answer = shop.publish_at(&proxy.url());
        assert_eq!(answer.status, 1, "{fault:?}: {answer:?}");
        assert!(answer.stderr.contains(said), "{fault:?}: {answer:?}");
        assert!(answer.stderr.contains(advice), "{fault:?}: {answer:?}");
        assert_eq!(
            shop.ground.judge.ask(&old).unwrap(),
            [1, 1, 1, 1],
            "{fault:?}"
        );
    }
    // Nobody is there at all.
    let answer = shop.publish_at("http://127.0.0.1:1");
    assert_eq!(answer.status, 1, "{answer:?}");
    assert!(answer.stderr.contains("check the network"), "{answer:?}");
    shop.assert_published();
    assert_eq!(shop.assert_accepted(), [1, 2, 2, 2]);
}

/// After the n-th request nothing reaches the bucket any more, for every n.
#[test]
fn given_up_after_any_request_it_goes_on_from_there() {
    let Some(mut shop) = Shop::open() else {
        return;
    };
    shop.assert_published();
    let old = shop.ground.question(&shop.public);
    let home = shop.ground.sandbox().join("home");
    shop.ground.judge.ask(&old.clone().keeping(&home)).unwrap();
    shop.ground.repo("rotate root --add root-2 --remove root-1");
    shop.ground.change();
    let (project, bucket) = (shop.ground.project.clone(), shop.s3.objects(""));
    let saved = shop.ground.sandbox().directory("saved");
    copy_tree(&project, &saved.join("project"));
    copy_tree(bucket.parent().unwrap(), &saved.join("s3"));
    for n in 0.. {
        let proxy = FaultyProxy::before(shop.s3.url(), move |request| {
            if request.number < n {
                Deed::Forward
            } else {
                Deed::Answer(403, "AccessDenied")
            }
        });
        let answer = shop.publish_at(&proxy.url());
        let fresh = shop.ground.question(&shop.public);
        let mut accepted = |question: &Question| {
            let questions = [question.clone(), question.clone().returning(&home)];
            questions.map(|question| shop.ground.judge.ask(&question))
        };
        let new = accepted(&fresh);
        if new.iter().any(Result::is_err) {
            let old = accepted(&old);
            assert!(old.iter().all(Result::is_ok), "{n}: {new:?}, {old:?}");
        }
        if answer.status == 0 {
            println!("{n} requests");
            assert!(n > 10, "{n}");
            return;
        }
        assert_eq!(answer.status, 1, "{n}: {answer:?}");
        shop.assert_published();
        assert_eq!(shop.assert_accepted(), [2, 2, 2, 2], "{n}");
        copy_tree(&saved.join("project"), &project);
        copy_tree(&saved.join("s3"), bucket.parent().unwrap());
    }
}
