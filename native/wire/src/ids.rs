//! Identifiers from and to text.

use std::fmt::{self, Display, Formatter};

use crate::generated::{AgentId, ExecutorId, FrameworkId, OfferId, OperationId, ResourceProviderId, TaskId};

macro_rules! text {
    ($($id:ident)*) => {$(
        impl From<&str> for $id {
            fn from(value: &str) -> Self {
                Self { value: value.to_owned() }
            }
        }

        impl From<String> for $id {
            fn from(value: String) -> Self {
                Self { value }
            }
        }

        impl Display for $id {
            fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
                f.write_str(&self.value)
            }
        }
    )*};
}

text!(AgentId ExecutorId FrameworkId OfferId OperationId ResourceProviderId TaskId);
