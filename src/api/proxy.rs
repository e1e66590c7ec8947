//! Proxies from the environment variables that curl reads.

use hyper_util::client::proxy::matcher::Matcher;
use percent_encoding::percent_decode_str;
use reqwest::{NoProxy, Proxy};
use url::Url;

use super::error::{Cause, Error, Unreachable};
use crate::domain::endpoint::Endpoint;
use crate::util::environment::Environment;
use crate::util::redact::Secrets;

/// Addresses that no proxy is used for.
const LOOPBACK: &str = "127.0.0.0/8,::1,localhost";

const HTTP: [&str; 4] = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];
const HTTPS: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

type ProxyOf = fn(Url) -> reqwest::Result<Proxy>;

/// A proxy for display, without user and password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProxyInUse {
    pub variable: &'static str,
    pub host: String,
    pub port: u16,
}

/// All proxies, for the HTTP client.
pub(super) fn from_environment(environment: &Environment) -> Result<Vec<Proxy>, Error> {
    let not = NoProxy::from_string(&exceptions(environment));
    let kinds: [(ProxyOf, _); 2] = [(Proxy::http, HTTP), (Proxy::https, HTTPS)];
    let mut proxies = Vec::new();
    for (proxy_of, names) in kinds {
        let Some((name, value)) = first(environment, names) else { continue };
        // The value and the parser's error may contain a password.
        let unusable = || {
            let message = format!("{name} is no proxy that can be used: give http://HOST:PORT");
            Error::local(Cause::Unreachable(Unreachable::Connect), message)
        };
        let url = if value.contains("://") { value } else { format!("http://{value}") };
        let url = Url::parse(&url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let proxy = proxy_of(url.ok_or_else(unusable)?).map_err(|_unshown| unusable())?;
        proxies.push(proxy.no_proxy(not.clone()));
    }
    Ok(proxies)
}

/// The proxies' passwords, alone and with the user, as in the `proxy-authorization` header.
pub(super) fn passwords(environment: &Environment) -> Secrets {
    let mut secrets = Secrets::default();
    for value in HTTP.iter().chain(&HTTPS).filter_map(|name| environment.get(name)) {
        let Some((login, _host)) = value.rsplit_once('@') else { continue };
        let login = login.rsplit_once("://").map_or(login, |(_scheme, login)| login);
        for login in [login.into(), percent_decode_str(login).decode_utf8_lossy()] {
            secrets.hide(&login);
            secrets.hide(login.split_once(':').map_or("", |(_user, password)| password));
        }
    }
    secrets.index()
}

/// The proxy for an endpoint, chosen as the HTTP client does.
///
/// # Errors
/// A variable's value is unusable, which fails every request.
pub(crate) fn in_use(
    environment: &Environment,
    endpoint: &Endpoint,
) -> Result<Option<ProxyInUse>, Error> {
    if endpoint.is_loopback() {
        return Ok(None);
    }
    from_environment(environment)?;
    let names = if endpoint.as_str().starts_with("https:") { HTTPS } else { HTTP };
    let Some((variable, value)) = first(environment, names) else { return Ok(None) };
    let matcher = Matcher::builder().all(value).no(exceptions(environment)).build();
    let uri: Option<hyper::Uri> = endpoint.as_str().parse().ok();
    let proxy = uri.and_then(|uri| matcher.intercept(&uri));
    Ok(proxy.map(|proxy| {
        let uri = proxy.uri();
        let usual = if uri.scheme_str() == Some("https") { 443 } else { 80 };
        let host = uri.host().unwrap_or_default().to_owned();
        ProxyInUse { variable, host, port: uri.port_u16().unwrap_or(usual) }
    }))
}

fn exceptions(environment: &Environment) -> String {
    let not = ["NO_PROXY", "no_proxy"].iter().find_map(|name| environment.get(name));
    format!("{},{LOOPBACK}", not.unwrap_or_default())
}

fn first(environment: &Environment, names: [&'static str; 4]) -> Option<(&'static str, String)> {
    names.into_iter().find_map(|name| Some((name, environment.get(name)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: (&str, &str) = ("", "");

    #[rstest::rstest]
    #[case::none("https://a.example", [NONE, NONE], None)]
    #[case::of_https("https://a.example", [("https_proxy", "http://u:hunter2@p.example:3128"), NONE], Some(("https_proxy", "p.example:3128")))]
    #[case::without_scheme("https://a.example", [("ALL_PROXY", "p.example"), NONE], Some(("ALL_PROXY", "p.example:80")))]
    #[case::of_the_other_scheme("https://a.example", [("HTTP_PROXY", "http://p.example"), NONE], None)]
    #[case::excepted("https://a.example", [("HTTPS_PROXY", "http://p.example"), ("NO_PROXY", ".example")], None)]
    #[case::loopback_by_name("https://a.localhost", [("HTTPS_PROXY", "http://p.example"), NONE], None)]
    #[case::loopback("http://127.0.0.1:1", [("HTTP_PROXY", "http://p.example"), NONE], None)]
    fn the_proxy_in_use(
        #[case] url: &str,
        #[case] variables: [(&str, &str); 2],
        #[case] expected: Option<(&str, &str)>,
    ) {
        let endpoint = Endpoint::of_url(url, true).unwrap();
        let proxy = in_use(&Environment::of(variables), &endpoint).unwrap();
        let shown = proxy.map(|it| (it.variable, format!("{}:{}", it.host, it.port)));
        assert_eq!(shown, expected.map(|(variable, host)| (variable, host.to_owned())));
    }

    #[test]
    fn the_error_for_an_unusable_proxy_does_not_quote_it() {
        let environment = Environment::of([("HTTPS_PROXY", "socks9://u:hunter2@p.example")]);
        let endpoint = Endpoint::of_url("https://a.example", false).unwrap();
        let error = in_use(&environment, &endpoint).unwrap_err().to_string();
        assert!(error.contains("HTTPS_PROXY") && !error.contains("hunter2"), "{error}");
    }

    proptest::proptest! {
        /// Everything before an @ may be a password.
        #[test]
        fn no_value_panics_or_shows_its_password(
            start in "(https?|socks5h?|ftp|)(://|:|/|)",
            host in "(\\[::1\\]|[a-z.]{0,9}|\\PC{0,9})(:[0-9]{0,6}|)",
            rest in "(/|\\?|#|)\\PC{0,9}",
            not in "(\\*|[a-z.,/0-9]{0,12}|\\PC{0,12})",
        ) {
            let value = format!("{start}user:hunter2@{}{}", host.replace('@', ""), rest.replace('@', ""));
            let environment = Environment::of([("HTTPS_PROXY", value.as_str()), ("NO_PROXY", not.as_str())]);
            let endpoint = Endpoint::of_url("https://a.example", false).unwrap();
            let shown = format!("{:?}", in_use(&environment, &endpoint));
            proptest::prop_assert!(!shown.contains("hunter2"), "{value}: {shown}");
        }
    }
}
