//! When to look more closely: while more sessions are active than usual, or any wait for locks.
//!
//! Sans-I/O. What is usual is a slow average, which a spike itself moves little.

use std::time::Duration;

/// Fewer active sessions than this are no spike, whatever is usual.
const ACTIVE_LEAST: f64 = 4.0;
/// So many times the usual is one.
const FACTOR: f64 = 2.0;
/// Over how long usual is averaged, and how much longer while it is not.
const MEMORY: Duration = Duration::from_secs(300);
const MEMORY_IN_SPIKE: Duration = Duration::from_secs(3_600);
/// How long a closer look goes on after the last reason for it.
const LINGER: Duration = Duration::from_secs(10);

/// Watches the number of active sessions.
#[derive(Clone, Copy, Debug, Default)]
pub struct Alarm {
    usual: Option<f64>,
    /// How much of the last alarm is left.
    left: Duration,
}

// === impl Alarm ===

impl Alarm {
    /// Takes a sample that stands for that time; tells whether to look more closely.
    pub fn see(&mut self, active: u32, waiting: u32, weight: Duration) -> bool {
        let active = f64::from(active);
        let usual = *self.usual.get_or_insert(active);
        let is_high = active >= ACTIVE_LEAST && active > usual * FACTOR;
        let memory = if is_high { MEMORY_IN_SPIKE } else { MEMORY };
        let share = (weight.as_secs_f64() / memory.as_secs_f64()).min(1.0);
        self.usual = Some(usual + (active - usual) * share);
        self.left = if is_high || waiting > 0 {
            LINGER
        } else {
            self.left.saturating_sub(weight)
        };
        !self.left.is_zero()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn more_than_usual_is_looked_at_closely_for_as_long_as_it_lasts() {
        let mut alarm = Alarm::default();
        for _ in 0..600 {
            assert!(!alarm.see(3, 0, SECOND));
        }
        for _ in 0..600 {
            assert!(
                alarm.see(20, 0, SECOND),
                "a spike does not become usual within minutes"
            );
        }
        let calm = (0..60).filter(|_| alarm.see(3, 0, SECOND)).count();
        assert_eq!(calm, 9, "it lingers");
    }

    #[test]
    fn a_wait_for_a_lock_is_a_reason_and_a_busy_server_is_none() {
        let mut alarm = Alarm::default();
        assert!(alarm.see(1, 1, SECOND));
        let mut busy = Alarm::default();
        for _ in 0..100 {
            assert!(!busy.see(60, 0, SECOND));
        }
        assert!(!Alarm::default().see(3, 0, SECOND));
    }
}
