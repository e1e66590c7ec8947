//! Decoding never panics.

use proptest::prelude::*;
use serde_json::Value;

use super::*;

/// JSON with the field names that decoding reads, and values of every type.
fn structured() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
        prop::sample::select(vec!["COMPLETED", "990301", "\"\"", "Throttling", "Forbidden.RAM"])
            .prop_map(Value::from),
    ];
    let names = prop::sample::select(vec![
        "data",
        "success",
        "errorCode",
        "errorMessage",
        "requestId",
        "Code",
        "Message",
        "status",
        "state",
        "failure",
        "failedAt",
        "createdAt",
        "nativeFormat",
        "savepointId",
        "description",
        "AccessDeniedDetail",
        "AuthAction",
        "NoPermissionType",
    ]);
    leaf.prop_recursive(4, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(names.clone(), inner, 0..8).prop_map(|fields| {
                fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
            }),
        ]
    })
}

/// The headers that decoding reads, with any valid value.
fn some_headers() -> impl Strategy<Value = HeaderMap> {
    let names = prop::sample::select(vec![
        "content-type",
        "content-encoding",
        "location",
        "x-acs-request-id",
        "x-acs-retry-after",
        "x-ratelimit-user-api",
        "x-ratelimit-user",
        "date",
    ]);
    let values = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..20),
        prop::sample::select(vec![JSON.1, XML.1, "1500", "TimeLeft:3"]).prop_map(Into::into),
    ];
    prop::collection::vec((names, values), 0..4).prop_map(|pairs| {
        let value = |bytes: Vec<u8>| header::HeaderValue::from_bytes(&bytes).ok();
        let name = |name: &'static str| header::HeaderName::from_static(name);
        pairs.into_iter().filter_map(|(key, bytes)| Some((name(key), value(bytes)?))).collect()
    })
}

/// An error always has a status, fits on a line and has no control characters.
fn holds(status: u16, headers: &HeaderMap, body: &[u8]) -> Result<(), TestCaseError> {
    let redactor = Redactor::new([Arc::new(Secrets::of([SECRET, ""]))]);
    let reply = Reply::new(status, headers.clone(), body.to_vec(), &redactor);
    if let Err(error) = decode(&reply.as_response("GetSavepoint")) {
        prop_assert_eq!(error.http_status, Some(status));
        prop_assert!(error.message.chars().count() <= 300);
        let message = error.to_string();
        prop_assert_eq!(text::clean(&message), message.as_str());
    }
    Ok(())
}

proptest! {
    #[test]
    fn no_bytes_make_decoding_panic(
        status in any::<u16>(),
        headers in some_headers(),
        body in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        holds(status, &headers, &body)?;
    }

    #[test]
    fn no_json_makes_decoding_panic(
        status in prop::sample::select(vec![200_u16, 204, 302, 400, 403, 404, 429, 500]),
        headers in some_headers(),
        body in structured(),
    ) {
        let body = body.to_string();
        holds(status, &headers, body.as_bytes())?;
        holds(status, &headers, &body.as_bytes()[..body.len() / 2])?;
    }

    #[test]
    fn no_xml_makes_decoding_panic(body in "(<(/?)(Error|Code|Message|a:b|!\\[CDATA\\[|\\?xml )[ >]|&[a-z#0-9]{0,3};|.){0,30}") {
        holds(400, &headers(&[XML]), body.as_bytes())?;
    }
}
