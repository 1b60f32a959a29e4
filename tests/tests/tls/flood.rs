//! Many connections that say nothing, and a caller who takes a while to speak.

use std::io::copy;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, SocketAddrV4, TcpListener, TcpStream};
use std::thread;

use nix::sys::socket::{AddressFamily, SockFlag, SockType, SockaddrIn, bind, connect, socket};
use std::os::fd::AsRawFd;

use privyseal_tests::tls_stage::TlsStage;
use privyseal_tests::tls_stage::endpoint;

/// More than were let in once, and as many as come within tenths of a second.
const MANY: u16 = 200;

fn from(address: Ipv4Addr, to: SocketAddr) -> TcpStream {
    let SocketAddr::V4(to) = to else {
        panic!("the stage listens on IPv4")
    };
    let socket = socket(
        AddressFamily::Inet,
        SockType::Stream,
        SockFlag::SOCK_CLOEXEC,
        None,
    );
    let socket = socket.unwrap();
    let own = SockaddrIn::from(SocketAddrV4::new(address, 0));
    bind(socket.as_raw_fd(), &own).unwrap();
    connect(socket.as_raw_fd(), &SockaddrIn::from(to)).unwrap();
    socket.into()
}

/// A connection that is open already, to be spoken over by whoever connects to this address.
fn later(connection: TcpStream) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (client, _) = listener.accept().unwrap();
        let [mut there, mut back] = [&connection, &client].map(|end| end.try_clone().unwrap());
        let (mut to, mut from) = (client, connection);
        let answers = thread::spawn(move || {
            drop(copy(&mut there, &mut to));
            drop(to.shutdown(Shutdown::Write));
        });
        drop(copy(&mut back, &mut from));
        drop(from.shutdown(Shutdown::Write));
        answers.join().unwrap();
    });
    address
}

/// Is a caller let in who connected before all these, and speaks after them?
fn keeps_its_place(tls: &TlsStage, others: impl Fn(u16) -> Ipv4Addr) {
    let caller = tls.caller();
    let early = from(Ipv4Addr::LOCALHOST, tls.address());
    let _silent: Vec<_> = (0..MANY)
        .map(|at| from(others(at), tls.address()))
        .collect();
    // Whoever is let in now came after all of them.
    tls.rpc(&caller).head(0).unwrap();
    let endpoint = endpoint(later(early), &tls.servers.path(), &caller);
    let rpc = privyseal_tests::rpc::Rpc::try_endpoint(&endpoint);
    rpc.unwrap().head(0).unwrap();
}

#[test]
fn bare_connections_of_the_callers_own_address_leave_it_time_to_speak() {
    let Some(tls) = TlsStage::with("handshake_time = \"1h\"", |_, _, setup| setup) else {
        return;
    };
    keeps_its_place(&tls, |_| Ipv4Addr::LOCALHOST);
}

#[test]
fn bare_connections_of_many_addresses_leave_a_caller_time_to_speak() {
    let Some(tls) = TlsStage::with("handshake_time = \"1h\"", |_, _, setup| setup) else {
        return;
    };
    keeps_its_place(&tls, |at| {
        let [high, low] = at.to_be_bytes();
        Ipv4Addr::new(127, 1, high, low)
    });
}
