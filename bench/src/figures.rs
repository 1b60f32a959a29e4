//! What is measured of one run: rate, latencies, the agent's CPU.

use std::{fs, time::Duration};

use anyhow::{Context, Result, bail};
use hdrhistogram::Histogram;

/// Latencies in nanoseconds, up to a minute.
pub fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 60_000_000_000, 3).expect("the bounds are in order")
}

/// The figures of one run.
#[derive(Debug, Clone, Copy)]
pub struct Figures {
    /// Signatures (or syncs) a second.
    pub rate: f64,
    /// Half of them took at most so many microseconds.
    pub p50: f64,
    /// 99 of 100 took at most so many microseconds.
    pub p99: f64,
    /// CPU of the agent for one signature, in microseconds.
    pub cpu: Option<f64>,
}

impl Figures {
    /// `cpu` is what the agent used in `time`.
    pub fn new(latencies: &Histogram<u64>, time: Duration, cpu: Option<Duration>) -> Self {
        let count = latencies.len() as f64;
        Self {
            rate: count / time.as_secs_f64(),
            p50: latencies.value_at_quantile(0.5) as f64 / 1000.0,
            p99: latencies.value_at_quantile(0.99) as f64 / 1000.0,
            cpu: cpu.map(|cpu| cpu.as_secs_f64() * 1e6 / count),
        }
    }

    /// As a line for another process of ours.
    pub fn to_line(self) -> String {
        format!("{} {} {}", self.rate, self.p50, self.p99)
    }

    /// From such a line.
    pub fn from_line(line: &str) -> Result<Self> {
        let numbers: Vec<f64> = line
            .split_whitespace()
            .map(str::parse)
            .collect::<Result<_, _>>()?;
        let [rate, p50, p99] = numbers[..] else {
            bail!("not three figures: {line}")
        };
        Ok(Self {
            rate,
            p50,
            p99,
            cpu: None,
        })
    }
}

/// CPU time that a process has used: user and system, from /proc.
pub fn cpu_of(pid: u32) -> Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let after_name = stat.rsplit_once(')').context("stat has a name")?.1;
    let fields: Vec<u64> = after_name
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(str::parse)
        .collect::<Result<_, _>>()?;
    let ticks: u64 = fields.iter().sum();
    // Linux reports in hundredths of a second to every program (USER_HZ).
    Ok(Duration::from_millis(ticks * 10))
}
