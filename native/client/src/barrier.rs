//! A future that gives a panic as an error.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

/// The text of a panic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Panic(pub(crate) String);

/// Runs `future`; what it panics with is the error. State that it shares must be sound after a panic at any await.
pub(crate) fn catch<F: Future>(future: F) -> Catch<F> {
    Catch {
        future: Box::pin(future),
    }
}

pub(crate) struct Catch<F> {
    future: Pin<Box<F>>,
}

impl<F: Future> Future for Catch<F> {
    type Output = Result<F::Output, Panic>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match catch_unwind(AssertUnwindSafe(|| self.future.as_mut().poll(context))) {
            Ok(poll) => poll.map(Ok),
            Err(payload) => Poll::Ready(Err(Panic(text(payload.as_ref())))),
        }
    }
}

fn text(payload: &(dyn Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        "a panic without a text".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_after_an_await_becomes_an_error() {
        let outcome: Result<(), _> = catch(async {
            tokio::task::yield_now().await;
            panic!("no number at hand");
        })
        .await;
        assert_eq!(outcome, Err(Panic("no number at hand".to_owned())));
        assert_eq!(catch(async { 5 }).await, Ok(5));
    }
}
