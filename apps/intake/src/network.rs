//! Who asks, for what is counted by network. It is kept in memory and written nowhere.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Once,
};

use axum::http::HeaderMap;

use crate::{config::Config, refusal::Refusal};

/// The first 24 bits of an IPv4 address, the first 48 of an IPv6 address.
pub(crate) type Network = [u8; 6];

/// Returns the network of an address. Loopback is none.
pub(crate) fn network_of(address: IpAddr) -> Option<Network> {
    let address = address.to_canonical();
    if address.is_loopback() {
        return None;
    }
    match address {
        IpAddr::V4(it) => {
            let [a, b, c, _] = it.octets();
            Some([4, a, b, c, 0, 0])
        }
        IpAddr::V6(it) => it.octets().first_chunk::<6>().copied(),
    }
}

/// Returns who asks: the other end of the connection, or whom the proxy in front names.
///
/// # Errors
/// [`Refusal`] where a proxy names nobody, or names somebody and the settings know of no proxy: every
/// network would be counted as one, or none at all.
pub(crate) fn asker(
    config: &Config,
    peer: Option<IpAddr>,
    headers: &HeaderMap,
) -> Result<Option<IpAddr>, Refusal> {
    let wrong = |why: &str| {
        // Once: whoever asks could fill the disk with it otherwise. It is counted each time.
        static TOLD: Once = Once::new();
        TOLD.call_once(|| tracing::error!(%why, "the proxy in front is not set up"));
        Refusal::new(503, "proxy", why).retry_after(3600)
    };
    let field = headers.get_all(&config.proxy_field).iter().next_back();
    if config.behind_proxy {
        // The last one is what the proxy itself saw; those before it are what anyone may write.
        let named = field
            .and_then(|value| address(value.to_str().ok()?.rsplit(',').next()?))
            .ok_or_else(|| wrong("the proxy in front does not say who asks"))?;
        return Ok(Some(named));
    }
    // Anyone may write the field; from this machine it is a proxy that does.
    if field.is_some() && peer.is_some_and(|peer| peer.is_loopback()) {
        return Err(wrong(
            "a proxy in front says who asks, and `behind_proxy` is not set",
        ));
    }
    Ok(peer)
}

/// Reads `192.0.2.1`, `192.0.2.1:1234`, `2001:db8::1`, `[2001:db8::1]` and `[2001:db8::1]:1234`.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text
        .strip_prefix('[')
        .and_then(|it| it.strip_suffix(']'))
        .unwrap_or(text);
    bare.parse()
        .ok()
        .or_else(|| text.parse::<SocketAddr>().ok().map(|it| it.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn loopback_is_no_network() {
        assert_eq!(network_of(ip("127.0.0.1")), None);
        assert_eq!(network_of(ip("::1")), None);
        assert_eq!(
            network_of(ip("::ffff:192.0.2.3")),
            network_of(ip("192.0.2.9"))
        );
    }

    #[test]
    fn a_proxy_says_who_asks_or_nobody_is_let_in() {
        let behind = Config {
            behind_proxy: true,
            ..Config::default()
        };
        let proxy = Some(ip("10.0.0.1"));
        for (fields, named) in [
            (&["192.0.2.1"][..], Some("192.0.2.1")),
            (&["192.0.2.1, 198.51.100.7"], Some("198.51.100.7")),
            (&["203.0.113.1", "192.0.2.1:8080"], Some("192.0.2.1")),
            (&["[2001:db8::1]:443"], Some("2001:db8::1")),
            (&["[2001:db8::1]"], Some("2001:db8::1")),
            (&["unknown"], None),
            (&["192.0.2.1,"], None),
            (&[], None),
        ] {
            let mut headers = HeaderMap::new();
            for field in fields {
                headers.append("x-forwarded-for", field.parse().unwrap());
            }
            let asked = asker(&behind, proxy, &headers);
            assert_eq!(asked.clone().ok().flatten(), named.map(ip), "{fields:?}");
            assert_eq!(asked.is_err(), named.is_none(), "{fields:?}");
        }
    }

    #[test]
    fn another_field_may_say_it() {
        let behind = Config {
            behind_proxy: true,
            proxy_field: "X-Real-IP".to_owned(),
            ..Config::default()
        };
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "192.0.2.1".parse().unwrap());
        assert!(asker(&behind, None, &headers).is_err());
        headers.insert("x-real-ip", "192.0.2.2".parse().unwrap());
        assert_eq!(
            asker(&behind, None, &headers).unwrap(),
            Some(ip("192.0.2.2"))
        );
    }

    #[test]
    fn a_proxy_nobody_set_up_is_noticed() {
        let mut headers = HeaderMap::new();
        let (config, here, there) = (Config::default(), ip("127.0.0.1"), ip("192.0.2.1"));
        assert_eq!(asker(&config, Some(here), &headers).unwrap(), Some(here));
        headers.insert("x-forwarded-for", "192.0.2.2".parse().unwrap());
        assert_eq!(
            asker(&config, Some(here), &headers).unwrap_err().code,
            "proxy"
        );
        // Whoever asks directly may write what they like.
        assert_eq!(asker(&config, Some(there), &headers).unwrap(), Some(there));
    }
}
