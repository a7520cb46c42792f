//! TCP and TLS connections to a master, with errors that say what to look at.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use mesos_core::Config;
use mesos_core::master::{MasterAddress, Scheme};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::task::AbortHandle;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{self, CertificateError, ClientConfig, RootCertStore};

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timeouts {
    /// Name look-up, TCP and TLS together.
    pub(crate) connect: Duration,
    /// From a request to its answer.
    pub(crate) answer: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Timeouts {
            connect: Duration::from_secs(5),
            answer: Duration::from_secs(15),
        }
    }
}

/// Why there is no connection to an address. Every message names the address, or the host name in it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    /// The resolver does not know the name, or could not be asked.
    #[error(
        "the host name `{host}` cannot be resolved ({source}): correct it in Mesos master, or in the DNS"
    )]
    Resolve { host: String, source: io::Error },
    /// Nobody listens there.
    #[error("{address} refuses connections: is a Mesos master running there, on this port?")]
    Refused { address: String, source: io::Error },
    /// No route, reset, and the like.
    #[error("{address} cannot be reached ({source}): check address, network and firewall")]
    Unreachable { address: String, source: io::Error },
    /// Silence.
    #[error("{address} did not answer within {within:?}: check address, network and firewall")]
    Timeout { address: String, within: Duration },
    /// TCP works, TLS does not.
    #[error("TLS with {address} failed ({source}): {}", tls_cure(source))]
    Tls { address: String, source: io::Error },
    /// The host is none that a certificate could be made out to.
    #[error("TLS cannot be used with the host `{host}`: use a DNS name or an IP address in Mesos master")]
    TlsName { host: String },
    /// The file with certificate authorities.
    #[error("the CA file {path} cannot be used ({problem}): correct CA file in the cloud, or the file")]
    CaFile { path: String, problem: String },
    /// The connection came up and broke at once.
    #[error("the connection to {address} broke off at its start ({source})")]
    Broken { address: String, source: hyper::Error },
}

fn tls_cure(error: &io::Error) -> &'static str {
    let plain = "does it speak plain HTTP? Then use http:// in Mesos master";
    let tls = error
        .get_ref()
        .and_then(|error| error.downcast_ref::<rustls::Error>());
    match tls {
        Some(rustls::Error::InvalidCertificate(problem)) => match problem {
            CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                "name a file with the certificate authority of the master as CA file in the cloud, or add it to the trusted \
                 ones of this system"
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "use a host name in Mesos master that is in the certificate"
            }
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => {
                "renew the certificate of the master, or correct the clock"
            }
            _ => "give the master a valid certificate",
        },
        Some(rustls::Error::InvalidMessage(_)) => plain,
        None if error.kind() == io::ErrorKind::UnexpectedEof => plain,
        _ => "check the TLS settings of the master",
    }
}

/// Bytes both ways, encrypted or not.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Opens connections. Clones share the TLS settings.
#[derive(Clone, Default)]
pub(crate) struct Connector {
    pub(crate) timeouts: Timeouts,
    tls: Option<TlsConnector>,
    /// PEM, read for each connection: it may be replaced while we run.
    ca_file: Option<PathBuf>,
}

/// One HTTP/1.1 connection; dropping it closes the socket.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) sender: SendRequest<Full<Bytes>>,
    pub(crate) closer: Closer,
}

/// Ends the task that moves bytes for a connection, and with it the connection.
#[derive(Debug)]
pub(crate) struct Closer(AbortHandle);

impl Drop for Closer {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Connector {
    /// Trusts what the system trusts and what is in the file that is configured, if one is.
    pub(crate) fn of(config: &Config) -> Self {
        let ca_file = Some(config.ca_file.trim()).filter(|path| !path.is_empty());
        Connector {
            ca_file: ca_file.map(PathBuf::from),
            ..Connector::default()
        }
    }

    /// Trusts these certificate authorities in place of the system's.
    #[cfg(test)]
    pub(crate) fn trusting(roots: RootCertStore) -> Self {
        let tls = client_config(roots).map(|config| TlsConnector::from(Arc::new(config)));
        Connector {
            tls,
            ..Connector::default()
        }
    }

    #[cfg(test)]
    pub(crate) fn patient(timeouts: Timeouts) -> Self {
        Connector {
            timeouts,
            ..Connector::default()
        }
    }

    /// Connects within the timeout for that.
    pub(crate) async fn connect(&self, address: &MasterAddress) -> Result<Connection, ConnectError> {
        let shown = address.authority();
        let stream = self.reach(address).await?;
        let (sender, connection) =
            http1::handshake(TokioIo::new(stream))
                .await
                .map_err(|source| ConnectError::Broken {
                    address: shown.clone(),
                    source,
                })?;
        let task = tokio::spawn(async move {
            // Whoever uses the connection hears of its end from the request in flight.
            if let Err(error) = connection.await {
                tracing::debug!("connection to {shown} ended: {error}");
            }
        });
        Ok(Connection {
            sender,
            closer: Closer(task.abort_handle()),
        })
    }

    /// The same without HTTP.
    pub(crate) async fn reach(&self, address: &MasterAddress) -> Result<Box<dyn Stream>, ConnectError> {
        let within = self.timeouts.connect;
        timeout(within, self.open(address))
            .await
            .map_err(|_| ConnectError::Timeout {
                address: address.authority(),
                within,
            })?
    }

    async fn open(&self, address: &MasterAddress) -> Result<Box<dyn Stream>, ConnectError> {
        let shown = address.authority();
        let tls = match (address.scheme, &self.tls, &self.ca_file) {
            (Scheme::Http | Scheme::Local, ..) => None,
            (Scheme::Https, Some(tls), _) => Some(tls.clone()),
            (Scheme::Https, None, Some(file)) => tls_with(file.clone()).await?,
            (Scheme::Https, None, None) => system_tls().cloned(),
        };
        let candidates: Vec<_> = lookup_host((address.host.as_str(), address.port))
            .await
            .map_err(|source| ConnectError::Resolve {
                host: address.host.clone(),
                source,
            })?
            .collect();
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        let mut tcp = None;
        // An address that swallows packets must not use up the time of those after it.
        let share = self.timeouts.connect / u32::try_from(candidates.len()).unwrap_or(1).max(1);
        for candidate in candidates {
            match timeout(share, TcpStream::connect(candidate)).await {
                Ok(Ok(stream)) => {
                    tcp = Some(stream);
                    break;
                }
                Ok(Err(error)) => last = error,
                Err(_) => last = io::ErrorKind::TimedOut.into(),
            }
        }
        let tcp = match tcp {
            Some(tcp) => tcp,
            None if last.kind() == io::ErrorKind::NotFound => {
                return Err(ConnectError::Resolve {
                    host: address.host.clone(),
                    source: last,
                });
            }
            None if last.kind() == io::ErrorKind::ConnectionRefused => {
                return Err(ConnectError::Refused {
                    address: shown,
                    source: last,
                });
            }
            None if last.kind() == io::ErrorKind::TimedOut => {
                let within = self.timeouts.connect;
                return Err(ConnectError::Timeout {
                    address: shown,
                    within,
                });
            }
            None => {
                return Err(ConnectError::Unreachable {
                    address: shown,
                    source: last,
                });
            }
        };
        // Calls are small and urgent.
        if let Err(error) = tcp.set_nodelay(true) {
            tracing::debug!("no TCP_NODELAY to {shown}: {error}");
        }
        match address.scheme {
            // The master within this process is not spoken to over the network.
            Scheme::Http | Scheme::Local => Ok(Box::new(tcp)),
            Scheme::Https => {
                let tls = tls.ok_or_else(|| ConnectError::Tls {
                    address: shown.clone(),
                    source: io::Error::other("the TLS library could not be set up"),
                })?;
                let name = ServerName::try_from(address.host.clone()).map_err(|_| ConnectError::TlsName {
                    host: address.host.clone(),
                })?;
                let stream = tls.connect(name, tcp).await.map_err(|source| ConnectError::Tls {
                    address: shown,
                    source,
                })?;
                Ok(Box::new(stream))
            }
        }
    }
}

/// TLS that trusts what the system trusts and what is in this file.
async fn tls_with(file: PathBuf) -> Result<Option<TlsConnector>, ConnectError> {
    let path = file.display().to_string();
    let unusable = |problem: String| ConnectError::CaFile {
        path: path.clone(),
        problem,
    };
    let read = move || {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let mut found = 0;
        for certificate in CertificateDer::pem_file_iter(&file).map_err(|error| error.to_string())? {
            let certificate = certificate.map_err(|error| error.to_string())?;
            roots.add(certificate).map_err(|error| error.to_string())?;
            found += 1;
        }
        match found {
            0 => Err("there is no certificate in it".to_owned()),
            _ => Ok(roots),
        }
    };
    let roots = tokio::task::spawn_blocking(read)
        .await
        .map_err(|error| unusable(error.to_string()))?
        .map_err(unusable)?;
    Ok(client_config(roots).map(|config| TlsConnector::from(Arc::new(config))))
}

/// TLS that trusts what the system trusts (or the file that `SSL_CERT_FILE` names), read once.
fn system_tls() -> Option<&'static TlsConnector> {
    static SYSTEM: OnceLock<Option<TlsConnector>> = OnceLock::new();
    SYSTEM
        .get_or_init(|| {
            let mut roots = RootCertStore::empty();
            let found = rustls_native_certs::load_native_certs();
            for error in &found.errors {
                tracing::warn!("some trusted certificates of this system cannot be read: {error}");
            }
            let (added, ignored) = roots.add_parsable_certificates(found.certs);
            tracing::debug!(
                "TLS trusts {added} certificate authorities of this system ({ignored} are not usable)"
            );
            client_config(roots).map(|config| TlsConnector::from(Arc::new(config)))
        })
        .as_ref()
}

fn client_config(roots: RootCertStore) -> Option<ClientConfig> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .inspect_err(|error| tracing::error!("TLS cannot be set up: {error}"))
        .ok()?;
    Some(builder.with_root_certificates(roots).with_no_client_auth())
}
