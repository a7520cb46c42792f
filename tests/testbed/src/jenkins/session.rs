//! Users, and being signed in as one of them.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::error::RunError;
use crate::http::Client;

/// A user with a password of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct User(pub &'static str);

/// May do everything.
pub const ADMIN: User = User("admin");
/// A second user. Until a case gives permissions, every user may do everything.
pub const READER: User = User("reader");

/// The configuration as code of each Jenkins: users and the address.
pub(super) fn casc(port: u16) -> String {
    let users: String = [ADMIN, READER]
        .map(|User(name)| format!("        - id: {name}\n          password: {name}\n"))
        .concat();
    format!(
        "jenkins:\n  securityRealm:\n    local:\n      allowsSignup: false\n      users:\n\
         {users}  authorizationStrategy:\n    loggedInUsersCanDoAnything:\n      allowAnonymousRead: false\n\
         unclassified:\n  location:\n    url: http://127.0.0.1:{port}/\n"
    )
}

pub(super) fn client(port: u16) -> Client {
    Client::new(format!("http://127.0.0.1:{port}"))
}

/// A client in a session of its own, whose POSTs carry the session's crumb.
pub(super) fn sign_in(port: u16, user: Option<User>) -> Result<Client, RunError> {
    let mut client = client(port);
    if let Some(User(name)) = user {
        let words = BASE64_STANDARD.encode(format!("{name}:{name}"));
        client = client.with_header("Authorization", &format!("Basic {words}"));
    }
    let answer = client.get("/crumbIssuer/api/json")?.good()?;
    let session = answer.cookies.join("; ");
    let crumb = answer.json()?;
    let text = |key: &str| crumb[key].as_str().unwrap_or_default().to_owned();
    Ok(client
        .with_header("Cookie", &session)
        .with_header(&text("crumbRequestField"), &text("crumb")))
}
