//! One HTTP/1.1 connection with many requests on their way: they are written one behind the other, and answered in that
//! order.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::connect::Stream;
use crate::http;

/// A head or a body that is longer than this is not read on, in bytes.
const LONGEST: usize = 16 * 1024;
const HEADERS: usize = 48;
/// Most reads give one or a few answers, in bytes.
const READ: usize = 2048;

/// What a master says to one request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Of a redirect.
    pub(crate) location: Option<String>,
    /// The beginning of the body, in one line.
    pub(crate) body: String,
    /// Nothing comes after it.
    pub(crate) last: bool,
}

/// Why nothing more comes.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PipeError {
    #[error("the master closed it")]
    Closed,
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("what came is not HTTP: {0}")]
    Garbage(String),
}

/// The connection. Dropping it closes the socket.
pub(crate) struct Pipe {
    stream: Box<dyn Stream>,
    output: BytesMut,
    input: BytesMut,
    /// Bytes that were put in so far, and how many of them were taken by the socket.
    asked: u64,
    written: u64,
}

impl Pipe {
    pub(crate) fn new(stream: Box<dyn Stream>) -> Self {
        Self {
            stream,
            output: BytesMut::new(),
            input: BytesMut::new(),
            asked: 0,
            written: 0,
        }
    }

    /// Puts a request at the end, written by `write`; gives the number of its last byte.
    pub(crate) fn ask(&mut self, write: impl FnOnce(&mut BytesMut)) -> u64 {
        let before = self.output.len();
        write(&mut self.output);
        self.asked += self.output.len().saturating_sub(before) as u64;
        self.asked
    }

    /// Whether the master can have seen all bytes up to this one.
    pub(crate) fn has_written(&self, byte: u64) -> bool {
        self.written >= byte
    }

    /// Writes what is to be written and waits for the next answer. Cancel safe. After an error, and after an answer that is
    /// the last, the connection cannot be used any more.
    pub(crate) async fn next(&mut self) -> Result<Answer, PipeError> {
        poll_fn(|context| self.poll_next(context)).await
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Answer, PipeError>> {
        // An answer that is there already counts, even if no more can be written.
        let written = self.poll_write(context);
        loop {
            if let Some(answer) = self.take(false)? {
                return Poll::Ready(Ok(answer));
            }
            match self.poll_read(context) {
                Poll::Ready(Ok(0)) => {
                    return Poll::Ready(match self.take(true)? {
                        Some(answer) => Ok(answer),
                        None => Err(PipeError::Closed),
                    });
                }
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error.into())),
                Poll::Pending => break,
            }
        }
        match written {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error.into())),
            _ => Poll::Pending,
        }
    }

    fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.output.is_empty() {
            return Poll::Ready(Ok(()));
        }
        while !self.output.is_empty() {
            let count = ready!(Pin::new(&mut self.stream).poll_write(context, &self.output))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.output.advance(count);
            self.written += count as u64;
        }
        // A large one does not keep its memory.
        self.output = BytesMut::new();
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut space = [0; READ];
        let mut buffer = ReadBuf::new(&mut space);
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer))?;
        self.input.extend_from_slice(buffer.filled());
        Poll::Ready(Ok(buffer.filled().len()))
    }

    /// What is known of the next answer although it is not complete; for one that takes too long.
    pub(crate) fn unfinished(&mut self) -> Option<Answer> {
        self.take(true).ok().flatten()
    }

    /// The next answer, if it is complete, or if `ended` at least its head is.
    fn take(&mut self, ended: bool) -> Result<Option<Answer>, PipeError> {
        loop {
            let Some((mut answer, head, length)) = read_head(&self.input)? else {
                return match self.input.len() > LONGEST {
                    true => Err(PipeError::Garbage("an endless head".to_owned())),
                    false => Ok(None),
                };
            };
            let rest = self.input.get(head..).unwrap_or_default();
            let (body, whole) = match length {
                Length::Bytes(length) => match rest.get(..length) {
                    Some(body) => (body.to_vec(), Some(length)),
                    None => (rest.to_vec(), None),
                },
                Length::Chunks => chunks(rest)?,
                Length::Connection => (rest.to_vec(), None),
            };
            if let Some(length) = whole {
                self.input.advance(head + length);
                if (100..200).contains(&answer.status) {
                    continue;
                }
            } else if ended || body.len() > LONGEST || rest.len() > 2 * LONGEST {
                answer.last = true;
            } else {
                return Ok(None);
            }
            answer.body = http::excerpt_of(&body);
            return Ok(Some(answer));
        }
    }
}

/// How long a body is.
enum Length {
    Bytes(usize),
    Chunks,
    /// Until the connection ends.
    Connection,
}

/// An answer without its body, and how long head and body are; none if the head is not complete.
fn read_head(input: &[u8]) -> Result<Option<(Answer, usize, Length)>, PipeError> {
    if input.is_empty() {
        return Ok(None);
    }
    let garbage = |error: httparse::Error| PipeError::Garbage(error.to_string());
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head) = response.parse(input).map_err(garbage)? else {
        return Ok(None);
    };
    let status = response.code.unwrap_or_default();
    let values = |name: &'static str| {
        response
            .headers
            .iter()
            .filter(move |header| header.name.eq_ignore_ascii_case(name))
            .map(|header| String::from_utf8_lossy(header.value))
    };
    let has = |name: &'static str, word: &str| {
        values(name).any(|value| {
            value
                .split(',')
                .any(|part| part.trim().eq_ignore_ascii_case(word))
        })
    };
    let length = if (100..200).contains(&status) || matches!(status, 204 | 304) {
        Length::Bytes(0)
    } else if has("transfer-encoding", "chunked") {
        Length::Chunks
    } else {
        match values("content-length").next() {
            Some(text) => Length::Bytes(
                text.trim()
                    .parse()
                    .map_err(|_| PipeError::Garbage(format!("a body of `{text}` bytes")))?,
            ),
            None => Length::Connection,
        }
    };
    let answer = Answer {
        status,
        location: values("location")
            .next()
            .filter(|_| http::is_redirect(status))
            .map(std::borrow::Cow::into_owned),
        body: String::new(),
        // HTTP/1.0 ends after each.
        last: response.version != Some(1) || has("connection", "close"),
    };
    Ok(Some((answer, head, length)))
}

/// The body that comes in chunks, and how many bytes it takes up; none if it is not complete.
fn chunks(input: &[u8]) -> Result<(Vec<u8>, Option<usize>), PipeError> {
    let garbage = || PipeError::Garbage("a wrong chunk".to_owned());
    let (mut body, mut at) = (Vec::new(), 0);
    loop {
        let rest = input.get(at..).unwrap_or_default();
        let (line, size) = match httparse::parse_chunk_size(rest).map_err(|_| garbage())? {
            httparse::Status::Complete((line, size)) => (line, usize::try_from(size).map_err(|_| garbage())?),
            httparse::Status::Partial => return Ok((body, None)),
        };
        at += line;
        if size == 0 {
            // Trailers end with an empty line.
            loop {
                let rest = input.get(at..).unwrap_or_default();
                let Some(end) = rest.windows(2).position(|two| two == b"\r\n") else {
                    return Ok((body, None));
                };
                at += end + 2;
                if end == 0 {
                    return Ok((body, Some(at)));
                }
            }
        }
        let rest = input.get(at..).unwrap_or_default();
        let Some(data) = rest.get(..size) else {
            body.extend_from_slice(rest);
            return Ok((body, None));
        };
        body.extend_from_slice(data);
        match rest.get(size..).and_then(|after| after.get(..2)) {
            Some(b"\r\n") => at += size + 2,
            Some(_) => return Err(garbage()),
            None => return Ok((body, None)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read of bytes that arrive in pieces of this length, until the connection ends.
    async fn read(bytes: &[u8], pieces: usize) -> (Vec<Answer>, PipeError) {
        let (ours, mut theirs) = tokio::io::duplex(64);
        let bytes = bytes.to_vec();
        let writer = tokio::spawn(async move {
            use tokio::io::AsyncWriteExt;
            for piece in bytes.chunks(pieces) {
                theirs.write_all(piece).await.unwrap();
                tokio::task::yield_now().await;
            }
        });
        let mut pipe = Pipe::new(Box::new(ours));
        let mut answers = Vec::new();
        let end = loop {
            match pipe.next().await {
                Ok(answer) if answer.last => {
                    answers.push(answer);
                    break PipeError::Closed;
                }
                Ok(answer) => answers.push(answer),
                Err(error) => break error,
            }
        };
        drop(pipe);
        drop(writer.await);
        (answers, end)
    }

    fn answer(status: u16, body: &str) -> Answer {
        Answer {
            status,
            location: None,
            body: body.to_owned(),
            last: false,
        }
    }

    #[tokio::test]
    async fn answers_are_told_apart_however_they_are_cut() {
        let bytes = b"HTTP/1.1 202 Accepted\r\nDate: x\r\nContent-Length: 0\r\n\r\n\
            HTTP/1.1 100 Continue\r\n\r\n\
            HTTP/1.1 403 Forbidden\r\ncontent-length: 9\r\n\r\nbad\nwords\
            HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nbad\r\n5\r\n call\r\n0\r\nA: b\r\n\r\n\
            HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n";
        for pieces in [1, 7, 64, 1000] {
            let (answers, end) = read(bytes, pieces).await;
            let expected = [
                answer(202, ""),
                answer(403, "bad words"),
                answer(400, "bad call"),
                answer(202, ""),
            ];
            assert_eq!(answers, expected, "in pieces of {pieces}");
            assert!(matches!(end, PipeError::Closed), "{end}");
        }
    }

    #[tokio::test]
    async fn an_answer_may_say_that_it_is_the_last() {
        for bytes in [
            b"HTTP/1.1 503 Unavailable\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n".as_slice(),
            b"HTTP/1.0 503 Unavailable\r\nContent-Length: 0\r\n\r\n",
            b"HTTP/1.1 503 Unavailable\r\n\r\nuntil the end",
            b"HTTP/1.1 503 Unavailable\r\nContent-Length: 99\r\n\r\ncut",
        ] {
            let (answers, _) = read(bytes, 1000).await;
            assert_eq!((answers[0].status, answers[0].last), (503, true));
        }
    }

    #[tokio::test]
    async fn a_redirect_says_where_to() {
        let bytes =
            b"HTTP/1.1 307 Temporary Redirect\r\nLocation: //10.0.0.2:5050\r\nContent-Length: 0\r\n\r\n";
        let (answers, _) = read(bytes, 1000).await;
        assert_eq!(answers[0].location.as_deref(), Some("//10.0.0.2:5050"));
    }

    #[tokio::test]
    async fn garbage_is_an_error() {
        let long = [b"HTTP/1.1 202 Accepted\r\nX: ".to_vec(), vec![b'x'; 3 * LONGEST]].concat();
        for bytes in [
            b"SSH-2.0-OpenSSH\r\n\r\n".as_slice(),
            b"HTTP/1.1 202 Accepted\r\nContent-Length: many\r\n\r\n",
            b"HTTP/1.1 400 Bad\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            b"HTTP/1.1 400 Bad\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
            &long,
        ] {
            let (answers, end) = read(bytes, 1000).await;
            assert!(
                answers.is_empty() && matches!(end, PipeError::Garbage(_)),
                "{answers:?} {end}"
            );
        }
    }

    #[tokio::test]
    async fn an_endless_body_is_not_read_to_its_end() {
        let bytes = [
            b"HTTP/1.1 500 Oh\r\nContent-Length: 99999999\r\n\r\n".to_vec(),
            vec![b'x'; 3 * LONGEST],
        ]
        .concat();
        let (answers, _) = read(&bytes, 1000).await;
        assert_eq!(
            (answers[0].status, answers[0].body.len(), answers[0].last),
            (500, http::EXCERPT, true)
        );
    }
}
