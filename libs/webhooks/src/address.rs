//! Where events may be sent: addresses on the internet, and for development those of the same machine.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The longest address, in characters.
const MAX_URL: usize = 2_000;

/// What is wrong with a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadUrl {
    /// It is none, or too long.
    #[error("is a URL of at most {MAX_URL} characters, such as https://receiver.example/events")]
    Malformed,
    /// It has another scheme than https.
    #[error("begins with https://, or with http:// for an address of this machine")]
    NotHttps,
    /// It has a user or a password.
    #[error("has no user and password")]
    Credentials,
    /// It has a fragment.
    #[error("has no fragment")]
    Fragment,
    /// Its host is an address that is never connected to.
    #[error("is not at a private, link-local or other special address")]
    Special,
}

impl BadUrl {
    /// The machine-readable reason.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            BadUrl::Malformed | BadUrl::Credentials | BadUrl::Fragment => "URL_MALFORMED",
            BadUrl::NotHttps => "URL_NOT_HTTPS",
            BadUrl::Special => "URL_NOT_PUBLIC",
        }
    }
}

/// A URL that events can be sent to, as far as can be told before its name is resolved.
pub(crate) fn check_url(text: &str) -> Result<http::Uri, BadUrl> {
    if text.len() > MAX_URL || text.contains(char::is_whitespace) {
        return Err(BadUrl::Malformed);
    }
    if text.contains('#') {
        return Err(BadUrl::Fragment);
    }
    let uri: http::Uri = text.parse().map_err(|_| BadUrl::Malformed)?;
    let (Some(scheme), Some(host)) = (uri.scheme_str(), uri.host()) else { return Err(BadUrl::Malformed) };
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err(BadUrl::Credentials);
    }
    let address = literal(host);
    let is_local = host == "localhost" || address.is_some_and(|address| address.is_loopback());
    match scheme {
        "https" if address.is_some_and(|address| !is_local && !is_public(address)) => Err(BadUrl::Special),
        "https" => Ok(uri),
        "http" if is_local => Ok(uri),
        _ => Err(BadUrl::NotHttps),
    }
}

/// The address that a host is written as, if it is no name.
pub(crate) fn literal(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// Whether an address is one of the public internet: none of the special-purpose ones (IANA, RFC 6890 and its updates), which lead to this machine, its network,
/// or a cloud's metadata.
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = a == 0
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        // Shared by carriers.
        || (a == 100 && (64..128).contains(&b))
        // Protocol assignments, and the relay of 6to4.
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        // Benchmarks.
        || (a == 198 && matches!(b, 18 | 19))
        // Reserved, and broadcast.
        || a >= 240;
    !is_special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    let [.., high, low] = address.segments();
    let inner = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    if let Some(mapped) = address.to_ipv4_mapped() {
        return is_public_v4(mapped);
    }
    match (first, second) {
        // Translated to IPv4, by a network's own prefix too.
        (0x64, 0xff9b) => address.segments()[2] == 0 && inner(high, low),
        (0x2002, high) => inner(high, address.segments()[2]),
        // Teredo and other protocol assignments, documentation.
        (0x2001, second) => second >= 0x200 && second != 0xdb8,
        (0x3fff, second) => second >= 0x1000,
        // All of the rest that is global unicast.
        (first, _) => (0x2000..0x4000).contains(&first),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_addresses_are_not_public() {
        for text in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "64:ff9b::a00:1",
            "64:ff9b:1::808:808",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "3fff::1",
        ] {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
        for text in [
            "1.1.1.1",
            "8.8.8.8",
            "172.32.0.1",
            "100.128.0.1",
            "192.0.1.1",
            "2606:4700::1111",
            "2001:4860:4860::8888",
            "64:ff9b::808:808",
            "::ffff:8.8.8.8",
            "2002:808:808::1",
        ] {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn urls_are_https_on_the_internet_or_anything_on_this_machine() {
        for url in [
            "https://receiver.example/events?x=1",
            "https://8.8.8.8:8443/",
            "http://localhost:8080/a",
            "http://127.0.0.1:9",
            "https://[::1]/",
            "http://[::1]:80/x",
        ] {
            assert!(check_url(url).is_ok(), "{url}");
        }
        for (url, why) in [
            ("", BadUrl::Malformed),
            ("receiver.example", BadUrl::Malformed),
            ("/events", BadUrl::Malformed),
            ("https://", BadUrl::Malformed),
            ("https://a b/", BadUrl::Malformed),
            ("https://a.example/#x", BadUrl::Fragment),
            ("https://user:pass@a.example/", BadUrl::Credentials),
            ("http://a.example/", BadUrl::NotHttps),
            ("http://10.0.0.1/", BadUrl::NotHttps),
            ("ftp://a.example/", BadUrl::NotHttps),
            ("https://169.254.169.254/latest", BadUrl::Special),
            ("https://[fd00::1]/", BadUrl::Special),
            ("https://[::ffff:10.0.0.1]/", BadUrl::Special),
        ] {
            assert_eq!(check_url(url), Err(why), "{url}");
        }
        assert_eq!(check_url(&format!("https://a.example/{}", "x".repeat(2_000))), Err(BadUrl::Malformed));
    }
}
