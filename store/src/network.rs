//! Networks in CIDR notation, and whether an address is in one.

use std::fmt::{self, Display};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use thiserror::Error;

/// The addresses that share the first bits of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Network {
    address: IpAddr,
    prefix_bits: u32,
}

/// What is no network.
#[derive(Debug, PartialEq, Eq, Error)]
#[error(
    "an address or a network such as 10.0.0.0/8 or 2001:db8::/32 is allowed, with no bits behind its prefix, got {given:?}"
)]
pub(crate) struct NetworkError {
    given: String,
}

// === impl Network ===

impl Network {
    /// An IPv4 address that comes in an IPv6 one, as on a socket for both, is that IPv4 address.
    pub(crate) fn contains(self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(given)) => {
                let bits = self.prefix_bits;
                masked_v4(own, bits) == masked_v4(given, bits)
            }
            (IpAddr::V6(own), IpAddr::V6(given)) => {
                let bits = self.prefix_bits;
                masked_v6(own, bits) == masked_v6(given, bits)
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let refuse = || NetworkError {
            given: text.chars().take(80).collect(),
        };
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| refuse())?;
        let bits_max = if address.is_ipv4() { 32 } else { 128 };
        let prefix_bits = match prefix {
            None => bits_max,
            Some(prefix) => prefix
                .parse()
                .ok()
                .filter(|bits| *bits <= bits_max && prefix.bytes().all(|b| b.is_ascii_digit()))
                .ok_or_else(refuse)?,
        };
        // 10.1.2.3/8 is mostly a mistake for /24 or /32: what is meant can't be known.
        let is_exact = match address {
            IpAddr::V4(address) => masked_v4(address, prefix_bits) == address.to_bits(),
            IpAddr::V6(address) => masked_v6(address, prefix_bits) == address.to_bits(),
        };
        if !is_exact {
            return Err(refuse());
        }
        Ok(Self {
            address,
            prefix_bits,
        })
    }
}

impl Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix_bits)
    }
}

fn masked_v4(address: Ipv4Addr, bits: u32) -> u32 {
    address.to_bits() & u32::MAX.checked_shl(32 - bits).unwrap_or(0)
}

fn masked_v6(address: Ipv6Addr, bits: u32) -> u128 {
    address.to_bits() & u128::MAX.checked_shl(128 - bits).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(network: &str, address: &str) -> bool {
        let network: Network = network.parse().unwrap();
        network.contains(address.parse().unwrap())
    }

    #[test]
    fn an_address_is_in_a_network_by_its_first_bits() {
        assert!(contains("10.0.0.0/8", "10.255.0.1"));
        assert!(!contains("10.0.0.0/8", "11.0.0.1"));
        assert!(contains("192.0.2.16/28", "192.0.2.31"));
        assert!(!contains("192.0.2.16/28", "192.0.2.32"));
        assert!(contains("0.0.0.0/0", "8.8.8.8"));
        assert!(contains("192.0.2.1", "192.0.2.1") && !contains("192.0.2.1", "192.0.2.2"));
        assert!(contains("2001:db8::/32", "2001:db8:ffff::1"));
        assert!(!contains("2001:db8::/32", "2001:db9::"));
        assert!(contains("::/0", "::1") && !contains("::/0", "192.0.2.1"));
    }

    #[test]
    fn an_ipv4_address_that_comes_mapped_is_itself() {
        assert!(contains("192.0.2.0/24", "::ffff:192.0.2.7"));
        assert!(!contains("::/0", "::ffff:192.0.2.7"));
    }

    #[test]
    fn what_is_no_network_is_refused_with_what_is_allowed() {
        for bad in [
            "",
            "/8",
            "10.0.0.0/33",
            "10.0.0.1/8",
            "10.0.0.0/+8",
            "10.0.0.0/",
            "::/129",
            "localhost",
            "10.0.0.0/8/8",
        ] {
            let told = bad.parse::<Network>().unwrap_err().to_string();
            assert!(told.contains("10.0.0.0/8") && told.contains(bad), "{told}");
        }
    }
}
