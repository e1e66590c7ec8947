//! The endpoint, and the network between: proxy, name resolution, connection, TLS, a response.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use jiff::SignedDuration;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use url::{Host, Url};

use super::permission::Sourced;
use super::{Blame, Case, DoctorClient, Finding, Section, timeout_message};
use crate::api::{Cause, Error, Resolver, Unreachable, first_non_loopback, proxy};
use crate::commands::exit::FetchOutcome;
use crate::domain::endpoint::Endpoint;
use crate::util::text;

const SECTION: Section = Section::Service;

/// The outcome of a service that cannot be reached.
const NO_ANSWER: Blame = Blame::Request(FetchOutcome::NoAnswer);

/// How many addresses of a name are printed.
const MAX_ADDRESSES: usize = 4;

pub(super) struct Route {
    pub findings: Vec<Finding>,
    /// Whether the service answers.
    pub answers: bool,
    /// How far the service's clock is ahead of this machine's.
    pub clock_ahead: Option<SignedDuration>,
}

/// Runs the checks in order, and skips the rest after the first failure.
pub(super) async fn check(
    case: &Case,
    endpoint: Option<Sourced<Endpoint>>,
    client: &DoctorClient,
    limit: Duration,
) -> Route {
    let mut route = Route { findings: Vec::new(), answers: false, clock_ahead: None };
    let steps = ["proxy", "resolution", "connection", "tls", "round-trip"];
    let Some(Sourced { value: endpoint, from }) = endpoint else {
        route.findings.push(missing(case.no_region.as_deref()));
        route.skip(&steps, "no endpoint");
        return route;
    };
    route.findings.push(endpoint_finding(&endpoint, &from));
    let hop = match hop(case, &endpoint) {
        Ok((finding, hop)) => {
            route.findings.push(finding);
            hop
        }
        Err(finding) => {
            route.findings.push(finding);
            route.skip(&steps[1..], "no usable proxy");
            return route;
        }
    };
    let addresses = match resolve(&hop, limit).await {
        Ok((finding, addresses)) => {
            route.findings.push(finding);
            addresses
        }
        Err(finding) => {
            route.findings.push(finding);
            route.skip(&steps[2..], "no address");
            return route;
        }
    };
    let connection = connect(&addresses, limit).await;
    let connected = connection.advice.is_none();
    route.findings.push(connection);
    if !connected {
        route.skip(&steps[3..], "no connection");
        return route;
    }
    route.probe(&endpoint, client).await;
    route
}

impl Route {
    fn skip(&mut self, steps: &[&'static str], why: &str) {
        self.findings.extend(steps.iter().map(|step| SECTION.skipped(step, why)));
    }

    /// Sends an unsigned request: any response will do.
    async fn probe(&mut self, endpoint: &Endpoint, client: &DoctorClient) {
        let plain = match (endpoint.as_str().starts_with("http:"), endpoint.is_loopback()) {
            (true, true) => Some(SECTION.ok("tls", "none, loopback")),
            (true, false) => {
                let advice = "use https: request and answer can be read on the way";
                Some(SECTION.warn("tls", "none, plain http to another machine", advice))
            }
            (false, _) => None,
        };
        let encrypted = plain.is_none();
        self.findings.extend(plain);
        match client.client.probe(endpoint).await {
            Ok(probe) => {
                if encrypted {
                    self.findings.push(SECTION.ok("tls", "up, the certificate is trusted"));
                }
                let took = text::duration(probe.round_trip);
                let words = format!("{took}, HTTP {} to an unsigned request", probe.status);
                self.findings.push(SECTION.ok("round-trip", words));
                (self.answers, self.clock_ahead) = (true, probe.ahead);
            }
            Err(error) if error.cause == Cause::Unreachable(Unreachable::Tls) => {
                let (words, advice) = certificate(&error);
                self.findings.push(SECTION.failed("tls", NO_ANSWER, words, advice));
                self.skip(&["round-trip"], "no TLS");
            }
            Err(error) => {
                if encrypted {
                    self.findings.push(SECTION.skipped("tls", "no answer"));
                }
                self.findings.push(SECTION.error("round-trip", &error));
            }
        }
    }
}

fn missing(no_region: Option<&str>) -> Finding {
    let words = match no_region {
        Some(why) => format!("none given, and the profile names no region: {why}"),
        None => "none given".to_owned(),
    };
    let advice = "give --region or --endpoint, or set ALIBABA_CLOUD_REGION_ID or SAVEPEEK_ENDPOINT";
    SECTION.failed("endpoint", Blame::Usage, words, advice)
}

fn endpoint_finding(endpoint: &Endpoint, from: &str) -> Finding {
    SECTION.ok("endpoint", format!("{} (from {from})", endpoint.as_str()))
}

/// The host that connections are made to: the service's, or the proxy's.
struct Hop {
    host: String,
    port: u16,
    prefix: &'static str,
    /// Whether the client accepts only loopback addresses, as it does for plain http without a proxy.
    this_machine_only: bool,
}

fn hop(case: &Case, endpoint: &Endpoint) -> Result<(Finding, Hop), Finding> {
    match proxy::in_use(&case.environment, endpoint) {
        Err(error) => Err(SECTION.error("proxy", &error)),
        Ok(Some(proxy)) => {
            let (host, port) = (proxy.host.clone(), proxy.port);
            let words = format!("{host}:{port} (from {})", proxy.variable);
            Ok((
                SECTION.ok("proxy", words),
                Hop { host, port, prefix: "the proxy ", this_machine_only: false },
            ))
        }
        Ok(None) => {
            let url = Url::parse(endpoint.as_str()).ok();
            let host = url.as_ref().and_then(Url::host).map(|host| match host {
                Host::Domain(name) => name.to_owned(),
                Host::Ipv4(ip) => ip.to_string(),
                Host::Ipv6(ip) => ip.to_string(),
            });
            let port = url.as_ref().and_then(Url::port_or_known_default).unwrap_or(443);
            let host = host.unwrap_or_default();
            let words = if endpoint.is_loopback() { "none, loopback" } else { "none" };
            let this_machine_only =
                endpoint.is_loopback() && endpoint.as_str().starts_with("http:");
            Ok((SECTION.ok("proxy", words), Hop { host, port, prefix: "", this_machine_only }))
        }
    }
}

async fn resolve(hop: &Hop, limit: Duration) -> Result<(Finding, Vec<SocketAddr>), Finding> {
    let Hop { host, port, prefix, this_machine_only } = hop;
    if let Ok(ip) = host.trim_matches(['[', ']']).parse::<IpAddr>() {
        let finding = SECTION.ok("resolution", format!("not needed: {prefix}{ip} is an address"));
        return Ok((finding, vec![SocketAddr::new(ip, *port)]));
    }
    let failed = |why: String| {
        let advice = "check the region or --endpoint, and this machine's DNS";
        let words = format!("{prefix}{host}: {why}");
        Err(SECTION.failed("resolution", NO_ANSWER, words, advice))
    };
    let mut found = match Resolver::system().look_up(host, limit).await {
        Ok(found) => found,
        Err(error) => return failed(error.to_string()),
    };
    for address in &mut found {
        address.set_port(*port);
    }
    if found.is_empty() {
        return failed("the name has no address".to_owned());
    }
    let shown: Vec<String> =
        found.iter().take(MAX_ADDRESSES).map(|address| address.ip().to_string()).collect();
    let more = match found.len().saturating_sub(MAX_ADDRESSES) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let words = format!("{prefix}{host} is {}{more}", shown.join(", "));
    if *this_machine_only && first_non_loopback(&found).is_some() {
        let advice = "use https, or check this machine's hosts file and DNS: plain http is only for this machine";
        return Err(SECTION.failed("resolution", NO_ANSWER, words, advice));
    }
    Ok((SECTION.ok("resolution", words), found))
}

/// Tries one address after the other, as the client does.
async fn connect(addresses: &[SocketAddr], limit: Duration) -> Finding {
    let started = Instant::now();
    let all = async {
        let mut problem = String::new();
        for address in addresses {
            match TcpStream::connect(address).await {
                Ok(_connection) => {
                    let took = text::duration(started.elapsed());
                    return Ok(SECTION.ok("connection", format!("{address} in {took}")));
                }
                Err(error) => problem = format!("{address}: {error}"),
            }
        }
        Err(problem)
    };
    let connected =
        timeout(limit, all).await.unwrap_or_else(|_elapsed| Err(timeout_message(limit)));
    connected.unwrap_or_else(|problem| {
        let advice = "check the endpoint, the network, its firewall and the proxy";
        SECTION.failed("connection", NO_ANSWER, problem, advice)
    })
}

/// Returns a failed handshake in plain words, and advice.
fn certificate(error: &Error) -> (String, &'static str) {
    let message = error.message.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| message.contains(word));
    let (meaning, advice) = if has(&["unknownissuer", "unknown issuer"]) {
        (
            "this machine does not know who issued the certificate",
            "install the issuer's certificate (ca-certificates; SSL_CERT_FILE): is it a proxy that reads along?",
        )
    } else if has(&["expired", "not valid yet", "notvalidyet"]) {
        ("the certificate is not valid at this time", "check this machine's clock, then the host")
    } else if has(&["not valid for name", "notvalidforname"]) {
        ("the certificate is for another name", "check the region or --endpoint, and the proxy")
    } else if has(&["invalidcontenttype", "corrupt message"]) {
        ("what answers there speaks no TLS", "check scheme and port of --endpoint, and the proxy")
    } else {
        ("the handshake failed", "check the endpoint, the proxy and this machine's certificates")
    };
    (format!("{meaning} ({})", error.message), advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("h: invalid peer certificate: UnknownIssuer", "does not know who issued")]
    #[case("h: invalid peer certificate: certificate expired: ...", "not valid at this time")]
    #[case("h: invalid peer certificate: certificate not valid for name \"h\"", "for another name")]
    #[case("h: received corrupt message of type InvalidContentType", "speaks no TLS")]
    #[case("h: something new", "the handshake failed (h: something new)")]
    fn certificate_errors_are_explained(#[case] message: &str, #[case] words: &str) {
        let error = Error::local(Cause::Unreachable(Unreachable::Tls), message);
        assert!(certificate(&error).0.contains(words));
    }
}
