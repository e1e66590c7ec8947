//! TLS to a server on loopback: certificates that are trusted, and some that are not.

use std::io::{BufRead as _, BufReader, Error, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::support::canned::{Service, example};
use crate::{Findings, doctor};

/// A self-signed certificate with its key, valid until 2120 except for `expired`. `here` and
/// `expired` are for 127.0.0.1, `elsewhere` is for another name.
fn pem(name: &str) -> PathBuf {
    PathBuf::from(format!("tests/data/tls/{name}.pem")).canonicalize().unwrap()
}

/// A service with this certificate.
fn service(certificate: &str) -> Service {
    let pem = pem(certificate);
    let chain = vec![CertificateDer::from_pem_file(&pem).unwrap()];
    let key = PrivateKeyDer::from_pem_file(&pem).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let config = Arc::new(config.with_single_cert(chain, key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let config = Arc::clone(&config);
            std::thread::spawn(move || drop(answer(stream, config)));
        }
    });
    Service { url: format!("https://127.0.0.1:{port}"), ..Service::without_listener(port) }
}

fn answer(stream: TcpStream, config: Arc<ServerConfig>) -> Result<(), Error> {
    let connection = ServerConnection::new(config).map_err(Error::other)?;
    let mut tls = StreamOwned::new(connection, stream);
    for line in BufReader::new(&mut tls).lines() {
        if line?.is_empty() {
            break;
        }
    }
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
    let body = example("good");
    write!(tls, "{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len())?;
    tls.conn.send_close_notify();
    tls.flush()
}

#[rstest::rstest]
#[case::trusted("here", "here", "ok", "up, the certificate is trusted", "")]
#[case::not_trusted("here", "elsewhere", "FAILED", "does not know who issued", "ca-certificates")]
#[case::of_another_name("elsewhere", "elsewhere", "FAILED", "is for another name", "--endpoint")]
#[case::expired("expired", "expired", "FAILED", "is not valid at this time", "clock")]
fn a_certificate_is_accepted_or_the_reason_named(
    #[case] shown: &str,
    #[case] trusted: &str,
    #[case] verdict: &str,
    #[case] says: &str,
    #[case] advice: &str,
) {
    let mut command = doctor(&service(shown), &["good"]);
    command.env("SSL_CERT_FILE", pem(trusted));
    let seen = Findings::of(command);
    let (found, words) = seen.of_kind("tls");
    assert_eq!(found, verdict, "{words}");
    assert!(words.contains(says), "{words}");
    let others = if verdict == "ok" { (0, "ok") } else { (5, "skipped") };
    assert_eq!((seen.code, seen.of_kind("round-trip").0), others);
    assert_eq!((seen.of_kind("connection").0, seen.of_kind("request").0), ("ok", others.1));
    let tls = seen.findings.iter().find(|finding| finding["kind"] == "tls").unwrap();
    let found = tls["advice"].as_str().unwrap_or_default();
    assert!(found.contains(advice) && found.is_empty() == advice.is_empty(), "{tls}");
}
