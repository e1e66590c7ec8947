//! The embedded service as a client sees it: hand-made requests over connections on loopback.

mod call;
mod faults;
mod gateway;
mod lists;
mod service;
mod story;
