//! The program: for now, only `savepeek demo --serve [--listen ADDRESS]`.

use std::io;
use std::net::SocketAddr;

use clap::Parser;

/// Inspects savepoints.
#[derive(Parser)]
enum Command {
    /// The embedded service.
    Demo {
        /// Only serve.
        #[arg(long, required = true)]
        serve: bool,
        /// Where to listen.
        #[arg(long, default_value = "127.0.0.1:0")]
        listen: SocketAddr,
    },
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let Command::Demo { listen, .. } = Command::parse();
    savepeek::demo::serve(listen, &mut io::stdout()).await
}
