//! Debug output of messages that hold secrets: names yes, secrets no.

use std::fmt::{self, Debug, Formatter};

use crate::generated::{Credential, command_info, environment, secret};

const HIDDEN: &str = "(hidden)";

/// An address may hold a login, or be all that is needed to fetch an agent's secret.
impl Debug for command_info::Uri {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Uri")
            .field("value", &HIDDEN)
            .field("executable", &self.executable)
            .field("extract", &self.extract)
            .field("cache", &self.cache)
            .field("output_file", &self.output_file)
            .finish()
    }
}

impl Debug for environment::Variable {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Variable")
            .field("name", &self.name)
            .field("value", &self.value.as_ref().map(|_| HIDDEN))
            .field("type", &self.r#type)
            .field("secret", &self.secret)
            .finish()
    }
}

impl Debug for secret::Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Value").field("data", &HIDDEN).finish()
    }
}

impl Debug for Credential {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("principal", &self.principal)
            .field("secret", &self.secret.as_ref().map(|_| HIDDEN))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Environment, Secret};

    #[test]
    fn an_environment_shows_its_names_and_hides_its_values() {
        let environment = Environment {
            variables: vec![environment::Variable {
                name: "AGENT_SECRET".to_owned(),
                value: Some("tell-nobody".to_owned()),
                r#type: None,
                secret: Some(Secret {
                    value: Some(secret::Value {
                        data: b"tell-nobody".to_vec(),
                    }),
                    ..Secret::default()
                }),
            }],
        };
        let shown = format!("{environment:?}");
        assert!(shown.contains("AGENT_SECRET"), "{shown}");
        assert!(!shown.contains("tell-nobody"), "{shown}");
        let bytes = format!("{:?}", b"tell-nobody".as_slice());
        assert!(!shown.contains(&bytes), "{shown}");
    }

    #[test]
    fn a_file_to_be_fetched_shows_its_name_and_hides_its_address() {
        let uri = command_info::Uri {
            value: "https://user:tell-nobody@files/x".to_owned(),
            output_file: Some("x.tar".to_owned()),
            ..command_info::Uri::default()
        };
        let shown = format!("{uri:?}");
        assert!(
            shown.contains("x.tar") && !shown.contains("tell-nobody"),
            "{shown}"
        );
    }

    #[test]
    fn a_credential_shows_its_principal_and_hides_its_secret() {
        let credential = Credential {
            principal: "jenkins".to_owned(),
            secret: Some("tell-nobody".to_owned()),
        };
        let shown = format!("{credential:?}");
        assert!(
            shown.contains("jenkins") && !shown.contains("tell-nobody"),
            "{shown}"
        );
    }
}
