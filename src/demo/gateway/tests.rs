use secrecy::SecretString;
use serde_json::Value;

use super::*;

fn vectors() -> Vec<Value> {
    let file: Value =
        serde_json::from_str(include_str!("../../../tests/data/acs3-vectors.json")).unwrap();
    file["cases"].as_array().unwrap().clone()
}

/// A case of the vendor's vectors, as it would arrive.
fn arrived(case: &Value, profile: &Value) -> Request<Bytes> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let (path, query) = (text(&case["canonical_uri"]), text(&case["canonical_query"]));
    let uri = if query.is_empty() { path } else { format!("{path}?{query}") };
    let mut request = Request::get(uri);
    for (name, value) in profile["headers"].as_object().unwrap() {
        request = request.header(name, text(value));
    }
    request.header("authorization", text(&profile["authorization"])).body(Bytes::new()).unwrap()
}

fn key(case: &Value) -> Credentials {
    let input = &case["input"];
    let secret = |value: &Value| value.as_str().map(SecretString::from);
    Credentials {
        access_key_id: input["access_key_id"].as_str().unwrap().to_owned(),
        access_key_secret: secret(&input["access_key_secret"]).unwrap(),
        security_token: secret(&input["security_token"]),
        expires_at: None,
    }
}

fn date(case: &Value) -> Timestamp {
    case["input"]["date"].as_str().unwrap().parse().unwrap()
}

#[test]
fn whatever_the_vendor_signed_passes() {
    let cases = vectors();
    assert!(cases.len() > 20);
    for case in cases {
        for (name, profile) in case["profiles"].as_object().unwrap() {
            let request = arrived(&case, profile);
            let verified = verify(&request, date(&case), &[key(&case)]);
            assert_eq!(verified, Ok(()), "{} {name}", case["name"]);
        }
    }
}

#[test]
fn a_signature_is_for_one_path_query_and_every_header_it_names() {
    for case in vectors() {
        let (now, keys) = (date(&case), [key(&case)]);
        let intact = arrived(&case, &case["profiles"]["spec_plus_workspace"]);
        let refused = |request: &Request<Bytes>, what: &str| {
            let refusal = verify(request, now, &keys).unwrap_err();
            let ErrorResponse::Gateway { code, .. } = refusal else { panic!("{refusal:?}") };
            assert_eq!(code, "SignatureDoesNotMatch", "{}: {what}", case["name"]);
        };
        let mut elsewhere = intact.clone();
        *elsewhere.uri_mut() = format!("{}x", intact.uri()).parse().unwrap();
        refused(&elsewhere, "the end of the path or query");
        for name in ["host", "workspace", "x-acs-action", "x-acs-signature-nonce"] {
            let mut other = intact.clone();
            other.headers_mut().insert(name, "other".parse().unwrap());
            refused(&other, name);
        }
    }
}

#[test]
fn a_query_may_arrive_in_any_order_and_with_a_plus_for_a_space() {
    assert_eq!(canonical_query("jobId=+c+&deploymentId=a+b"), "deploymentId=a%20b&jobId=%20c%20");
    assert_eq!(canonical_query("deploymentId&pageSize=1"), "deploymentId=&pageSize=1");
    assert_eq!(canonical_query(""), "");
}

#[test]
fn a_repeated_header_is_its_values_sorted() {
    let mut headers = HeaderMap::new();
    headers.insert("host", "h".parse().unwrap());
    headers.append("x-acs-a", " two ".parse().unwrap());
    headers.append("x-acs-a", "one".parse().unwrap());
    assert_eq!(signed_headers(&headers, "host;x-acs-a").unwrap()["x-acs-a"], "one,two");
}

#[rstest::rstest]
#[case::same("abc", "abc", true)]
#[case::other("abc", "abd", false)]
#[case::shorter("abc", "ab", false)]
#[case::longer("abc", "abcd", false)]
#[case::nothing("abc", "", false)]
fn equality_is_of_every_byte(#[case] ours: &str, #[case] theirs: &str, #[case] same: bool) {
    assert_eq!(constant_time_eq(ours, theirs), same);
}

#[test]
fn a_nonce_is_free_again_after_a_quarter_of_an_hour() {
    let mut nonces = Nonces::default();
    let start = Timestamp::UNIX_EPOCH;
    assert!(nonces.take("a", start));
    assert!(!nonces.take("a", start + WINDOW));
    assert!(nonces.take("a", start + WINDOW + SignedDuration::from_secs(1)));
}

#[test]
fn the_memory_for_nonces_is_bounded() {
    let mut nonces = Nonces::default();
    for nonce in 0..MAX_NONCES + 10 {
        assert!(nonces.take(&nonce.to_string(), Timestamp::UNIX_EPOCH));
    }
    assert_eq!((nonces.known.len(), nonces.by_age.len()), (MAX_NONCES, MAX_NONCES));
    assert!(!nonces.take("20", Timestamp::UNIX_EPOCH), "the newer ones are still known");
}
