//! pprof's format: a gzipped protobuf message, `perftools.profiles.Profile`.
//!
//! Of protobuf it needs three things: whole numbers as varints, bytes with their length before them, and
//! messages, which are bytes again. Field numbers are those of `profile.proto`.

use std::collections::HashMap;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::Paths;

/// A message that is being written.
#[derive(Default)]
struct Message(Vec<u8>);

/// The strings, of which the first one is empty.
struct Strings {
    places: HashMap<String, u64>,
    list: Vec<String>,
}

pub fn write(paths: &Paths) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    let written = gzip.write_all(&message(paths)).and_then(|()| gzip.finish());
    written.expect("writing to memory never fails")
}

fn message(paths: &Paths) -> Vec<u8> {
    let mut strings = Strings::new();
    let mut profile = Message::default();
    let wall = value_type(&mut strings, "wall");
    profile.bytes(1, &wall);
    for (stack, time_us) in &paths.stacks {
        let mut sample = Message::default();
        // The leaf first; a location's id is its function's place and 1, since 0 is none.
        let ids: Vec<u64> = stack.iter().rev().map(|place| *place as u64 + 1).collect();
        sample.packed(1, &ids);
        sample.packed(2, &[unsigned(*time_us)]);
        profile.bytes(2, &sample.0);
    }
    for (place, name) in paths.names.iter().enumerate() {
        let id = place as u64 + 1;
        let mut line = Message::default();
        line.number(1, id);
        let mut location = Message::default();
        location.number(1, id);
        location.bytes(4, &line.0);
        profile.bytes(4, &location.0);
        let mut function = Message::default();
        function.number(1, id);
        let name = strings.place(name);
        function.number(2, name);
        function.number(3, name);
        profile.bytes(5, &function.0);
    }
    let title = strings.place(&paths.title);
    let caution = paths.caution().map(|caution| strings.place(caution));
    let period = value_type(&mut strings, "wall");
    for text in &strings.list {
        profile.bytes(6, text.as_bytes());
    }
    profile.number(10, unsigned(paths.total_us()).saturating_mul(1_000));
    profile.bytes(11, &period);
    profile.number(12, 1);
    for comment in [Some(title), caution].into_iter().flatten() {
        profile.number(13, comment);
    }
    profile.0
}

fn value_type(strings: &mut Strings, name: &str) -> Vec<u8> {
    let mut kind = Message::default();
    kind.number(1, strings.place(name));
    kind.number(2, strings.place("microseconds"));
    kind.0
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

// === impl Message ===

impl Message {
    fn varint(&mut self, mut number: u64) {
        loop {
            let low = number.to_le_bytes()[0] & 0x7f;
            number >>= 7;
            if number == 0 {
                self.0.push(low);
                return;
            }
            self.0.push(low | 0x80);
        }
    }

    fn number(&mut self, field: u64, number: u64) {
        self.varint(field << 3);
        self.varint(number);
    }

    fn bytes(&mut self, field: u64, bytes: &[u8]) {
        self.varint(field << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    fn packed(&mut self, field: u64, numbers: &[u64]) {
        let mut packed = Self::default();
        for number in numbers {
            packed.varint(*number);
        }
        self.bytes(field, &packed.0);
    }
}

// === impl Strings ===

impl Strings {
    fn new() -> Self {
        Self {
            places: HashMap::from([(String::new(), 0)]),
            list: vec![String::new()],
        }
    }

    fn place(&mut self, text: &str) -> u64 {
        if let Some(place) = self.places.get(text) {
            return *place;
        }
        let place = self.list.len() as u64;
        self.list.push(text.to_owned());
        self.places.insert(text.to_owned(), place);
        place
    }
}
