//! The host of the service: a region's public endpoint, or a URL from the user.

use std::fmt;
use std::sync::Arc;

use url::{Host, Url};

use crate::util::quote::quoted_or;

/// The base of every request: scheme, host and, when it is not the scheme's own, port.
///
/// Kept parsed, because every request starts from it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Endpoint(Arc<Url>);

/// Why a region or URL cannot be used as an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEndpoint {
    /// Not a region's name.
    #[error("{} is not a region: a region looks like cn-hangzhou", quoted_or(.0, "this"))]
    Region(String),
    /// Not a URL with a host.
    #[error(
        "{} is not an endpoint: give https://HOST, for instance https://ververica-vpc.cn-hangzhou.aliyuncs.com",
        quoted_or(.0, "this")
    )]
    Url(String),
    /// A URL that carries more than a host.
    #[error("the endpoint {0:?} must be only scheme, host and port, without user, path or query")]
    TooMuch(String),
    /// `http` to another machine.
    #[error(
        "plain http to {0} is refused: the request and its answer could be read on the way; use https, or --allow-http if that is what you want"
    )]
    PlainHttp(String),
}

impl Endpoint {
    /// The public endpoint of a region.
    ///
    /// Every known region follows the vendor SDK's template, so the template is the table; a test
    /// holds it against the published list.
    pub fn of_region(region: &str) -> Result<Self, InvalidEndpoint> {
        let label = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if region.is_empty() || region.len() > 50 || !region.chars().all(label) {
            return Err(InvalidEndpoint::Region(region.to_owned()));
        }
        let url = Url::parse(&format!("https://ververica.{region}.aliyuncs.com"));
        let url = url.map_err(|_parse_error| InvalidEndpoint::Region(region.to_owned()))?;
        Ok(Self(url.into()))
    }

    /// An endpoint given as a URL; a bare host means `https`.
    ///
    /// Plain `http` is accepted only for loopback, or with `allow_http`.
    pub fn of_url(text: &str, allow_http: bool) -> Result<Self, InvalidEndpoint> {
        // Text before an @ may be a password, which an error must not quote.
        let bad = || InvalidEndpoint::Url(text.rsplit('@').next().unwrap_or_default().to_owned());
        let full = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        let url = Url::parse(&full).map_err(|_parse_error| bad())?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(bad());
        }
        let bare = url.username().is_empty()
            && url.password().is_none()
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none();
        if !bare {
            // A password with a slash in it: what parses as the host may be a part of it.
            let host = url.host_str().unwrap_or_default();
            if text.rsplit_once('@').is_some_and(|(_, rest)| !rest.starts_with(host)) {
                return Err(bad());
            }
            return Err(InvalidEndpoint::TooMuch(host.to_owned()));
        }
        if url.scheme() == "http" && !allow_http && !is_loopback(&url) {
            return Err(InvalidEndpoint::PlainHttp(url.host_str().unwrap_or_default().to_owned()));
        }
        let origin = Url::parse(&url.origin().ascii_serialization()).map_err(|_no_url| bad())?;
        Ok(Self(origin.into()))
    }

    /// The base URL, without a trailing slash.
    pub fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    /// The URL of a path and a query there, both already encoded.
    pub fn url(&self, path: &str, query: Option<&str>) -> Url {
        let mut url = Url::clone(&self.0);
        url.set_path(path);
        url.set_query(query);
        url
    }

    /// The value of the header `host`, as it is signed and sent.
    pub fn host(&self) -> &str {
        let text = self.as_str();
        text.split_once("://").map_or(text, |(_, host)| host)
    }

    /// Whether it is on this machine: then no proxy is used.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.0)
    }

    /// The text in the form: the region if it is a public endpoint, else the URL.
    pub fn form_text(&self) -> &str {
        match self.region() {
            Some(region) if self.host().starts_with("ververica.") => region,
            _ => self.as_str(),
        }
    }

    /// The region named by the host, if it is one of the service's own (public or VPC).
    pub fn region(&self) -> Option<&str> {
        let host = self.host().strip_suffix(".aliyuncs.com")?;
        host.strip_prefix("ververica.").or_else(|| host.strip_prefix("ververica-vpc."))
    }
}

/// Shows the region of a public endpoint, else the host.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.region() {
            Some(region) if self.host().starts_with("ververica.") => f.write_str(region),
            _ => f.write_str(self.host()),
        }
    }
}

/// Whether a URL leads to this machine only.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_published_region_follows_the_template() {
        let published: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(include_str!("../../tests/data/endpoints.json")).unwrap();
        assert!(published.len() > 10);
        for (region, entry) in &published {
            let endpoint = Endpoint::of_region(region).unwrap();
            assert_eq!(endpoint.host(), entry["public"].as_str().unwrap());
            assert_eq!(endpoint.region(), Some(region.as_str()));
        }
    }

    #[rstest::rstest]
    #[case("http://127.0.0.1:18080", "127.0.0.1:18080")]
    #[case("http://localhost:1/", "localhost:1")]
    #[case("http://[::1]:8080", "[::1]:8080")]
    #[case(
        "https://Ververica-VPC.cn-hangzhou.aliyuncs.com:443",
        "ververica-vpc.cn-hangzhou.aliyuncs.com"
    )]
    #[case("ververica.cn-beijing.aliyuncs.com", "ververica.cn-beijing.aliyuncs.com")]
    fn a_url_becomes_the_host_on_the_wire(#[case] url: &str, #[case] host: &str) {
        assert_eq!(Endpoint::of_url(url, false).unwrap().host(), host);
    }

    #[rstest::rstest]
    #[case("http://example.com", "plain http")]
    #[case("http://127.0.0.1.example.com", "plain http")]
    #[case("https://user:hunter2@example.com", "without user")]
    #[case("hunter2//x@example.com/..", "not an endpoint")]
    #[case("https://hunter2/x@example.com", "not an endpoint")]
    #[case("https://example.com/api", "without user")]
    #[case("https://example.com/?a=b", "without user")]
    #[case("ftp://example.com", "not an endpoint")]
    #[case("ftp://user:hunter2@example.com", "not an endpoint")]
    #[case("https://", "not an endpoint")]
    fn what_cannot_be_an_endpoint_says_why(#[case] url: &str, #[case] why: &str) {
        let error = Endpoint::of_url(url, false).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
        assert!(!error.contains("hunter2"));
    }

    #[test]
    fn plain_http_is_for_whoever_allows_it() {
        assert!(Endpoint::of_url("http://example.com", true).is_ok());
    }

    #[rstest::rstest]
    #[case("")]
    #[case("cn-hangzhou.evil.example/")]
    #[case("CN")]
    fn a_region_is_a_label(#[case] region: &str) {
        assert!(Endpoint::of_region(region).is_err());
    }

    #[test]
    fn a_vpc_host_is_shown_whole_because_it_is_not_the_region_s_public_one() {
        let vpc = Endpoint::of_url("ververica-vpc.cn-hangzhou.aliyuncs.com", false).unwrap();
        assert_eq!(vpc.to_string(), "ververica-vpc.cn-hangzhou.aliyuncs.com");
        assert_eq!(vpc.region(), Some("cn-hangzhou"));
    }
}
