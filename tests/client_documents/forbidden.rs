//! Addresses that requests for documents never reach (draft section 8.6): those that a stranger can't reach directly.

use std::net::{IpAddr, SocketAddr};

use super::{
    HOST, URL, api_with, document, flow_of, row,
    site::{Answer, PUBLIC, Site},
};
use crate::harness::{Browser, Log};

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// The reason of the last logged refusal.
fn reason(log: &Log) -> String {
    let events = log.take_events();
    let [event] = &events[..] else { panic!("{events:?}") };
    assert_eq!(event["event"], "authorize_refused");
    event["reason"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_host_with_an_address_that_is_not_public_is_not_reached() {
    let site = Site::start(Answer::document(&document(), 60)).await;
    let api = api_with(&site, &[]).await;
    let (log, _guard) = Log::listen();
    let mut browser = Browser::new(&api);
    for special in [
        // Loopback addresses, where Lambda's Runtime API has port 9001.
        "127.0.0.1",
        "127.0.0.53",
        "::1",
        "0.0.0.0",
        "::",
        // Metadata services of clouds and of ECS tasks.
        "169.254.169.254",
        "169.254.170.2",
        "fd00:ec2::254",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.254",
        "192.168.1.1",
        "100.64.0.1",
        "198.18.0.1",
        "203.0.113.7",
        "224.0.0.1",
        "255.255.255.255",
        "fc00::1",
        "fe80::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:7f00:1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::1",
        "2001:0:7f00:1::1",
    ] {
        let (special, shown) = (address(special), special);
        // Alone, after a public address, and before one.
        for found in [&[special][..], &[PUBLIC, special], &[special, PUBLIC]] {
            site.found_at(&[found]);
            let page = flow_of(URL).begin(&mut browser).await;
            page.assert_page(400);
            assert!(page.html.contains("This app can&#39;t be checked"), "{page:?}");
            assert_eq!(reason(&log), "document_address", "{shown}");
            assert_eq!(site.take_looked_up(), [HOST]);
            // This passes the pause, and reaches another minute.
            api.clock.advance(60);
        }
    }
    assert_eq!((site.take_dialled().len(), site.trespasses()), (0, 0));
    assert_eq!(site.take_requests(), [""; 0]);
    assert!(row(&api).await.is_none());
}

#[tokio::test]
async fn the_connection_goes_to_the_address_that_was_checked() {
    let site = Site::start(Answer::document(&document(), 60)).await;
    let api = api_with(&site, &[]).await;
    let mut browser = Browser::new(&api);
    site.found_at(&[&[PUBLIC], &[address("127.0.0.1")]]);
    assert!(flow_of(URL).begin(&mut browser).await.asks_for_password());
    assert_eq!(site.take_looked_up(), [HOST], "once: what was checked is what was connected to");
    assert_eq!(site.take_dialled(), [SocketAddr::from((PUBLIC, 443))]);
    // The next request looks the name up again, and is refused.
    api.clock.advance(60);
    flow_of(URL).begin(&mut browser).await.assert_page(400);
    assert_eq!((site.take_looked_up().len(), site.take_dialled().len(), site.trespasses()), (1, 0, 0));
}

#[tokio::test]
async fn a_host_without_an_address_has_no_document() {
    let site = Site::start(Answer::document(&document(), 60)).await;
    let api = api_with(&site, &[]).await;
    let (log, _guard) = Log::listen();
    for found in [&[&[][..]][..], &[]] {
        site.found_at(found);
        flow_of(URL).begin(&mut Browser::new(&api)).await.assert_page(400);
        assert_eq!(reason(&log), "document_address");
        api.clock.advance(10);
    }
}

/// An address in any spelling isn't a host name, and no port except 443 is ever contacted.
#[tokio::test]
async fn a_url_that_names_an_address_or_a_port_is_not_even_looked_up() {
    let site = Site::start(Answer::document(&document(), 60)).await;
    let api = api_with(&site, &[]).await;
    let mut browser = Browser::new(&api);
    for url in [
        "http://app.example.com/client.json",
        "https://127.0.0.1/client.json",
        "https://127.0.0.1:9001/2018-06-01/runtime/invocation/next",
        "https://[::1]/client.json",
        "https://[::1]:9001/client.json",
        "https://[::ffff:127.0.0.1]/client.json",
        "https://127.1/client.json",
        "https://2130706433/client.json",
        "https://0x7f000001/client.json",
        "https://0177.0.0.1/client.json",
        "https://0x7f.0.0.0x1/client.json",
        "https://169.254.169.254/latest/meta-data",
        "https://localhost/client.json",
        "https://LOCALHOST/client.json",
        "https://app.localhost/client.json",
        "https://app.example.com./client.json",
        "https://app.example.com:9001/client.json",
        "https://app.example.com:443/client.json",
        "https://127.0.0.1@app.example.com/client.json",
        "https://app.example.com/a/../client.json",
        "https://app.example.com/%2e%2e/client.json",
        "https://app.example.com/client.json?x",
        "https://app.example.com/client.json#x",
        "https://app.example.com",
        "https://app.example.com\\@127.0.0.1/client.json",
        "file:///etc/passwd",
    ] {
        let page = flow_of(url).begin(&mut browser).await;
        page.assert_page(400);
        assert!(page.html.contains("Unknown app"), "{url}: {page:?}");
    }
    assert_eq!(site.take_looked_up(), [""; 0]);
    assert_eq!((site.take_dialled().len(), site.trespasses()), (0, 0));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let site = Site::start(Answer::Silence).await;
    let api = api_with(&site, &[]).await;
    let (log, _guard) = Log::listen();
    for status in ["301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect"] {
        for location in
            ["https://127.0.0.1/", "http://169.254.169.254/", "https://app.example.com/other.json"]
        {
            let headers = format!("location: {location}\r\ncontent-type: application/json\r\n");
            site.answer(Answer::of(status, &headers, &document().to_string()));
            flow_of(URL).begin(&mut Browser::new(&api)).await.assert_page(400);
            assert_eq!(reason(&log), "document_answer", "{status}");
            assert_eq!(
                (site.take_requests().len(), site.take_looked_up().len()),
                (1, 1),
                "{status} {location}"
            );
            api.clock.advance(10);
        }
    }
    assert_eq!(site.trespasses(), 0);
}
