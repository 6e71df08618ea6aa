use http::Request;

use super::*;

fn checked(method: &str, target: &str, headers: &[(&str, &str)]) -> Result<Uri, Refusal> {
    let mut request = Request::builder().method(method).uri(target);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut head = request.body(()).unwrap().into_parts().0;
    check(&mut head, false).map(|()| head.uri)
}

const HOST: (&str, &str) = ("host", "work.example");

#[test]
fn an_ordinary_request_passes_with_its_path_untouched() {
    assert_eq!(checked("GET", "/s/01J/%2e%2e/%2Fa;b//c?d=%00", &[HOST]).unwrap(), "/s/01J/%2e%2e/%2Fa;b//c?d=%00");
    assert!(checked("OPTIONS", "*", &[HOST]).is_ok());
    assert!(checked("POST", "/", &[HOST, ("transfer-encoding", "Chunked")]).is_ok());
}

#[test]
fn an_absolute_target_is_taken_for_this_host_only() {
    assert_eq!(checked("GET", "http://work.example/a?b", &[HOST]).unwrap(), "/a?b");
    assert_eq!(checked("GET", "http://WORK.example", &[HOST]).unwrap(), "/");
    assert_eq!(checked("GET", "http://evil.example/a", &[HOST]), Err(Refusal::OtherHost));
    assert_eq!(checked("GET", "http://work.example@evil.example/", &[HOST]), Err(Refusal::OtherHost));
}

#[test]
fn what_two_parsers_could_read_in_two_ways_is_refused() {
    let te = |value| ("transfer-encoding", value);
    for (headers, refusal) in [
        (vec![], Refusal::NoHost),
        (vec![HOST, HOST], Refusal::TwoHosts),
        (vec![HOST, te("chunked"), te("chunked")], Refusal::TwoEncodings),
        (vec![HOST, te("gzip, chunked")], Refusal::Encoding),
        (vec![HOST, te("chunked, chunked")], Refusal::Encoding),
        (vec![HOST, te("identity")], Refusal::Encoding),
        (vec![HOST, te("chunked"), ("content-length", "3")], Refusal::LengthAndEncoding),
        (vec![HOST, ("upgrade", "h2c")], Refusal::H2c),
        (vec![HOST, ("upgrade", "websocket, H2C")], Refusal::H2c),
        (vec![HOST, ("upgrade", "websocket"), ("content-length", "3")], Refusal::UpgradeWithBody),
        (vec![HOST, ("upgrade", "websocket"), te("chunked")], Refusal::UpgradeWithBody),
    ] {
        assert_eq!(checked("POST", "/", &headers), Err(refusal), "{headers:?}");
    }
    assert_eq!(checked("CONNECT", "work.example:443", &[HOST]), Err(Refusal::Connect));
}

#[test]
fn a_chunked_request_after_an_ambiguous_head_is_refused_and_a_plain_one_is_not() {
    let head = |headers: &[(&str, &str)]| {
        let mut request = Request::post("/").header("host", "h");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        check(&mut request.body(()).unwrap().into_parts().0, true)
    };
    assert_eq!(head(&[("transfer-encoding", "chunked")]), Err(Refusal::LengthAndEncoding));
    assert_eq!(head(&[("content-length", "1")]), Ok(()));
}
