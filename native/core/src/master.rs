//! Where the Mesos master is: what a person types into the field "Mesos master", and what a master answers.
//!
//! Five forms are understood:
//!
//! | form | meaning |
//! |---|---|
//! | `local`, `local://?…` | no Mesos at all, but [this machine](crate::local) |
//! | `zk://[user:password@]host1:port1,host2:port2/path` | the leader that ZooKeeper names; a port left out is 2181 |
//! | `host:port` or `host` | always this master (or whom it redirects to); a port left out is 5050 |
//! | `http://host:port` | the same, said explicitly; a port left out is 80 |
//! | `https://host:port` | the same over TLS; a port left out is 443 |
//!
//! IPv6 addresses stand in brackets: `[::1]:5050`.

use crate::local::{LocalError, LocalSource};
use std::fmt;
use std::str::FromStr;

/// The port of a Mesos master where none is given.
pub const DEFAULT_MASTER_PORT: u16 = 5050;
/// The port of a ZooKeeper server where none is given.
pub const DEFAULT_ZOOKEEPER_PORT: u16 = 2181;

/// How the leading master is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MasterSource {
    /// One fixed address; if another master leads, that master redirects.
    Static(MasterAddress),
    /// The masters register in ZooKeeper.
    ZooKeeper(ZooKeeperSource),
    /// None: this machine stands for a cluster.
    Local(LocalSource),
}

/// A ZooKeeper ensemble and the node in it under which the masters register.
#[derive(Clone, PartialEq, Eq)]
pub struct ZooKeeperSource {
    /// `host:port` of each server, in the order given; never empty.
    pub servers: Vec<String>,
    /// Absolute, without a slash at the end, never `/` itself.
    pub path: String,
    /// For ZooKeeper's `digest` scheme.
    pub credentials: Option<ZooKeeperCredentials>,
}

/// A user name and a password for ZooKeeper's `digest` scheme; `Debug` hides the password.
#[derive(Clone, PartialEq, Eq)]
pub struct ZooKeeperCredentials {
    /// Never empty.
    pub user: String,
    /// May be empty.
    pub password: String,
}

/// Plain or encrypted HTTP, or none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scheme {
    /// Without TLS.
    Http,
    /// With TLS.
    Https,
    /// No HTTP: the master is within this process.
    Local,
}

/// One master's HTTP address. `Display` gives `host:port`, with `https://` before it where TLS is spoken; `local` for the
/// master within this process.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MasterAddress {
    /// How to speak to it.
    pub scheme: Scheme,
    /// A name or an IP address; IPv6 without brackets.
    pub host: String,
    /// From 1 to 65535; 0 within this process.
    pub port: u16,
}

/// Why the field "Mesos master" cannot be understood. The message names the field and the cure, and holds no password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MasterSourceError {
    /// Nothing was entered.
    #[error(
        "Mesos master is empty: enter zk://host1:2181,host2:2181/mesos, host:5050, or local for this machine alone"
    )]
    Empty,
    /// A parameter of `local://`.
    #[error("Mesos master {0}")]
    Local(#[from] LocalError),
    /// A scheme that is none of ours.
    #[error("Mesos master begins with `{0}://`: use zk://, http://, https://, a plain host:port, or local")]
    UnknownScheme(String),
    /// There is a blank, a control character or the like in it.
    #[error(
        "Mesos master holds {0}, which no address has: remove it (write several ZooKeeper servers as \
         zk://host1:2181,host2:2181/mesos)"
    )]
    BadCharacter(String),
    /// A host name is missing, before a port or between two commas.
    #[error("Mesos master lacks a host name{0}: write host:port for each server")]
    NoHost(&'static str),
    /// Not a number from 1 to 65535.
    #[error("Mesos master has `{port}` as the port of `{host}`: enter a number from 1 to 65535")]
    BadPort {
        /// The host as it was entered.
        host: String,
        /// The port as it was entered.
        port: String,
    },
    /// An IPv6 address without brackets, or brackets that do not match.
    #[error("Mesos master has the host `{0}`: write an IPv6 address in brackets, as in [::1]:5050")]
    BadIpv6(String),
    /// `zk://` without a node to look in.
    #[error("Mesos master lacks the path in ZooKeeper: add the one that the masters use, as in {0}/mesos")]
    NoPath(String),
    /// The path is not one that ZooKeeper would take.
    #[error("Mesos master has the ZooKeeper path `{0}`: use names between single slashes, as in /mesos")]
    BadPath(String),
    /// Several hosts without `zk://`.
    #[error("Mesos master lists several hosts: only ZooKeeper servers can be listed, as in zk://{0}/mesos")]
    SeveralHosts(String),
    /// Something follows the address of a master.
    #[error("Mesos master has `{0}` after the address: leave it out, only scheme, host and port are needed")]
    PathOfMaster(String),
    /// `user@` without a password.
    #[error("Mesos master has a ZooKeeper login without a password: write zk://user:password@host:2181/path")]
    NoPassword,
    /// `user:password@` before a master's own address.
    #[error(
        "Mesos master has a login before the host: enter it as principal and secret, and leave only host and port here"
    )]
    LoginOfMaster,
}

/// Why a redirect of a master cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the master redirects to `{location}`, which is not an address of another master")]
pub struct LocationError {
    /// The Location header, at most 200 characters of it.
    pub location: String,
}

impl FromStr for MasterSource {
    type Err = MasterSourceError;

    fn from_str(text: &str) -> Result<Self, MasterSourceError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(MasterSourceError::Empty);
        }
        if let Some(bad) = text.chars().find(|c| c.is_whitespace() || c.is_control()) {
            let name = match bad {
                ' ' => "a blank".to_owned(),
                '\t' => "a tab".to_owned(),
                '\n' | '\r' => "a line break".to_owned(),
                other => format!("the character U+{:04X}", u32::from(other)),
            };
            return Err(MasterSourceError::BadCharacter(name));
        }
        if let Some(local) = LocalSource::parse(text) {
            return Ok(MasterSource::Local(local?));
        }
        match text.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("zk") => {
                ZooKeeperSource::parse(rest).map(MasterSource::ZooKeeper)
            }
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => {
                parse_static(rest, Scheme::Http, 80).map(MasterSource::Static)
            }
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => {
                parse_static(rest, Scheme::Https, 443).map(MasterSource::Static)
            }
            // Up to the `@`, an unknown scheme could be the beginning of a password.
            Some((scheme, _)) if scheme.contains('@') => Err(MasterSourceError::LoginOfMaster),
            Some((scheme, _)) => Err(MasterSourceError::UnknownScheme(scheme.to_owned())),
            None => parse_static(text, Scheme::Http, DEFAULT_MASTER_PORT).map(MasterSource::Static),
        }
    }
}

/// As it may be shown to anyone: the password is left out.
impl fmt::Display for MasterSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MasterSource::Static(address) => address.fmt(f),
            MasterSource::ZooKeeper(source) => source.fmt(f),
            MasterSource::Local(source) => source.fmt(f),
        }
    }
}

impl ZooKeeperSource {
    fn parse(rest: &str) -> Result<Self, MasterSourceError> {
        // The last `@` ends the login: a password may hold one, a host and a path of Mesos do not.
        let (login, rest) = match rest.rsplit_once('@') {
            Some((login, rest)) => (Some(login), rest),
            None => (None, rest),
        };
        let credentials = match login.map(|login| login.split_once(':')) {
            None => None,
            Some(Some((user, password))) if !user.is_empty() => Some(ZooKeeperCredentials {
                user: user.to_owned(),
                password: password.to_owned(),
            }),
            Some(_) => return Err(MasterSourceError::NoPassword),
        };
        let (servers, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let servers = servers
            .split(',')
            .map(|server| {
                let (host, port) = host_and_port(server, DEFAULT_ZOOKEEPER_PORT)?;
                Ok(join(&host, port))
            })
            .collect::<Result<Vec<_>, MasterSourceError>>()?;
        let path = path.trim_end_matches('/');
        if path.is_empty() {
            return Err(MasterSourceError::NoPath(format!("zk://{}", servers.join(","))));
        }
        let parts_are_names = path[1..].split('/').all(|part| !matches!(part, "" | "." | ".."));
        if !parts_are_names {
            return Err(MasterSourceError::BadPath(path.to_owned()));
        }
        Ok(ZooKeeperSource {
            servers,
            path: path.to_owned(),
            credentials,
        })
    }

    /// `host1:port1,host2:port2`, as ZooKeeper clients take it.
    pub fn connect_string(&self) -> String {
        self.servers.join(",")
    }
}

impl fmt::Display for ZooKeeperSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("zk://")?;
        if let Some(credentials) = &self.credentials {
            write!(f, "{}:***@", credentials.user)?;
        }
        write!(f, "{}{}", self.servers.join(","), self.path)
    }
}

impl fmt::Debug for ZooKeeperSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ZooKeeperSource({self})")
    }
}

impl fmt::Debug for ZooKeeperCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ZooKeeperCredentials")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

impl Scheme {
    /// `http`, `https` or `local`.
    pub fn as_str(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
            Scheme::Local => "local",
        }
    }

    fn default_port(self) -> u16 {
        match self {
            Scheme::Http => 80,
            Scheme::Https => 443,
            Scheme::Local => 0,
        }
    }
}

impl MasterAddress {
    /// The master within this process.
    pub fn local() -> Self {
        MasterAddress {
            scheme: Scheme::Local,
            host: "local".to_owned(),
            port: 0,
        }
    }

    /// `host:port`, for a `Host` header or a message; IPv6 in brackets.
    pub fn authority(&self) -> String {
        if self.scheme == Scheme::Local {
            return self.host.clone();
        }
        join(&self.host, self.port)
    }

    /// The master that a redirect of this one names.
    ///
    /// Mesos sends 307 with a Location without a scheme, `//host:port/path`; the scheme of this address is kept then. A
    /// whole URL, as a proxy might send, is understood too.
    ///
    /// # Errors
    /// When it names no host, or anything but HTTP.
    pub fn redirected(&self, location: &str) -> Result<MasterAddress, LocationError> {
        let refuse = || LocationError {
            location: location.chars().take(200).collect(),
        };
        let location_trimmed = location.trim();
        let (scheme, rest) = match location_trimmed.split_once("//") {
            Some(("", rest)) => (self.scheme, rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http:") => (Scheme::Http, rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https:") => (Scheme::Https, rest),
            _ => return Err(refuse()),
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.contains(['@', ',']) || authority.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(refuse());
        }
        let (host, port) = host_and_port(authority, scheme.default_port()).map_err(|_| refuse())?;
        Ok(MasterAddress { scheme, host, port })
    }
}

impl fmt::Display for MasterAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.scheme == Scheme::Https {
            f.write_str("https://")?;
        }
        f.write_str(&self.authority())
    }
}

fn parse_static(rest: &str, scheme: Scheme, default_port: u16) -> Result<MasterAddress, MasterSourceError> {
    if rest.contains('@') {
        return Err(MasterSourceError::LoginOfMaster);
    }
    let (authority, path) = match rest.find(['/', '?', '#']) {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    if authority.contains(',') {
        return Err(MasterSourceError::SeveralHosts(authority.to_owned()));
    }
    if !matches!(path, "" | "/") {
        return Err(MasterSourceError::PathOfMaster(path.to_owned()));
    }
    let (host, port) = host_and_port(authority, default_port)?;
    Ok(MasterAddress { scheme, host, port })
}

pub(crate) fn host_and_port(text: &str, default_port: u16) -> Result<(String, u16), MasterSourceError> {
    let (host, port) = if let Some(rest) = text.strip_prefix('[') {
        let bad = || MasterSourceError::BadIpv6(text.to_owned());
        let (host, after) = rest.split_once(']').ok_or_else(bad)?;
        host.parse::<std::net::Ipv6Addr>().map_err(|_| bad())?;
        match after.strip_prefix(':') {
            Some(port) => (host, Some(port)),
            None if after.is_empty() => (host, None),
            None => return Err(bad()),
        }
    } else {
        match text.split_once(':') {
            Some((_, rest)) if rest.contains(':') => return Err(MasterSourceError::BadIpv6(text.to_owned())),
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        }
    };
    if host.is_empty() {
        return Err(MasterSourceError::NoHost(if port.is_some() {
            " before a port"
        } else {
            ""
        }));
    }
    if let Some(bad) = host
        .chars()
        .find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | ':')))
    {
        return Err(MasterSourceError::BadCharacter(format!(
            "`{bad}` in the host `{host}`"
        )));
    }
    let port = match port {
        None => default_port,
        Some(port) => {
            let digits = port.bytes().all(|b| b.is_ascii_digit());
            match port.parse::<u16>() {
                Ok(number) if digits && number > 0 => number,
                _ => {
                    return Err(MasterSourceError::BadPort {
                        host: host.to_owned(),
                        port: port.to_owned(),
                    });
                }
            }
        }
    };
    Ok((host.to_owned(), port))
}

fn join(host: &str, port: u16) -> String {
    if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zookeeper(text: &str) -> ZooKeeperSource {
        match text.parse() {
            Ok(MasterSource::ZooKeeper(source)) => source,
            other => panic!("{text} gave {other:?}"),
        }
    }

    fn fixed(text: &str) -> MasterAddress {
        match text.parse() {
            Ok(MasterSource::Static(address)) => address,
            other => panic!("{text} gave {other:?}"),
        }
    }

    fn refusal(text: &str) -> String {
        match text.parse::<MasterSource>() {
            Err(error) => error.to_string(),
            Ok(source) => panic!("{text} was taken as {source}"),
        }
    }

    fn address(scheme: Scheme, host: &str, port: u16) -> MasterAddress {
        MasterAddress {
            scheme,
            host: host.to_owned(),
            port,
        }
    }

    #[test]
    fn an_ensemble_keeps_its_servers_in_order_and_its_path() {
        let source = zookeeper(" zk://h1:2181,h2:2182,h3/mesos/prod/ ");
        assert_eq!(source.connect_string(), "h1:2181,h2:2182,h3:2181");
        assert_eq!(source.path, "/mesos/prod");
        assert_eq!(source.credentials, None);
    }

    #[test]
    fn a_login_is_split_at_its_first_colon_and_its_last_at_sign() {
        let credentials = zookeeper("zk://jenkins:p@ss:w@h1:2181/mesos")
            .credentials
            .unwrap();
        assert_eq!(
            (credentials.user.as_str(), credentials.password.as_str()),
            ("jenkins", "p@ss:w")
        );
    }

    #[test]
    fn no_form_of_printing_shows_the_password() {
        let source: MasterSource = "zk://jenkins:hunter2@h1:2181/mesos".parse().unwrap();
        for printed in [
            source.to_string(),
            format!("{source:?}"),
            format!("{:?}", zookeeper("zk://a:hunter2@h/p").credentials),
        ] {
            assert!(!printed.contains("hunter2"), "{printed}");
        }
        assert_eq!(source.to_string(), "zk://jenkins:***@h1:2181/mesos");
    }

    #[test]
    fn no_refusal_shows_the_password() {
        for text in [
            "zk://jenkins:hunter2@h1:99999/mesos",
            "zk://jenkins:hunter2@h1:2181",
            "zk://jenkins:hunter2@h1:2181//a",
            "zk://:hunter2@h1:2181/mesos",
            "zk://hunter2@h1:2181/mesos",
            "zk://jenkins:hun ter2@h1/mesos",
            "http://jenkins:hunter2@h1:5050",
            "jenkins:hunter2@h1:5050",
            "jenkins:hunter2@zk://h1:2181/mesos",
        ] {
            let message = refusal(text);
            assert!(
                !message.contains("hunter2") && !message.contains("ter2"),
                "{message}"
            );
        }
    }

    #[test]
    fn the_static_forms_know_their_default_ports() {
        assert_eq!(fixed("m1:5051"), address(Scheme::Http, "m1", 5051));
        assert_eq!(fixed("m1"), address(Scheme::Http, "m1", 5050));
        assert_eq!(fixed("http://m1/"), address(Scheme::Http, "m1", 80));
        assert_eq!(fixed("HTTPS://m1"), address(Scheme::Https, "m1", 443));
        assert_eq!(fixed("https://[::1]:5050"), address(Scheme::Https, "::1", 5050));
    }

    #[test]
    fn an_address_is_shown_as_people_write_it() {
        assert_eq!(fixed("http://10.0.0.1:5050").to_string(), "10.0.0.1:5050");
        assert_eq!(fixed("https://m1:5050").to_string(), "https://m1:5050");
        assert_eq!(fixed("[::1]:5050").to_string(), "[::1]:5050");
    }

    #[test]
    fn every_refusal_names_the_field_and_a_cure() {
        for (text, part) in [
            ("", "enter zk://"),
            ("   ", "enter zk://"),
            ("ftp://m1:5050", "begins with `ftp://`"),
            ("m1:port", "`port` as the port of `m1`"),
            ("m1:", "from 1 to 65535"),
            ("m1:0", "from 1 to 65535"),
            ("m1:65536", "from 1 to 65535"),
            ("m1:+5050", "from 1 to 65535"),
            (":5050", "lacks a host name before a port"),
            ("::1", "in brackets"),
            ("[::1", "in brackets"),
            ("[m1]:5050", "in brackets"),
            ("m1:5050,m2:5050", "zk://m1:5050,m2:5050/mesos"),
            ("http://m1:5050/api/v1/scheduler", "leave it out"),
            ("m1 :5050", "a blank"),
            ("m%1:5050", "`%` in the host"),
            ("zk://h1:2181", "as in zk://h1:2181/mesos"),
            ("zk://h1:2181/", "as in zk://h1:2181/mesos"),
            ("zk://h1:2181/a//b", "single slashes"),
            ("zk://h1:2181/a/../b", "single slashes"),
            ("zk://h1:2181,/mesos", "lacks a host name"),
            ("zk://h1,h2:x/mesos", "`x` as the port of `h2`"),
            ("zk://jenkins@h1/mesos", "without a password"),
            ("http://u:p@m1:5050", "principal and secret"),
        ] {
            let message = refusal(text);
            assert!(
                message.starts_with("Mesos master ") && message.contains(part),
                "{text}: {message}"
            );
        }
    }

    #[test]
    fn a_redirect_without_a_scheme_keeps_the_one_in_use() {
        let plain = address(Scheme::Http, "m1", 5050);
        let tls = address(Scheme::Https, "m1", 5050);
        assert_eq!(
            plain.redirected("//10.0.0.2:5060/api/v1/scheduler").unwrap(),
            address(Scheme::Http, "10.0.0.2", 5060)
        );
        assert_eq!(
            tls.redirected("//m2:5060").unwrap(),
            address(Scheme::Https, "m2", 5060)
        );
        assert_eq!(
            tls.redirected("//m2/x").unwrap(),
            address(Scheme::Https, "m2", 443)
        );
    }

    #[test]
    fn a_redirect_with_a_whole_url_is_followed_to_its_host() {
        let plain = address(Scheme::Http, "m1", 5050);
        assert_eq!(
            plain.redirected("https://m2:8443/?a=b").unwrap(),
            address(Scheme::Https, "m2", 8443)
        );
        assert_eq!(
            plain.redirected("http://[::1]:5060/").unwrap(),
            address(Scheme::Http, "::1", 5060)
        );
    }

    #[test]
    fn a_redirect_to_nowhere_is_refused_with_what_it_said() {
        let plain = address(Scheme::Http, "m1", 5050);
        for location in [
            "",
            "/login",
            "//",
            "//:5050",
            "ftp://m2:21",
            "//m2:x",
            "//u:p@m2:5050",
        ] {
            let error = plain.redirected(location).unwrap_err();
            assert!(error.to_string().contains(location), "{error}");
        }
        assert_eq!(
            plain.redirected(&"x".repeat(1000)).unwrap_err().location.len(),
            200
        );
    }
}
