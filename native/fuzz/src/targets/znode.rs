//! Any content of a master's znode: an address that can be spoken to, or a message. With a line feed in it, the part before
//! is the znode's name.

use mesos_client::fuzzing;

use crate::shape::{shape, words};

pub(crate) fn run(input: &[u8]) -> u64 {
    let (name, content) = match input.iter().position(|byte| *byte == b'\n') {
        Some(at) => (
            String::from_utf8_lossy(&input[..at]).into_owned(),
            &input[at + 1..],
        ),
        None => (String::new(), input),
    };
    let children = [name.clone(), "json.info_0000000007".to_owned()];
    let leads = fuzzing::leading_child(&children);
    assert!(
        leads.is_some_and(|leads| children.contains(&leads)),
        "nobody leads of {children:?}"
    );
    match fuzzing::znode(content) {
        Ok(address) => {
            assert!(address.port > 0 && !address.host.is_empty(), "{address:?}");
            let colon = address.host.contains(':');
            shape((0, colon, address.host.parse::<std::net::IpAddr>().is_ok()))
        }
        Err(message) => {
            assert!(!message.is_empty(), "an error without a word");
            shape((1, words(&message)))
        }
    }
}
