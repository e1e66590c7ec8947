//! The embedded service from outside: requests by hand over real connections on loopback.

#[cfg(test)]
mod call;
#[cfg(test)]
mod faults;
mod gateway;
#[cfg(test)]
mod lists;
mod service;
mod story;
