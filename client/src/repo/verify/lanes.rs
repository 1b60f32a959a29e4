use std::thread;
use std::time::Duration;

use crossbeam_channel::{RecvTimeoutError, bounded, unbounded};

/// Work that is made of jobs which don't touch each other.
pub(super) trait Crew {
    type Job: Send;
    type Outcome: Send;

    /// The next job. None where there is none now; after [`done`](Self::done) there may be more.
    fn next_job(&mut self) -> Option<Self::Job>;

    /// Takes what came of a job. An error ends the work.
    fn done(&mut self, outcome: Self::Outcome) -> anyhow::Result<()>;

    /// Is called ten times a second or more often.
    fn tick(&mut self) {}
}

const TICK: Duration = Duration::from_millis(100);

/// Has so many threads do the jobs of a crew.
pub(super) fn run<C: Crew>(
    lanes: usize,
    crew: &mut C,
    work: impl Fn(C::Job) -> C::Outcome + Sync,
) -> anyhow::Result<()> {
    let lanes = lanes.max(1);
    let waiting = lanes * 2;
    let (jobs, taken) = unbounded::<C::Job>();
    let (results, outcomes) = bounded(waiting);
    thread::scope(|scope| {
        for _ in 0..lanes {
            let (taken, results, work) = (taken.clone(), results.clone(), &work);
            scope.spawn(move || {
                for job in taken {
                    if results.send(work(job)).is_err() {
                        break;
                    }
                }
            });
        }
        drop((taken, results));
        // Dropped when this block ends, at which the threads end too.
        let (jobs, outcomes) = (jobs, outcomes);
        let mut under_way = 0;
        loop {
            while under_way < waiting {
                let Some(job) = crew.next_job() else { break };
                jobs.send(job).map_err(|_| gone())?;
                under_way += 1;
            }
            if under_way == 0 {
                return Ok(());
            }
            match outcomes.recv_timeout(TICK) {
                Ok(outcome) => {
                    under_way -= 1;
                    crew.done(outcome)?;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(gone()),
            }
            crew.tick();
        }
    })
}

fn gone() -> anyhow::Error {
    anyhow::anyhow!("a thread of this program ended before its time")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each number leads to two smaller ones.
    struct Halving {
        open: Vec<u32>,
        done: u32,
        refuse: Option<u32>,
    }

    impl Crew for Halving {
        type Job = u32;
        type Outcome = u32;

        fn next_job(&mut self) -> Option<u32> {
            self.open.pop()
        }

        fn done(&mut self, number: u32) -> anyhow::Result<()> {
            self.done += 1;
            if number > 1 {
                self.open.extend([number / 2, number / 2]);
            }
            match self.refuse {
                Some(most) if self.done == most => anyhow::bail!("refused"),
                _ => Ok(()),
            }
        }
    }

    #[test]
    fn jobs_that_lead_to_jobs_are_all_done() {
        for lanes in [1, 2, 7] {
            let mut crew = Halving {
                open: vec![64],
                done: 0,
                refuse: None,
            };
            run(lanes, &mut crew, |number| number).unwrap();
            assert_eq!(crew.done, 127);
        }
    }

    #[test]
    fn an_error_ends_the_work() {
        let mut crew = Halving {
            open: vec![1 << 20],
            done: 0,
            refuse: Some(9),
        };
        let error = run(2, &mut crew, |number| number).unwrap_err();
        assert_eq!((error.to_string().as_str(), crew.done), ("refused", 9));
    }
}
