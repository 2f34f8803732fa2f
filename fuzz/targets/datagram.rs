//! Datagrams to the store: what is read is written back to the same bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::datagram::{Datagram, encode_unsigned};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(datagram) = Datagram::parse(bytes) {
        let again = encode_unsigned(datagram.token, datagram.sent_at_us, datagram.line);
        assert_eq!(again.as_deref(), Ok(datagram.signed));
        assert_eq!([datagram.signed, datagram.mac].concat(), bytes);
    }
});
