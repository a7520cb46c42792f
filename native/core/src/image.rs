//! Names of Docker images.

/// What is wrong with the name of an image, and the cure; completes «the image …».
///
/// The grammar is Docker's: `[host[:port]/]path[:tag][@digest]`. A name of another shape could be taken for an option of
/// `docker run`.
pub(crate) fn check_image(name: &str) -> Result<(), String> {
    let example = "write it as in registry:5000/team/agent:17";
    if name.is_empty() {
        return Err(format!("is empty: {example}"));
    }
    if name.len() > 512 {
        return Err(format!("is longer than 512 letters: {example}"));
    }
    if let Some(bad) = name
        .chars()
        .find(|c| !(c.is_ascii_alphanumeric() || "._-/:@".contains(*c)))
    {
        return Err(format!(
            "has `{}` in it, which no name of an image has: {example}",
            bad.escape_default()
        ));
    }
    let (rest, digest) = match name.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (name, None),
    };
    let good_digest = |digest: &str| {
        digest.split_once(':').is_some_and(|(algorithm, sum)| {
            !algorithm.is_empty() && sum.len() >= 32 && sum.bytes().all(|b| b.is_ascii_hexdigit())
        })
    };
    if digest.is_some_and(|digest| !good_digest(digest)) {
        return Err(
            "has a digest that is none: write it as in agent@sha256:… with all its digits".to_owned(),
        );
    }
    // A colon behind the last slash begins a tag; before it, a port.
    let (path, tag) = match rest.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => (path, Some(tag)),
        _ => (rest, None),
    };
    let good_tag = |tag: &str| {
        (1..=128).contains(&tag.len())
            && !tag.starts_with(['.', '-'])
            && tag
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
    };
    if tag.is_some_and(|tag| !good_tag(tag)) {
        return Err(format!("has a tag that Docker refuses: {example}"));
    }
    let mut parts: Vec<&str> = path.split('/').collect();
    let first = parts.first().copied().unwrap_or_default();
    let is_host = parts.len() > 1
        && (first.contains(['.', ':'])
            || first == "localhost"
            || first.bytes().any(|b| b.is_ascii_uppercase()));
    if is_host {
        parts.remove(0);
        let (host, port) = first
            .split_once(':')
            .map_or((first, None), |(host, port)| (host, Some(port)));
        let good_host = !host.is_empty()
            && !host.starts_with(['-', '.'])
            && host
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b".-".contains(&b));
        let good_port = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
        if !good_host || !good_port {
            return Err(format!(
                "has no registry's address before its first slash: {example}"
            ));
        }
    }
    for part in parts {
        if part.is_empty() {
            return Err(format!("has a slash at an end or twice in a row: {example}"));
        }
        if part.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(
                "has capitals, which Docker refuses in the name of a repository: write it small".to_owned(),
            );
        }
        let edge = |c: char| "._-".contains(c);
        if part.starts_with(edge) || part.ends_with(edge) || part.contains(':') {
            return Err(format!("has the part `{part}`, which Docker refuses: {example}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_docker_takes_are_taken() {
        for good in [
            "ubuntu",
            "ubuntu:22.04",
            "library/open_jdk:17-jre",
            "registry:5000/team/a.b/agent:1_x",
            "localhost/agent",
            "Registry.Example.com/agent:V1",
            "ghcr.io/a/b@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
            "agent:tag@sha256:0123456789abcdef0123456789abcdef",
        ] {
            assert_eq!(check_image(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn what_docker_would_refuse_or_take_for_an_option_is_refused() {
        for bad in [
            "",
            " ",
            "-v/:/host",
            "--privileged",
            "a b",
            "agent:",
            "agent:-x",
            "Agent",
            "team//agent",
            "/agent",
            "agent/",
            "a.b:0/agent",
            "a.b:x/agent",
            "agent@sha256:12",
            "agent@",
            "$(reboot)",
            "agent;x",
            "a:b:c",
        ] {
            let problem = check_image(bad).expect_err(bad);
            assert!(problem.contains(": "), "{bad}: {problem}");
        }
    }
}
