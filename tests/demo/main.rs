//! The embedded service from outside: requests by hand over real connections on loopback.

#[cfg(test)]
mod call;
#[cfg(test)]
mod faults;
mod gateway;
mod lists;
mod service;
mod story;
