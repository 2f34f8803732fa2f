//! How much a token may send: buckets that fill with time and are emptied by what is taken.
//!
//! A batch is taken whole if its bucket holds anything, so that no batch is too large to pass, and what it
//! took beyond that has to be waited for. Sans-I/O; the clock comes in with each call.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use daemon::clock::Monotonic;

use crate::limits;

/// What each token may send; 0 is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rates {
    pub(crate) records_per_s: u64,
    pub(crate) bytes_per_s: u64,
    pub(crate) connections: u64,
}

/// All tokens' accounts. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Accounts {
    rates: Rates,
    by_token: Arc<Mutex<HashMap<String, Account>>>,
}

#[derive(Clone, Copy, Debug)]
struct Account {
    records: Bucket,
    bytes: Bucket,
    /// Batches that are under way: a connection carries one at a time.
    under_way: u64,
    used_at: Monotonic,
}

/// An amount that grows to what a second brings, and may be below zero.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    level: f64,
    at: Monotonic,
}

/// A batch that may be taken; it counts as under way until this is dropped.
#[derive(Debug)]
pub(crate) struct Admission {
    accounts: Accounts,
    token: String,
}

/// Why a batch may not be taken now, and when to ask again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Excess {
    pub(crate) what: &'static str,
    pub(crate) allowed: u64,
    pub(crate) retry_after: Duration,
}

// === impl Accounts ===

impl Accounts {
    pub(crate) fn new(rates: Rates) -> Self {
        Self {
            rates,
            by_token: Arc::default(),
        }
    }

    /// Whether a token may send a batch now.
    pub(crate) fn admit(&self, token: &str, now: Monotonic) -> Result<Admission, Excess> {
        let rates = self.rates;
        let mut accounts = self.lock();
        if accounts.len() >= limits::TOKENS_MAX && !accounts.contains_key(token) {
            forget_idle(&mut accounts, now);
        }
        let account = accounts
            .entry(token.to_owned())
            .or_insert_with(|| Account::new(rates, now));
        account.used_at = now;
        if rates.connections > 0 && account.under_way >= rates.connections {
            return Err(Excess {
                what: "batches at once",
                allowed: rates.connections,
                retry_after: Duration::from_secs(1),
            });
        }
        for (bucket, rate, what) in [
            (
                &mut account.records,
                rates.records_per_s,
                "records a second",
            ),
            (&mut account.bytes, rates.bytes_per_s, "bytes a second"),
        ] {
            if let Some(retry_after) = bucket.wait(rate, now) {
                return Err(Excess {
                    what,
                    allowed: rate,
                    retry_after,
                });
            }
        }
        account.under_way += 1;
        drop(accounts);
        Ok(Admission {
            accounts: self.clone(),
            token: token.to_owned(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Account>> {
        // Numbers alone: a panic elsewhere leaves them as good as before.
        self.by_token.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Accounts that have been full for long are as good as new ones.
fn forget_idle(accounts: &mut HashMap<String, Account>, now: Monotonic) {
    accounts.retain(|_, account| {
        account.under_way > 0 || now - account.used_at < Duration::from_secs(60)
    });
}

// === impl Admission ===

impl Admission {
    /// Takes what the batch turned out to hold.
    pub(crate) fn take(&self, records: u64, bytes: u64) {
        if let Some(account) = self.accounts.lock().get_mut(&self.token) {
            account.records.take(records);
            account.bytes.take(bytes);
        }
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        if let Some(account) = self.accounts.lock().get_mut(&self.token) {
            account.under_way = account.under_way.saturating_sub(1);
        }
    }
}

// === impl Account ===

impl Account {
    fn new(rates: Rates, now: Monotonic) -> Self {
        Self {
            records: Bucket::full(rates.records_per_s, now),
            bytes: Bucket::full(rates.bytes_per_s, now),
            under_way: 0,
            used_at: now,
        }
    }
}

// === impl Bucket ===

impl Bucket {
    /// A bucket that holds what a second brings.
    pub(crate) fn full(rate: u64, now: Monotonic) -> Self {
        Self {
            level: rate as f64,
            at: now,
        }
    }

    pub(crate) fn take(&mut self, amount: u64) {
        self.level -= amount as f64;
    }

    /// How long to wait until it holds something; none if it does, or if there is no limit.
    pub(crate) fn wait(&mut self, rate: u64, now: Monotonic) -> Option<Duration> {
        if rate == 0 {
            return None;
        }
        let rate = rate as f64;
        let grown = (now - self.at).as_secs_f64() * rate;
        self.level = (self.level + grown).min(rate);
        self.at = now;
        (self.level <= 0.0).then(|| Duration::from_secs_f64((1.0 - self.level) / rate))
    }
}

#[cfg(test)]
mod tests;
