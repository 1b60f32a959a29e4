//! The agent as a process: how it is started and ended, what it gives up, and what it bears.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::thread;
use std::time::Duration;

use nix::sys::signal::Signal;
use privyseal_ledger::verify_directory;
use privyseal_proto::ledger::v1::record::Event;
use privyseal_proto::v1::LineageRef;
use privyseal_tests::agent::Agent;
use privyseal_tests::metadata;
use privyseal_tests::repository::Repository;
use privyseal_tests::require::{self, SOFTHSM};
use privyseal_tests::rpc::Rpc;
use privyseal_tests::sandbox::Sandbox;
use privyseal_tests::setup::Setup;
use privyseal_tests::shim::{Fault, Shim};
use privyseal_tests::somebody::STRANGER;
use privyseal_tests::stage::Stage;
use privyseal_tests::token::Tokens;
use privyseal_tests::wait;
use tonic::Code;

const MINUTE: Fault = Fault::Sleep(Duration::from_secs(60));

/// A stage whose token can be made slow.
fn slow_stage(sections: &str) -> Option<(Stage, Shim)> {
    let mut shim = None;
    let stage = Stage::with(|sandbox, setup| {
        let controlled = Shim::new(&sandbox.directory("shim"), SOFTHSM.as_ref());
        let setup = setup.shim(&controlled).section(sections);
        shim = Some(controlled);
        setup
    })?;
    Some((stage, shim?))
}

/// Asks for a signature in a thread, and waits until the token is at it.
fn ask_slowly(
    stage: &Stage,
    shim: &Shim,
    app: &Repository,
) -> thread::JoinHandle<privyseal_tests::rpc::Answer<privyseal_proto::v1::Signed>> {
    let before = shim.calls("C_Sign").unwrap();
    shim.inject(&[("C_Sign", Some(1), MINUTE)]).unwrap();
    let request = app.request("targets", "app-targets", &metadata::targets(2, &[]));
    let rpc = stage.rpc();
    let asking = thread::spawn(move || rpc.sign(request));
    wait::until("the token to be asked", || {
        (shim.calls("C_Sign").unwrap() > before).then_some(())
    });
    asking
}

#[test]
fn sigterm_finishes_what_is_in_flight() {
    let Some((mut stage, shim)) = slow_stage("") else {
        return;
    };
    let app = Repository::complete(&stage.rpc(), "app");
    let asking = ask_slowly(&stage, &shim, &app);
    stage.agent.signal(Signal::SIGTERM);
    wait::until("the agent to drain", || {
        stage.agent.log().contains("stopping").then_some(())
    });
    shim.clear().unwrap();
    let signed = asking.join().unwrap().unwrap();
    assert!(stage.agent.wait_end().success(), "{}", stage.agent.log());
    assert!(!stage.agent.socket().exists());

    // The signature, the end, and a checkpoint over them are in the ledger.
    let mut events = Vec::new();
    let genesis = stage.agent.genesis().parse().unwrap();
    verify_directory(&stage.agent.ledger(), Some(genesis), &mut |_, record| {
        events.extend(record.event.clone());
    })
    .unwrap();
    let outcome = events.iter().any(|event| {
        matches!(event, Event::Outcome(outcome) if outcome.decision == signed.record && !outcome.signature.is_empty())
    });
    assert!(outcome, "the outcome is recorded");
    assert!(matches!(events.last(), Some(Event::Checkpoint(_))));
    assert!(
        events
            .iter()
            .any(|event| matches!(event, Event::AgentStopped(_)))
    );
}

#[test]
fn too_many_requests_are_refused() {
    let Some((stage, shim)) = slow_stage("[limits]\nrequests = 1") else {
        return;
    };
    let app = Repository::complete(&stage.rpc(), "app");
    let asking = ask_slowly(&stage, &shim, &app);
    let refusal = stage.rpc().try_status().unwrap_err();
    assert_eq!(
        refusal.codes(),
        (Code::ResourceExhausted, "TOO_MANY_REQUESTS")
    );
    assert_eq!(refusal.retry, "safe");
    shim.clear().unwrap();
    asking.join().unwrap().unwrap();
    stage.rpc().try_status().unwrap();
}

#[test]
fn a_request_that_takes_too_long_is_given_up() {
    let Some((stage, shim)) = slow_stage("[limits]\nrequest_time = \"1s\"") else {
        return;
    };
    let app = Repository::complete(&stage.rpc(), "app");
    let asking = ask_slowly(&stage, &shim, &app);
    let refusal = asking.join().unwrap().unwrap_err();
    assert_eq!(refusal.codes(), (Code::DeadlineExceeded, "REQUEST_TIMEOUT"));
    shim.clear().unwrap();
    // The same bytes may be asked for again, and other content is still refused.
    let again = app.sign(&stage.rpc(), "targets", &metadata::targets(2, &[]));
    again.unwrap();
    let other = metadata::targets(2, &[("a.txt", b"other")]);
    let other = app.sign(&stage.rpc(), "targets", &other).unwrap_err();
    assert_eq!(other.reason, "VERSION_REUSED");
}

#[test]
fn connections_above_the_limit_are_closed() {
    let Some(stage) = Stage::with(|_, setup| setup.section("[limits]\nconnections = 2")) else {
        return;
    };
    let first = wait::until("a place", || connected(&stage));
    let second = wait::until("a place", || connected(&stage));
    assert!(connected(&stage).is_none(), "the third is closed");
    first.try_status().unwrap();
    drop(first);
    let third = wait::until("the place that is free", || connected(&stage));
    third.try_status().unwrap();
    second.try_status().unwrap();
}

fn connected(stage: &Stage) -> Option<Rpc> {
    let rpc = Rpc::try_connect(&stage.agent.socket())?;
    rpc.try_status().ok().map(|_| rpc)
}

#[test]
fn a_socket_is_handed_over_as_systemd_does() {
    let sandbox = Sandbox::new();
    if !require::softhsm() || !require::program("python3") {
        return;
    }
    let token = Tokens::new(&sandbox, "tokens").token("one");
    let mut agent = Agent::new(&sandbox, "agent", &Setup::new(&token));
    let config = fs::read_to_string(agent.config()).unwrap();
    let socket = format!("socket = \"{}\"\n", agent.socket().display());
    fs::write(agent.config(), config.replace(&socket, "")).unwrap();
    let (status, said) = agent.refused();
    assert!(
        !status.success() && said.contains("no socket to listen on"),
        "{said}"
    );

    // sd_listen_fds(3): descriptor 3, LISTEN_FDS, and LISTEN_PID of the very process.
    let listen = "import os, socket, sys\n\
        s = socket.socket(socket.AF_UNIX)\n\
        s.bind(sys.argv[1])\n\
        s.listen()\n\
        os.dup2(s.fileno(), 3)\n\
        os.set_inheritable(3, True)\n\
        os.environ.update(LISTEN_FDS='1', LISTEN_PID=str(os.getpid()))\n\
        os.execv(sys.argv[2], sys.argv[2:])\n";
    let inner = agent.command();
    let mut command = Command::new("python3");
    command
        .envs(
            inner
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .args(["-c", listen])
        .arg(agent.socket())
        .arg(inner.get_program())
        .args(inner.get_args());
    agent.spawn_as(&mut command);
    agent.wait_ready();
    drop(Repository::open(&agent.rpc(), "app"));
    assert!(agent.stop().success());
    assert!(
        agent.socket().exists(),
        "systemd's socket is systemd's to remove"
    );
}

#[test]
fn no_core_dump_and_no_look_into_its_memory() {
    let sandbox = Sandbox::new();
    if !require::softhsm() || !require::root() || !require::program("setpriv") {
        return;
    }
    let token = Tokens::new(&sandbox, "tokens").token("one");
    let mut agent = Agent::new(
        &sandbox,
        "agent",
        &Setup::new(&token).agent("mode = \"0666\""),
    );
    // The agent as a user of its own, since root may look into everything.
    let program = sandbox.join("privyseald");
    fs::copy(require::binary("privyseald"), &program).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let owner = Command::new("chown")
        .args(["-R", &format!("{STRANGER}:{STRANGER}")])
        .arg(sandbox.path())
        .status();
    assert!(owner.unwrap().success());
    let as_user = || {
        let mut command = Command::new("setpriv");
        command.args([
            &format!("--reuid={STRANGER}"),
            &format!("--regid={STRANGER}"),
            "--clear-groups",
        ]);
        command
    };
    let inner = agent.command();
    let mut command = as_user();
    command
        .envs(
            inner
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .arg(&program)
        .args(inner.get_args());
    agent.spawn_as(&mut command);
    agent.wait_ready();

    let proc = format!("/proc/{}", agent.pid());
    let limits = fs::read_to_string(format!("{proc}/limits")).unwrap();
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"));
    let core: Vec<_> = core.unwrap().split_whitespace().collect();
    assert_eq!(core[4..6], ["0", "0"], "soft and hard limit");

    // The same user may read its own processes, but not this one.
    let reads = |path: &str| as_user().args(["head", "-c1", path]).output().unwrap();
    let own = reads("/proc/self/environ");
    assert!(own.status.success(), "{own:?}");
    for file in ["environ", "mem", "maps"] {
        let denied = reads(&format!("{proc}/{file}"));
        let said = String::from_utf8_lossy(&denied.stderr).into_owned();
        assert!(said.contains("Permission denied"), "{file}: {denied:?}");
    }
    agent.rpc().lineage(&LineageRef::default()).unwrap_err();
}
