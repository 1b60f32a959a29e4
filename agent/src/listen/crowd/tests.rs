//! Crowds of guests.

use std::task::Poll;

use super::*;
use crate::caller::{Certificate, Standing};

fn crowd(all: usize, each: usize) -> Arc<Crowd> {
    keeping(0, all, each)
}

fn keeping(kept: usize, all: usize, each: usize) -> Arc<Crowd> {
    let limit = |most, name| Limit { most, name };
    Crowd::new(
        "guests",
        limit(all, "limits.all"),
        limit(each, "limits.each"),
        kept,
    )
}

fn callers<const N: usize>() -> [Arc<Caller>; N] {
    let uid = |at| u32::try_from(at).unwrap() + 65_000;
    std::array::from_fn(|at| Arc::new(Caller::process(uid(at), 65_000, vec![])))
}

#[test]
fn each_limit_is_named_and_holds_until_somebody_leaves() {
    let crowd = crowd(3, 2);
    let [one, two] = callers();
    let places: Vec<_> = (0..2)
        .map(|_| crowd.enter(&one, Rank::Ordinary).unwrap())
        .collect();
    let denial = crowd.enter(&one, Rank::Ordinary).unwrap_err();
    assert_eq!(denial.reason(), Reason::TooManyRequests);
    assert_eq!(denial.message(), "uid:65000 has 2 guests (limits.each)");
    let other = crowd.enter(&two, Rank::Ordinary).unwrap();
    let denial = crowd.enter(&two, Rank::Ordinary).unwrap_err();
    assert_eq!(denial.message(), "there are 3 guests (limits.all)");
    drop(places);
    let again = [one, two].map(|caller| crowd.enter(&caller, Rank::Ordinary).unwrap());
    drop((other, again));
    assert!(crowd.inside.lock().of.is_empty(), "it remembers nobody");
}

#[test]
fn two_connections_of_a_caller_are_one_caller() {
    let crowd = crowd(3, 1);
    let [one] = callers();
    let [same] = callers();
    let place = crowd.enter(&one, Rank::Ordinary).unwrap();
    assert!(crowd.enter(&same, Rank::Ordinary).is_err());
    drop(place);
    drop(crowd.enter(&same, Rank::Ordinary).unwrap());
}

#[tokio::test]
async fn it_is_heard_when_the_last_one_leaves() {
    let crowd = crowd(2, 2);
    let [one] = callers();
    crowd.emptied().await;
    let (first, last) = (
        crowd.enter(&one, Rank::Ordinary).unwrap(),
        crowd.enter(&one, Rank::Ordinary).unwrap(),
    );
    crowd.close();
    assert!(crowd.enter(&one, Rank::Ordinary).is_err());
    let emptied = crowd.emptied();
    tokio::pin!(emptied);
    let poll = std::future::poll_fn(|cx| Poll::Ready(emptied.as_mut().poll(cx)));
    assert!(poll.await.is_pending());
    drop(first);
    let poll = std::future::poll_fn(|cx| Poll::Ready(emptied.as_mut().poll(cx)));
    assert!(poll.await.is_pending());
    drop(last);
    emptied.await;
}

#[test]
fn certificates_of_one_name_are_one_caller_and_strangers_each_their_own() {
    let spec = "dns:ci.example.test".parse().unwrap();
    let [first, second] = certificates();
    let named = [&first, &second].map(|caller| Arc::new(caller.clone().known_as(Some(&spec))));
    let crowd = crowd(9, 1);
    let place = crowd.enter(&named[0], Rank::Ordinary).unwrap();
    let denial = crowd.enter(&named[1], Rank::Ordinary).unwrap_err();
    let message = "dns:ci.example.test has 1 guests (limits.each)";
    assert_eq!(denial.message(), message);
    drop(place);
    drop(crowd.enter(&named[1], Rank::Ordinary).unwrap());
    // The config knows neither: what they are called is their authority's word alone.
    let strangers = [first, second].map(|caller| Arc::new(caller.known_as(None)));
    let _both = strangers.map(|caller| crowd.enter(&caller, Rank::Ordinary).unwrap());
}

/// Two, of one name.
fn certificates() -> [Caller; 2] {
    let certificate = |_| {
        let names = ["ci.example.test".to_owned()];
        let issued = rcgen::generate_simple_self_signed(names).unwrap();
        let (certificate, until) = Certificate::read(issued.cert.der()).unwrap();
        Caller::certificate(certificate, Arc::new(Standing::new(until)))
    };
    std::array::from_fn(certificate)
}

#[test]
fn the_last_places_are_kept() {
    let crowd = keeping(2, 4, 4);
    let [one, two] = callers();
    let _common = [(); 2].map(|()| crowd.enter(&one, Rank::Ordinary).unwrap());
    let denial = crowd.enter(&two, Rank::Ordinary).unwrap_err();
    assert_eq!(denial.reason(), Reason::TooManyRequests);
    let message = "there are 2 guests (limits.all, without the 2 kept for operators and local \
                   callers)";
    assert_eq!(denial.message(), message);
    let _kept = [(); 2].map(|()| crowd.enter(&two, Rank::Preferred).unwrap());
    assert!(crowd.enter(&two, Rank::Preferred).is_err());
}

#[test]
fn a_place_that_may_not_grow_stays_as_it_was() {
    let crowd = crowd(10, 6);
    let [one, two] = callers();
    let mut first = crowd.empty_place(&one, Rank::Ordinary);
    first.resize(6).unwrap();
    assert!(first.resize(7).is_err());
    let mut second = crowd.empty_place(&two, Rank::Ordinary);
    assert!(second.resize(5).is_err());
    second.resize(4).unwrap();
    first.resize(5).unwrap();
    second.resize(5).unwrap();
    drop((first, second));
    assert!(crowd.inside.lock().of.is_empty());
}
