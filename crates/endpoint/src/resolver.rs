use std::net::{Ipv4Addr, SocketAddr};

use ureq::{
    config::Config,
    http::Uri,
    unversioned::{
        resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver},
        transport::NextTimeout,
    },
};

/// Answers names below `localhost` itself and leaves all others to the system.
///
/// Emulators give function URLs names such as `<id>.lambda-url.us-east-1.localhost`. RFC 6761 says that these are the
/// loopback address, but many system resolvers ask a name server, which does not know them.
#[derive(Debug, Default)]
pub(crate) struct LoopbackResolver {
    system: DefaultResolver,
}

impl Resolver for LoopbackResolver {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        if !uri.host().is_some_and(is_loopback_name) {
            return self.system.resolve(uri, config, timeout);
        }
        let default_port = if uri.scheme_str() == Some("https") { 443 } else { 80 };
        let mut addresses = self.empty();
        addresses.push(SocketAddr::from((Ipv4Addr::LOCALHOST, uri.port_u16().unwrap_or(default_port))));
        Ok(addresses)
    }
}

/// Whether `host` is below `localhost`, or is LocalStack's public name for the loopback address.
pub(crate) fn is_loopback_name(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    host.ends_with(".localhost")
        || host == "localhost.localstack.cloud"
        || host.ends_with(".localhost.localstack.cloud")
}

/// Whether a proxy could never reach `host`.
pub(crate) fn is_this_machine(host: &str) -> bool {
    is_loopback_name(host)
        || host.eq_ignore_ascii_case("localhost")
        || host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::{is_loopback_name, is_this_machine};

    #[test]
    fn names_below_localhost_are_this_machine_and_look_alikes_are_not() {
        for name in ["abc.lambda-url.us-east-1.localhost", "A.LOCALHOST.", "x.localhost.localstack.cloud"] {
            assert!(is_loopback_name(name), "{name}");
        }
        for name in ["localhost.example.com", "notlocalhost", "evil-localhost.localstack.cloud", "example.com"] {
            assert!(!is_loopback_name(name), "{name}");
        }
        for name in ["localhost", "127.0.0.1", "[::1]", "a.localhost"] {
            assert!(is_this_machine(name), "{name}");
        }
    }
}
