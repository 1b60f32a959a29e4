use super::*;

type Entered = (Room, oneshot::Receiver<()>);

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn stayed((_, displaced): &mut Entered) -> bool {
    displaced.try_recv() == Err(oneshot::error::TryRecvError::Empty)
}

/// The places of those who had to give way.
fn gone(all: &mut [Entered]) -> Vec<usize> {
    let all = all.iter_mut().map(stayed).enumerate();
    all.filter(|(_, stayed)| !stayed)
        .map(|(at, _)| at)
        .collect()
}

#[test]
fn one_address_displaces_its_own_oldest() {
    for (most, kept) in [(4096, 512), (1024, 256), (64, 32)] {
        let handshakes = Handshakes::new(most);
        let mut other = handshakes.enter(address("192.0.2.2"));
        let enter = |_| handshakes.enter(address("192.0.2.1"));
        let mut silent: Vec<_> = (0..1000).map(enter).collect();
        let first: Vec<_> = (0..1000 - kept).collect();
        assert_eq!(gone(&mut silent), first, "of {most} the youngest stay");
        assert!(stayed(&mut other));
    }
}

#[test]
fn an_ipv6_site_displaces_its_own_oldest() {
    let handshakes = Handshakes::new(64);
    let mut other = handshakes.enter(address("2001:db8:1::1"));
    let enter = |at: u32| handshakes.enter(address(&format!("2001:db8:0:{at:x}::1")));
    let mut silent: Vec<_> = (0..200).map(enter).collect();
    assert_eq!(gone(&mut silent), (0..168).collect::<Vec<_>>());
    assert!(stayed(&mut other));
}

#[test]
fn when_all_is_full_the_address_with_the_most_gives_way() {
    let handshakes = Handshakes::new(8);
    let enter = |last: u8| handshakes.enter([192, 0, 2, last].into());
    let mut all: Vec<_> = [1, 2, 3, 4, 5, 5, 5, 6].into_iter().map(enter).collect();
    assert!(gone(&mut all).is_empty());
    let late = enter(7);
    assert_eq!(gone(&mut all), [4], "the oldest of the three");
    drop(late);
    assert_eq!(handshakes.pending.lock().all.len(), 7, "who is done leaves");
}

#[test]
fn of_as_many_addresses_with_one_each_the_first_gives_way() {
    let handshakes = Handshakes::new(64);
    let enter =
        |at: u16| handshakes.enter([10, 0, at.to_be_bytes()[0], at.to_be_bytes()[1]].into());
    let mut all: Vec<_> = (0..100).map(enter).collect();
    assert_eq!(gone(&mut all), (0..36).collect::<Vec<_>>());
}

#[test]
fn who_left_is_counted_nowhere() {
    let handshakes = Handshakes::new(64);
    for last in 0..=255 {
        drop(handshakes.enter([192, 0, 2, last % 7].into()));
    }
    let pending = handshakes.pending.lock();
    assert!(pending.all.is_empty());
    let empty = format!("{:?}", Tally::default());
    assert_eq!(format!("{:?}", pending.addresses), empty);
    assert_eq!(format!("{:?}", pending.sites), empty);
}

#[test]
fn an_ipv6_network_is_one_address() {
    let of = |text: &str| Source::of(address(text)).address;
    assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:2"));
    assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
    assert_eq!(of("::ffff:192.0.2.1"), address("192.0.2.1"));
    let site = |text: &str| Source::of(address(text)).site;
    assert_eq!(site("2001:db8::1"), site("2001:db8:0:ffff::1"));
    assert_ne!(site("2001:db8::1"), site("2001:db8:1::1"));
}

#[test]
fn there_is_room_for_many_where_the_system_allows() {
    let most = Handshakes::beside(NonZeroU32::new(256).unwrap()).most;
    let (files, _) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    match files {
        4640.. => assert_eq!(most, MOST),
        _ => assert!(most >= FEWEST && (most as u64) < files.max(65)),
    }
}
