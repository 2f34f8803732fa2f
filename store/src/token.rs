//! Tokens: who may send and who may ask.
//!
//! A token is 256 random bits behind the prefix `bvt_`, so that a scanner for leaked secrets knows
//! one when it sees it. It is shown once, when it is made; kept is its SHA-256. A slow hash would
//! guard a secret that could be guessed, which this one can't.

use std::fmt::{self, Write};
use std::net::IpAddr;

use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};
use thiserror::Error;
use wire::ids::Project;

use crate::network::Network;

/// What a token begins with.
const PREFIX: &str = "bvt_";

/// How long a token's name may be: it is a column of `token list` and a field of the log.
const NAME_BYTES_MAX: usize = 64;

/// What a token allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Role {
    /// To send records.
    Ingest,
    /// To ask questions.
    Read,
}

/// A token in clear. Its `Debug` shows nothing.
pub(crate) struct Token(String);

/// What is kept of a token.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct TokenHash(pub(crate) [u8; 32]);

/// A token that was handed out.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) scope: Scope,
    pub(crate) hash: TokenHash,
}

/// What a token is good for beside its role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scope {
    /// The one project whose records it may send; none is all of them.
    pub(crate) project: Option<Project>,
    /// Where it may come from; none is everywhere.
    pub(crate) networks: Vec<Network>,
}

/// A name that no token can have.
#[derive(Debug, PartialEq, Eq, Error)]
#[error("token name: 1 to {NAME_BYTES_MAX} of [A-Za-z0-9._-] is allowed, got {given:?}")]
pub(crate) struct TokenNameError {
    given: String,
}

/// The grant whose token this is. Looks at all of them, so that the time tells nothing.
pub(crate) fn find<'a>(grants: &'a [Grant], given: &TokenHash) -> Option<&'a Grant> {
    let mut found = None;
    for grant in grants {
        if bool::from(grant.hash.ct_eq(given)) {
            found = Some(grant);
        }
    }
    found
}

/// Checks a token's name.
pub(crate) fn check_name(name: &str) -> Result<(), TokenNameError> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if (1..=NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(is_allowed) {
        return Ok(());
    }
    Err(TokenNameError {
        given: name.chars().take(80).collect(),
    })
}

// === impl Scope ===

impl Scope {
    /// Whether a client of that address may use the token.
    pub(crate) fn allows(&self, address: IpAddr) -> bool {
        let mut networks = self.networks.iter();
        self.networks.is_empty() || networks.any(|network| network.contains(address))
    }

    /// The networks as they are kept and shown.
    pub(crate) fn networks_text(&self) -> String {
        let networks: Vec<String> = self.networks.iter().map(ToString::to_string).collect();
        networks.join(" ")
    }
}

// === impl Role ===

impl Role {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Read => "read",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Ingest, Self::Read]
            .into_iter()
            .find(|role| role.as_str() == text)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

// === impl Token ===

impl Token {
    /// A new token from the system's source of randomness.
    pub(crate) fn generate() -> Self {
        // Each v4 UUID carries 122 random bits; the hash of three spreads 366 of them over 256.
        let mut hasher = Sha256::new();
        for _ in 0..3 {
            hasher.update(uuid::Uuid::new_v4().as_bytes());
        }
        Self(format!("{PREFIX}{}", hex(&hasher.finalize())))
    }

    /// The token in clear, to be shown once.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

// === impl TokenHash ===

impl TokenHash {
    /// Hashes whatever a client sent.
    pub(crate) fn of(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }
}

impl ConstantTimeEq for TokenHash {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(…)")
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a string can't fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_by_its_hash_and_by_nothing_else() {
        let token = Token::generate();
        let grant = Grant {
            name: "web1".to_owned(),
            role: Role::Ingest,
            scope: Scope::default(),
            hash: TokenHash::of(token.reveal()),
        };
        let grants = [grant];
        let found = find(&grants, &TokenHash::of(token.reveal()));
        assert_eq!(found.map(|grant| grant.name.as_str()), Some("web1"));
        for other in [
            Token::generate().reveal(),
            "",
            "bvt_",
            &token.reveal()[..67],
        ] {
            assert!(find(&grants, &TokenHash::of(other)).is_none(), "{other}");
        }
    }

    #[test]
    fn a_token_has_256_bits_and_its_debug_shows_none() {
        let token = Token::generate();
        assert_eq!(token.reveal().len(), PREFIX.len() + 64);
        assert_eq!(format!("{token:?}"), "Token(…)");
    }

    #[test]
    fn a_name_that_would_break_a_list_is_refused() {
        assert_eq!(check_name("web-1.shop_a"), Ok(()));
        for name in ["", "a b", "a\nb", "é", &"x".repeat(65)] {
            assert!(check_name(name).is_err(), "{name:?}");
        }
    }
}
