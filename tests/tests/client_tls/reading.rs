//! A person reads for longer than a connection lasts.

use std::fs;

use privyseal_tests::project::Project;
use privyseal_tests::setup::AUTHORITY;
use privyseal_tests::terminal::Terminal;
use privyseal_tests::tls_stage::TlsStage;
use privyseal_tests::wait;

use crate::user::{User, address, ca, entry, identity};

#[test]
fn a_connection_that_was_closed_meanwhile_is_opened_again() {
    let Some(tls) = TlsStage::with("idle_time = \"1s\"", |_, _, setup| setup) else {
        return;
    };
    let user = User::new(&tls, "user");
    let files = format!("{}{}", identity(&tls.caller()), ca(&tls.servers.path()));
    user.configure(&entry("default", &address(&tls, "localhost"), &files));
    let operator = tls.stage.client("operator");
    let project = Project::new(&tls.stage.sandbox, "project", operator);
    project.generate("example.org/app", "root online", "");
    project.repo(&format!(
        "init --authority {AUTHORITY} --repository example.org/app --root root \
         --targets online --snapshot online --timestamp online"
    ));
    let sign = format!("repo -C {} sign", project.directory().display());
    let Some(mut terminal) = Terminal::start(&user.client, &sign) else {
        return;
    };
    terminal.shows("[y/N]");
    let port = tls.address().port();
    wait::until("the agent to close the connection", || {
        (!has_connections(port)).then_some(())
    });
    terminal.types("y");
    let said = terminal.ends();
    assert_eq!(said.status, 0, "{}", said.stdout);
}

/// Whether anybody is connected to a port of 127.0.0.1 (proc(5), net/tcp).
fn has_connections(port: u16) -> bool {
    let local = format!("0100007F:{port:04X}");
    let established = "01";
    let all = fs::read_to_string("/proc/net/tcp").unwrap();
    let mut lines = all.lines().map(str::split_whitespace);
    lines.any(|mut fields| fields.nth(1) == Some(&local) && fields.nth(1) == Some(established))
}
