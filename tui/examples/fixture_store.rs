//! A stand-in for the store with a made-up lock pile-up, to see the console without any agent:
//!
//! ```sh
//! cargo run -p tui --example fixture_store 17999 &
//! cargo run -p tui -- --url http://127.0.0.1:17999
//! ```

#[path = "../tests/support/fixture.rs"]
mod fixture;
#[path = "../tests/support/server.rs"]
mod server;

use std::net::TcpListener;

fn main() -> anyhow::Result<()> {
    let port: u16 = std::env::args().nth(1).map_or(Ok(0), |port| port.parse())?;
    let url = server::start(TcpListener::bind(("127.0.0.1", port))?, server::Mood::Good);
    println!("{url}");
    loop {
        std::thread::park();
    }
}
