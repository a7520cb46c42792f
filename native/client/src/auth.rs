//! HTTP basic authentication with a principal and its secret.

use std::fmt;

use hyper::header::HeaderValue;

/// The value of an `Authorization` header; `Debug` hides it, and hyper does not log it.
#[derive(Clone)]
pub(crate) struct Authorization(HeaderValue);

impl Authorization {
    /// `None` unless there is a principal. A secret left out is an empty one.
    pub(crate) fn basic(principal: Option<&str>, secret: Option<&str>) -> Option<Self> {
        let principal = principal.filter(|principal| !principal.is_empty())?;
        let pair = format!("{principal}:{}", secret.unwrap_or_default());
        // Base64 is ASCII, so that this cannot fail.
        let mut value = HeaderValue::try_from(format!("Basic {}", base64(pair.as_bytes()))).ok()?;
        value.set_sensitive(true);
        Some(Authorization(value))
    }

    pub(crate) fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authorization(hidden)")
    }
}

/// RFC 4648, section 4.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let mut group = [0; 3];
        group[..chunk.len()].copy_from_slice(chunk);
        let bits = u32::from_be_bytes([0, group[0], group[1], group[2]]);
        for position in 0..4 {
            if position <= chunk.len() {
                let digit = (bits >> (18 - 6 * position)) & 0x3f;
                text.push(char::from(DIGITS[digit as usize]));
            } else {
                text.push('=');
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_test_vectors_of_rfc_4648_hold() {
        for (plain, encoded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
        assert_eq!(base64(&[0xfb, 0xff, 0xfe]), "+//+");
    }

    #[test]
    fn a_principal_and_its_secret_become_one_header_that_is_never_shown() {
        let authorization = Authorization::basic(Some("jenkins"), Some("hunter2")).unwrap();
        assert_eq!(
            authorization.header().to_str().unwrap(),
            "Basic amVua2luczpodW50ZXIy"
        );
        assert!(authorization.header().is_sensitive());
        assert_eq!(format!("{authorization:?}"), "Authorization(hidden)");
    }

    #[test]
    fn without_a_principal_nothing_is_sent() {
        assert!(Authorization::basic(None, Some("hunter2")).is_none());
        assert!(Authorization::basic(Some(""), Some("hunter2")).is_none());
    }
}
