//! Measures the agent, with every safeguard on, against the raw token, in one run.
//!
//! The token, the disk, the agent and its callers share this machine, so ratios say more than
//! figures: compare columns of one run, not runs.

mod bins;
mod figures;
mod lanes;
mod load;
mod peers;
mod raw;
mod signer;

use std::{
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::Duration,
};

use anyhow::Result;
use clap::Parser;
use figures::Figures;
use privyseal_tests::{agent::Agent, sandbox::Sandbox, setup::Setup, token::Tokens};
use tonic::transport::{Channel, Endpoint};

/// Measures the agent against the raw token.
#[derive(Parser)]
struct Arguments {
    /// One second a measurement instead of five, and 1,000 objects instead of 10,000
    #[arg(long)]
    short: bool,
    /// The agent as notary's signer alone, against notary-signer and p11-kit
    #[arg(long)]
    peers: bool,
    /// Measure the token alone, with the PIN in this file
    #[arg(long, hide = true, value_name = "FILE", requires_all = ["module", "objects", "seconds"])]
    raw: Option<PathBuf>,
    #[arg(long, hide = true)]
    module: Option<PathBuf>,
    #[arg(long, hide = true)]
    objects: Option<usize>,
    #[arg(long, hide = true)]
    seconds: Option<u64>,
}

/// Requests in flight that are measured.
const IN_FLIGHT: [usize; 3] = [1, 8, 64];

/// An expiry a month from now, within every limit.
fn expires() -> &'static str {
    static EXPIRES: OnceLock<String> = OnceLock::new();
    EXPIRES.get_or_init(|| expires_in(30))
}

/// So many days from now, in UTC, to the second.
fn expires_in(days: u64) -> String {
    let now = std::time::SystemTime::now();
    let then = now
        .duration_since(std::time::SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
        + Duration::from_secs(days * 86_400);
    let expires = privyseal_tuf::Expires::from_seconds(then.as_secs() as i64);
    expires
        .map(|expires| expires.to_string())
        .unwrap_or_default()
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if let (Some(pin), Some(module), Some(objects), Some(seconds)) = (
        &arguments.raw,
        &arguments.module,
        arguments.objects,
        arguments.seconds,
    ) {
        return raw::child(module, pin, objects, Duration::from_secs(seconds));
    }
    let (time, objects) = if arguments.short {
        (1, 1_000)
    } else {
        (5, 10_000)
    };
    let time = Duration::from_secs(time);
    if arguments.peers {
        return peers::measure(time);
    }
    let few = token(10, time)?;
    println!();
    let many = token(objects, time)?;
    if let (Some(few), Some(many)) = (few.last(), many.last()) {
        println!(
            "\n{objects} objects against 10, unary at 64: {:.2}",
            many / few
        );
    }
    println!();
    peers::measure(time)
}

/// All measurements on one token; returns the agent's rates.
fn token(objects: usize, time: Duration) -> Result<Vec<f64>> {
    let sandbox = Sandbox::new();
    let tokens = Tokens::new(&sandbox, "tokens");
    let token = tokens.token("bench");
    let mut agent = Agent::new(&sandbox, "agent", &Setup::new(&token));
    agent.start();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let address = format!("unix:{}", agent.socket().display());
    let connect = Endpoint::from_shared(address)?;
    let lanes = runtime.block_on(async {
        let channel = connect.connect().await?;
        lanes::make(&channel, 64).await
    })?;
    agent.stop();
    let way = raw::Way::softhsm(&tokens.conf());
    // The raw token is measured while the agent is down.
    let [raw_one, raw_two] = raw::in_child(&way, token.pin_file(), objects, time)?;
    let sync = raw::sync(&agent.ledger())?;
    agent.start();
    println!("P-256 on SoftHSM2, {objects} other objects in the token");
    println!(
        "{:<34} {:>9} {:>10} {:>10} {:>7} {:>11}",
        "", "sign/s", "p50 us", "p99 us", "of raw", "agent us/sig"
    );
    let base = raw_two.rate;
    print("C_Sign, 1 session", &raw_one, base);
    print("C_Sign, 2 sessions", &raw_two, base);
    print("one sync of the ledger's disk", &sync, base);
    let lanes = Arc::new(lanes);
    let mut rates = Vec::new();
    runtime.block_on(async {
        let channel: Channel = connect.connect().await?;
        for in_flight in IN_FLIGHT {
            let figures = load::stream(&channel, &lanes, in_flight, time, agent.pid()).await?;
            print(
                &format!("agent, stream, {in_flight} in flight"),
                &figures,
                base,
            );
            rates.push(figures.rate);
        }
        let lane = bins::lane(&channel).await?;
        for version in [1, 2] {
            let figures = bins::sign(&channel, &lane, version, agent.pid()).await?;
            let what = format!("agent, {} bins, version {version}", bins::COUNT);
            print(&what, &figures, base);
        }
        for in_flight in IN_FLIGHT {
            let figures = load::unary(&channel, &lanes, in_flight, time, agent.pid()).await?;
            print(
                &format!("agent, unary, {in_flight} in flight"),
                &figures,
                base,
            );
            rates.push(figures.rate);
            if in_flight == 1 {
                let floor = raw_one.p50 + sync.p50;
                let over = figures.p50 - floor;
                println!(
                    "{:<34} {over:>20.0} us above raw + one sync",
                    "  a lone request, p50"
                );
            }
        }
        anyhow::Ok(())
    })?;
    agent.stop();
    Ok(rates)
}

fn print(what: &str, figures: &Figures, base: f64) {
    let cpu = figures
        .cpu
        .map(|cpu| format!("{cpu:.0}"))
        .unwrap_or_default();
    println!(
        "{what:<34} {:>9.0} {:>10.0} {:>10.0} {:>7.2} {cpu:>11}",
        figures.rate,
        figures.p50,
        figures.p99,
        figures.rate / base
    );
}
