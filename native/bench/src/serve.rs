//! Answers questions while the peer in its warmed-up JVM answers the same ones.

use std::fmt::Write as _;
use std::io::{BufRead as _, Write as _};
use std::path::Path;

use crate::case::Case;
use crate::figures::{Effort, measure, timed};
use crate::matching::{Requests, Running, fresh, hosts, pass, read, set_used, take_in};
use crate::offers;
use crate::small::{allocations, small};
use crate::{Counter, Failure};

/// The columns of the answers to `run`.
const COLUMNS: &str = concat!(
    "median_ms\tp99_ms\tmin_ms\toffers_only_median_ms\titerations\tthreads",
    "\tfrom_bytes_ms\tprocessor_ms\toffers_only_processor_ms"
);

pub(crate) fn serve(effort: Effort, count: Option<Counter>) -> Result<(), Failure> {
    println!("{COLUMNS}");
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split('\t').collect();
        let answer = match words.as_slice() {
            ["run", mode, file, assignments] => {
                let constraint = *mode == "constraint";
                run(
                    &Case::read(Path::new(file))?,
                    constraint,
                    Path::new(assignments),
                    effort,
                )?
            }
            ["small", file] => small(&Case::read(Path::new(file))?, effort),
            ["allocations", file] => {
                let count = count.ok_or_else(|| Failure::Uncounted(line.clone()))?;
                allocations(&Case::read(Path::new(file))?, count)
            }
            _ => return Err(Failure::Usage(line)),
        };
        println!("{answer}");
        std::io::stdout().flush()?;
    }
    Ok(())
}

/// What Fenzo's call does: offers and tasks go to a matcher that has no offers and knows what runs on the hosts. Offers are
/// read, requests are made and what runs is told before, as for Fenzo. Besides: the same with all that.
fn run(case: &Case, constraint: bool, assignments: &Path, effort: Effort) -> Result<String, Failure> {
    let requests = Requests::of(&case.tasks, constraint);
    let running = Running::of(case);
    let offered = offers::of_case(case);
    let once = |with_tasks: bool| {
        let mut matcher = fresh();
        let mut asks = requests.asks(&mut matcher);
        asks.truncate(if with_tasks { asks.len() } else { 0 });
        let leases = read(&mut matcher, offered.clone());
        set_used(&mut matcher, &running);
        timed(|| {
            take_in(&mut matcher, leases);
            pass(&mut matcher, &asks)
        })
    };
    let with_reading = || {
        let mut matcher = fresh();
        let asks = requests.asks(&mut matcher);
        let offers = offered.clone();
        timed(|| {
            let leases = read(&mut matcher, offers);
            set_used(&mut matcher, &running);
            take_in(&mut matcher, leases);
            pass(&mut matcher, &asks)
        })
        .0
    };
    let whole = measure(effort, || once(true).0);
    let offers_only = measure(effort, || once(false).0);
    let from_bytes = measure(effort, with_reading);
    let (_, placement) = once(true);
    let mut text = String::new();
    for (task, host) in case.tasks.iter().zip(hosts(&placement, case.tasks.len())) {
        // writing to a String cannot fail
        let _ = writeln!(text, "{}\t{}", task.name, host.unwrap_or("-"));
    }
    std::fs::write(assignments, text)?;
    Ok(format!(
        "{:.4}\t{:.4}\t{:.4}\t{:.4}\t{}\t1\t{:.4}\t{:.4}\t{:.4}",
        whole.median(),
        whole.p99(),
        whole.least(),
        offers_only.median(),
        whole.count(),
        from_bytes.median(),
        whole.processor_median(),
        offers_only.processor_median()
    ))
}
