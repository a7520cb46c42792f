//! What a task's program said last, from the files of its sandbox, which the Mesos agent serves.

use std::time::Duration;

use mesos_core::{Notice, Sandbox, with_words};
use serde::Deserialize;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::connect::Connector;
use crate::http;

/// For all of it; Java waits for the end of a lost agent a little longer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(3);
/// From the end of the file, in bytes.
const TAIL: u64 = 4096;
/// JSON of [`TAIL`] bytes, each of which may be an escape.
const LONGEST_BODY: usize = 64 * 1024;
/// Where many agents fail at once, the others' messages stay as they are.
const AT_ONCE: usize = 8;

static READERS: Semaphore = Semaphore::const_new(AT_ONCE);

#[derive(Debug, Deserialize)]
struct Part {
    #[serde(default)]
    data: String,
    #[serde(default)]
    offset: u64,
}

/// The notice with the last words of the task, if there is one that has a sandbox to be asked for, and they can be had soon.
pub(crate) async fn explained(connector: &Connector, notice: Notice, patience: Duration) -> Notice {
    let Notice::Ended {
        name,
        state,
        reason,
        message,
        requested,
        again,
        sandbox: Some(sandbox),
    } = notice
    else {
        return notice;
    };
    let words = match READERS.try_acquire() {
        Ok(_permit) => timeout(patience, last_words(connector, &sandbox))
            .await
            .unwrap_or_else(|_| Err("no answer in time".to_owned())),
        Err(_) => Err("many others are being asked for".to_owned()),
    };
    let message = match words {
        Ok(words) => with_words(message, &words),
        Err(problem) => {
            tracing::debug!(
                "the sandbox of {name} at {} is not to be had: {problem}",
                sandbox.agent
            );
            message
        }
    };
    Notice::Ended {
        name,
        state,
        reason,
        message,
        requested,
        again,
        sandbox: None,
    }
}

/// The end of the task's standard error.
async fn last_words(connector: &Connector, sandbox: &Sandbox) -> Result<String, String> {
    let path = format!("{}/stderr", sandbox.folder);
    // Without a length, the agent tells how long the file is.
    let size = read(connector, sandbox, &format!("path={path}&offset=-1"))
        .await?
        .offset;
    let offset = size.saturating_sub(TAIL);
    let part = read(
        connector,
        sandbox,
        &format!("path={path}&offset={offset}&length={TAIL}"),
    )
    .await?;
    Ok(match offset {
        0 => part.data,
        // The first line is a part of one.
        _ => part
            .data
            .split_once('\n')
            .map(|(_, rest)| rest.to_owned())
            .unwrap_or_default(),
    })
}

/// The framework's own login is for masters, and not sent here: an agent that wants one keeps its files to itself.
async fn read(connector: &Connector, sandbox: &Sandbox, query: &str) -> Result<Part, String> {
    let text = |error: &dyn std::error::Error| error.to_string();
    let mut connection = connector
        .connect(&sandbox.agent)
        .await
        .map_err(|error| text(&error))?;
    let request =
        http::get(&sandbox.agent, None, &format!("/files/read?{query}")).map_err(|error| text(&error))?;
    let response = connection
        .sender
        .send_request(request)
        .await
        .map_err(|error| text(&error))?;
    if !response.status().is_success() {
        return Err(format!("status {}", response.status().as_u16()));
    }
    let body = http::whole(response.into_body(), LONGEST_BODY)
        .await
        .map_err(|error| text(&error))?;
    serde_json::from_slice(&body).map_err(|error| text(&error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mesos_core::MasterAddress;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    /// An agent that gives these answers, one for each connection, and the notice of a task whose sandbox it has.
    async fn failed(answers: Vec<String>) -> Notice {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            for answer in answers {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut head = [0; 4096];
                let length = stream.read(&mut head).await.unwrap();
                let head = String::from_utf8_lossy(&head[..length]).into_owned();
                assert!(
                    head.starts_with("GET /files/read?path=/frameworks/f/executors/n/runs/latest/stderr&"),
                    "{head}"
                );
                assert!(!head.to_ascii_lowercase().contains("authorization"), "{head}");
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        notice(port)
    }

    fn notice(port: u16) -> Notice {
        Notice::Ended {
            name: "n".to_owned(),
            state: "TASK_FAILED".to_owned(),
            reason: None,
            message: Some("it failed".to_owned()),
            requested: false,
            again: false,
            sandbox: Some(Sandbox::new(
                MasterAddress {
                    scheme: mesos_core::master::Scheme::Http,
                    host: "127.0.0.1".to_owned(),
                    port,
                },
                "/frameworks/f/executors/n/runs/latest",
            )),
        }
    }

    fn json(body: &str) -> String {
        format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
    }

    async fn message(answers: Vec<String>) -> String {
        let notice = explained(&Connector::default(), failed(answers).await, PATIENCE).await;
        match notice {
            Notice::Ended {
                message: Some(message),
                sandbox: None,
                ..
            } => message,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn the_last_words_are_told() {
        let answers = vec![
            json(r#"{"data":"","offset":12}"#),
            json(r#"{"data":"one\ntwo\n","offset":0}"#),
        ];
        assert_eq!(message(answers).await, "it failed; its last words:\none\ntwo");
    }

    #[tokio::test]
    async fn of_a_long_file_whole_lines_are_told() {
        let answers = vec![
            json(r#"{"data":"","offset":9000}"#),
            json(r#"{"data":"the end of a line\nlast\n","offset":4904}"#),
        ];
        assert_eq!(message(answers).await, "it failed; its last words:\nlast");
    }

    #[tokio::test]
    async fn an_agent_that_keeps_its_files_changes_nothing() {
        let refused = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n".to_owned();
        assert_eq!(message(vec![refused]).await, "it failed");
        assert_eq!(message(vec!["nonsense".to_owned()]).await, "it failed");
    }

    #[tokio::test]
    async fn a_silent_agent_is_not_waited_for() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let silent = notice(port);
        let told = explained(&Connector::default(), silent, Duration::from_millis(20)).await;
        assert!(matches!(told, Notice::Ended { message: Some(message), .. } if message == "it failed"));
    }
}
