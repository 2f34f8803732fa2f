use super::*;

fn processes(all: &[(i32, u64, u64, u64)]) -> Processes {
    let seen = all
        .iter()
        .map(|&(pid, started_ticks, cpu_ticks, resident_bytes)| {
            let seen = Seen {
                name: format!("p{pid}"),
                user_id: 33,
                state: 'S',
                cpu_ticks,
                resident_bytes,
            };
            (Identity { pid, started_ticks }, seen)
        });
    Processes {
        seen: seen.collect(),
        all: all.len(),
    }
}

#[test]
fn the_lists_are_of_those_that_take_most() {
    let hertz = procfs::ticks_per_second();
    let before: Vec<_> = (1..=20).map(|pid| (pid, 5, 100, 1)).collect();
    let after: Vec<_> = (1..=20_i32)
        .map(|pid| {
            let more = if pid <= 15 {
                u64::from(pid.unsigned_abs()) * hertz
            } else {
                0
            };
            (pid, 5, 100 + more, 1_000 - u64::from(pid.unsigned_abs()))
        })
        .collect();
    let interval = Duration::from_secs(10);
    let (cpu, memory) = processes(&after).top(&processes(&before), interval);
    let pids = |list: &[Process]| list.iter().map(|process| process.pid).collect::<Vec<_>>();
    assert_eq!(pids(&cpu), (6..=15).rev().collect::<Vec<_>>());
    assert_eq!(pids(&memory), (1..=10).collect::<Vec<_>>());
    assert_eq!(cpu[0].cpu_percent, Some(150.0));
}

#[test]
fn a_number_that_is_used_again_is_another_process() {
    let before = processes(&[(7, 5, 9_000, 10)]);
    let after = processes(&[(7, 6, 9_500, 10), (8, 6, 10, 20)]);
    let (cpu, memory) = after.top(&before, Duration::from_secs(1));
    assert_eq!(cpu, []);
    assert!(memory.iter().all(|process| process.cpu_percent.is_none()));
}

#[test]
fn this_very_process_is_found_with_what_it_does() {
    let before = Processes::take();
    let begun = std::time::Instant::now();
    let mut sum = 0_u64;
    while begun.elapsed() < Duration::from_millis(100) {
        sum = std::hint::black_box(sum.wrapping_add(1));
    }
    let after = Processes::take();
    let pid = i32::try_from(std::process::id()).unwrap();
    let of = |processes: &Processes| {
        let ours = processes
            .seen
            .iter()
            .find(|(identity, _)| identity.pid == pid);
        ours.unwrap().1.clone()
    };
    assert!(of(&after).cpu_ticks > of(&before).cpu_ticks, "{sum}");
    assert!(of(&after).resident_bytes > 0);
}
