//! An offer read where it lies, for those who look at thousands and use few.

use std::ops::Range;

use bytes::Bytes;
use prost::Message as _;

use crate::generated::scheduler::event;
use crate::generated::{Offer, value};

/// Bytes that are no offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an offer cannot be read")]
pub struct OfferError;

/// What is needed of an offer to judge it. Nothing is copied.
#[derive(Debug, Clone)]
pub struct OfferView<'a> {
    /// Value of its id.
    pub id: &'a str,
    /// Value of the agent's id.
    pub agent_id: &'a str,
    /// The agent's host name.
    pub hostname: &'a str,
    /// The role it was made for, by the offer itself.
    pub role: Option<&'a str>,
    /// Begin and length of the planned maintenance, in nanoseconds.
    pub unavailability: Option<(i64, Option<i64>)>,
    bytes: &'a [u8],
    /// From the first resource to the end of the last one, with what else lies between.
    resources: Range<usize>,
}

/// A resource of an offer.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ResourceView<'a> {
    /// Its name.
    pub name: &'a str,
    /// Number of its [`value::Type`].
    pub r#type: i32,
    /// The amount, if it has one.
    pub scalar: Option<f64>,
    /// Whether it is a volume or a disk of its own.
    pub disk: bool,
    /// Whether the master may take it back at any time.
    pub revocable: bool,
    /// Whether several tasks may use it at once.
    pub shared: bool,
    /// The role it was offered to.
    pub allocated: Option<&'a str>,
    /// The role it is reserved for, in the format before reservations were a stack.
    pub role: Option<&'a str>,
    /// The role of the last reservation of the stack; an empty text where that one names none.
    pub reserved: Option<&'a str>,
    ranges: &'a [u8],
}

/// Numbers of the members of `Offer`.
mod offer {
    pub(super) const ID: u32 = 1;
    pub(super) const AGENT_ID: u32 = 3;
    pub(super) const HOSTNAME: u32 = 4;
    pub(super) const RESOURCES: u32 = 5;
    pub(super) const ATTRIBUTES: u32 = 7;
    pub(super) const UNAVAILABILITY: u32 = 9;
    pub(super) const ALLOCATION_INFO: u32 = 10;
    pub(super) const DOMAIN: u32 = 11;
}

/// Numbers of the members of `Resource`.
mod resource {
    pub(super) const NAME: u32 = 1;
    pub(super) const TYPE: u32 = 2;
    pub(super) const SCALAR: u32 = 3;
    pub(super) const RANGES: u32 = 4;
    pub(super) const ROLE: u32 = 6;
    pub(super) const DISK: u32 = 7;
    pub(super) const REVOCABLE: u32 = 9;
    pub(super) const SHARED: u32 = 10;
    pub(super) const ALLOCATION_INFO: u32 = 11;
    pub(super) const RESERVATIONS: u32 = 13;
}

/// In `AllocationInfo`.
const ALLOCATED_ROLE: u32 = 1;
/// In `ReservationInfo`.
const RESERVED_ROLE: u32 = 3;

impl<'a> OfferView<'a> {
    /// Reads the members that are told here; resources are read when they are asked for.
    ///
    /// # Errors
    /// When the bytes are no message, or lack what every offer has.
    pub fn new(bytes: &'a [u8]) -> Result<Self, OfferError> {
        let (mut id, mut agent_id, mut hostname) = (None, None, None);
        let (mut role, mut unavailability) = (None, None);
        let mut resources: Option<Range<usize>> = None;
        let mut fields = Fields::new(bytes);
        loop {
            let begin = fields.at;
            let Some(field) = fields.next() else { break };
            let (number, value) = field?;
            match (number, value) {
                (offer::ID, Value::Bytes(id_bytes)) => id = text_in(id_bytes, 1)?,
                (offer::AGENT_ID, Value::Bytes(id_bytes)) => agent_id = text_in(id_bytes, 1)?,
                (offer::HOSTNAME, Value::Bytes(name)) => hostname = Some(text(name)?),
                (offer::RESOURCES, Value::Bytes(_)) => {
                    let from = resources.map_or(begin, |range| range.start);
                    resources = Some(from..fields.at);
                }
                (offer::UNAVAILABILITY, Value::Bytes(window)) => unavailability = Some(window_of(window)?),
                (offer::ALLOCATION_INFO, Value::Bytes(info)) => role = text_in(info, ALLOCATED_ROLE)?,
                _ => {}
            }
        }
        Ok(Self {
            id: id.ok_or(OfferError)?,
            agent_id: agent_id.ok_or(OfferError)?,
            hostname: hostname.ok_or(OfferError)?,
            role,
            unavailability,
            bytes,
            resources: resources.unwrap_or_default(),
        })
    }

    /// What it offers. One that cannot be read ends the list with an error.
    pub fn resources(&self) -> impl Iterator<Item = Result<ResourceView<'a>, OfferError>> + use<'a> {
        let bytes = self.bytes.get(self.resources.clone()).unwrap_or_default();
        Fields::new(bytes).filter_map(|field| match field {
            Ok((offer::RESOURCES, Value::Bytes(resource))) => Some(ResourceView::new(resource)),
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        })
    }

    /// Whether host name, attributes and domain are those that [`write_identity`](Self::write_identity) wrote.
    pub fn has_identity(&self, written: &[u8]) -> bool {
        let mut rest = written;
        for part in self.identity() {
            match rest.strip_prefix(part) {
                Some(after) => rest = after,
                None => return false,
            }
        }
        rest.is_empty()
    }

    /// Writes host name, attributes and domain so that they can be compared.
    pub fn write_identity(&self, into: &mut Vec<u8>) {
        into.clear();
        for part in self.identity() {
            into.extend_from_slice(part);
        }
    }

    /// The members that say what the host is, with their numbers and lengths.
    fn identity(&self) -> impl Iterator<Item = &'a [u8]> {
        let bytes = self.bytes;
        let mut fields = Fields::new(bytes);
        std::iter::from_fn(move || {
            loop {
                let begin = fields.at;
                let (number, _) = fields.next()?.ok()?;
                if matches!(number, offer::HOSTNAME | offer::ATTRIBUTES | offer::DOMAIN) {
                    return bytes.get(begin..fields.at);
                }
            }
        })
    }
}

impl<'a> ResourceView<'a> {
    fn new(bytes: &'a [u8]) -> Result<Self, OfferError> {
        let mut view = Self::default();
        for field in Fields::new(bytes) {
            match field? {
                (resource::NAME, Value::Bytes(name)) => view.name = text(name)?,
                (resource::TYPE, Value::Number(number)) => {
                    view.r#type = i32::try_from(number).map_err(|_| OfferError)?;
                }
                (resource::SCALAR, Value::Bytes(scalar)) => {
                    for field in Fields::new(scalar) {
                        if let (1, Value::Fixed(bits)) = field? {
                            view.scalar = Some(f64::from_bits(bits));
                        }
                    }
                }
                (resource::RANGES, Value::Bytes(ranges)) => view.ranges = ranges,
                (resource::ROLE, Value::Bytes(role)) => view.role = Some(text(role)?),
                (resource::DISK, _) => view.disk = true,
                (resource::REVOCABLE, _) => view.revocable = true,
                (resource::SHARED, _) => view.shared = true,
                (resource::ALLOCATION_INFO, Value::Bytes(info)) => {
                    view.allocated = text_in(info, ALLOCATED_ROLE)?;
                }
                (resource::RESERVATIONS, Value::Bytes(info)) => {
                    view.reserved = Some(text_in(info, RESERVED_ROLE)?.unwrap_or_default());
                }
                _ => {}
            }
        }
        Ok(view)
    }

    /// Begin and end of its ranges; what cannot be read ends the list.
    pub fn ranges(&self) -> impl Iterator<Item = (u64, u64)> + use<'a> {
        let is_ranges = self.r#type == value::Type::Ranges as i32;
        let bytes: &'a [u8] = if is_ranges { self.ranges } else { &[] };
        Fields::new(bytes).map_while(|field| {
            let (_, Value::Bytes(range)) = field.ok()? else {
                return None;
            };
            let (mut begin, mut end) = (0, 0);
            for field in Fields::new(range) {
                match field.ok()? {
                    (1, Value::Number(number)) => begin = number,
                    (2, Value::Number(number)) => end = number,
                    _ => {}
                }
            }
            Some((begin, end))
        })
    }
}

impl event::Offers {
    /// The ids of those that can be read.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.offers
            .iter()
            .filter_map(|bytes| OfferView::new(bytes).ok())
            .map(|view| view.id)
    }

    /// All of them, whole.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn decoded(&self) -> Result<Vec<Offer>, prost::DecodeError> {
        self.offers.iter().cloned().map(Offer::decode).collect()
    }

    /// As a master sends them.
    #[must_use]
    pub fn of<'o>(offers: impl IntoIterator<Item = &'o Offer>) -> Self {
        Self {
            offers: offers
                .into_iter()
                .map(|offer| Bytes::from(offer.encode_to_vec()))
                .collect(),
        }
    }
}

fn window_of(bytes: &[u8]) -> Result<(i64, Option<i64>), OfferError> {
    let (mut start, mut duration) = (0, None);
    for field in Fields::new(bytes) {
        let (number, Value::Bytes(nested)) = field? else {
            continue;
        };
        for field in Fields::new(nested) {
            if let (1, Value::Number(nanoseconds)) = field? {
                // two's complement, as int64 is encoded
                let nanoseconds = nanoseconds as i64;
                match number {
                    1 => start = nanoseconds,
                    2 => duration = Some(nanoseconds),
                    _ => {}
                }
            }
        }
    }
    Ok((start, duration))
}

fn text(bytes: &[u8]) -> Result<&str, OfferError> {
    std::str::from_utf8(bytes).map_err(|_| OfferError)
}

/// The text that is member `wanted` of a message.
fn text_in(bytes: &[u8], wanted: u32) -> Result<Option<&str>, OfferError> {
    let mut found = None;
    for field in Fields::new(bytes) {
        if let (number, Value::Bytes(bytes)) = field?
            && number == wanted
        {
            found = Some(text(bytes)?);
        }
    }
    Ok(found)
}

/// The members of a message, one after the other. After an error there are no more.
struct Fields<'a> {
    bytes: &'a [u8],
    at: usize,
}

#[derive(Debug, Clone, Copy)]
enum Value<'a> {
    Number(u64),
    Fixed(u64),
    Bytes(&'a [u8]),
}

impl<'a> Fields<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    fn varint(&mut self) -> Result<u64, OfferError> {
        let mut number = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = *self.bytes.get(self.at).ok_or(OfferError)?;
            self.at += 1;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(OfferError)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], OfferError> {
        let end = self.at.checked_add(length).ok_or(OfferError)?;
        let taken = self.bytes.get(self.at..end).ok_or(OfferError)?;
        self.at = end;
        Ok(taken)
    }

    fn read(&mut self) -> Result<(u32, Value<'a>), OfferError> {
        let key = u32::try_from(self.varint()?).map_err(|_| OfferError)?;
        let value = match key & 7 {
            0 => Value::Number(self.varint()?),
            1 => {
                let bytes = self.take(8)?;
                Value::Fixed(u64::from_le_bytes(bytes.try_into().map_err(|_| OfferError)?))
            }
            2 => {
                let length = usize::try_from(self.varint()?).map_err(|_| OfferError)?;
                Value::Bytes(self.take(length)?)
            }
            5 => {
                let bytes = self.take(4)?;
                Value::Fixed(u64::from(u32::from_le_bytes(
                    bytes.try_into().map_err(|_| OfferError)?,
                )))
            }
            _ => return Err(OfferError),
        };
        Ok((key >> 3, value))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u32, Value<'a>), OfferError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.bytes.len() {
            return None;
        }
        let read = self.read();
        if read.is_err() {
            self.at = self.bytes.len();
        }
        Some(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generated::resource::{AllocationInfo, ReservationInfo};
    use crate::generated::{
        AgentId, Attribute, DurationInfo, FrameworkId, OfferId, Resource, TimeInfo, Unavailability,
    };
    use proptest::prelude::*;

    fn names() -> impl Strategy<Value = String> {
        prop_oneof![Just(String::new()), "[a-zä]{1,9}"]
    }

    fn resources() -> impl Strategy<Value = Resource> {
        let role = || prop::option::of(names());
        let flag = || prop::option::of(Just(Vec::new()));
        let stack = prop::collection::vec(role(), 0..3);
        let ranges = prop::collection::vec((any::<u64>(), any::<u64>()), 0..4);
        (
            names(),
            0..4i32,
            prop::option::of(-1e9..1e9f64),
            ranges,
            role(),
            role(),
            stack,
            (flag(), flag(), flag()),
        )
            .prop_map(
                |(name, kind, scalar, ranges, role, allocated, stack, (disk, revocable, shared))| Resource {
                    name,
                    r#type: kind,
                    scalar: scalar.map(|value| value::Scalar { value }),
                    ranges: (!ranges.is_empty()).then(|| value::Ranges {
                        range: ranges
                            .into_iter()
                            .map(|(begin, end)| value::Range { begin, end })
                            .collect(),
                    }),
                    role,
                    disk,
                    revocable,
                    shared,
                    allocation_info: allocated.map(|role| AllocationInfo { role: Some(role) }),
                    reservations: stack
                        .into_iter()
                        .map(|role| ReservationInfo {
                            principal: Some("p".to_owned()),
                            role,
                            ..ReservationInfo::default()
                        })
                        .collect(),
                    ..Resource::default()
                },
            )
    }

    fn offers() -> impl Strategy<Value = Offer> {
        let window = prop::option::of((any::<i64>(), prop::option::of(any::<i64>())));
        (
            (names(), names(), names()),
            prop::option::of(names()),
            prop::collection::vec(resources(), 0..5),
            prop::collection::vec(names(), 0..3),
            window,
        )
            .prop_map(
                |((id, agent, hostname), role, resources, attributes, window)| Offer {
                    id: OfferId { value: id },
                    framework_id: FrameworkId {
                        value: "f".to_owned(),
                    },
                    agent_id: AgentId { value: agent },
                    hostname,
                    resources,
                    attributes: attributes
                        .into_iter()
                        .map(|name| Attribute {
                            name,
                            ..Attribute::default()
                        })
                        .collect(),
                    unavailability: window.map(|(start, duration)| Unavailability {
                        start: TimeInfo { nanoseconds: start },
                        duration: duration.map(|nanoseconds| DurationInfo { nanoseconds }),
                    }),
                    allocation_info: role.map(|role| AllocationInfo { role: Some(role) }),
                    ..Offer::default()
                },
            )
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_view_says_what_the_message_says(offer in offers(), other in offers()) {
            let bytes = offer.encode_to_vec();
            let view = OfferView::new(&bytes).unwrap();
            prop_assert_eq!(view.id, &offer.id.value);
            prop_assert_eq!(view.agent_id, &offer.agent_id.value);
            prop_assert_eq!(view.hostname, &offer.hostname);
            let role = offer.allocation_info.as_ref().and_then(|info| info.role.as_deref());
            prop_assert_eq!(view.role, role);
            let window = offer.unavailability.as_ref().map(|window| {
                (window.start.nanoseconds, window.duration.as_ref().map(|duration| duration.nanoseconds))
            });
            prop_assert_eq!(view.unavailability, window);
            let views: Vec<ResourceView<'_>> = view.resources().map(Result::unwrap).collect();
            prop_assert_eq!(views.len(), offer.resources.len());
            for (view, resource) in views.iter().zip(&offer.resources) {
                prop_assert_eq!(view.name, &resource.name);
                prop_assert_eq!(view.r#type, resource.r#type);
                prop_assert_eq!(view.scalar, resource.scalar.as_ref().map(|scalar| scalar.value));
                prop_assert_eq!(
                    (view.disk, view.revocable, view.shared),
                    (resource.disk.is_some(), resource.revocable.is_some(), resource.shared.is_some())
                );
                prop_assert_eq!(view.role, resource.role.as_deref());
                let allocated = resource.allocation_info.as_ref().and_then(|info| info.role.as_deref());
                prop_assert_eq!(view.allocated, allocated);
                let reserved = resource.reservations.last().map(|info| info.role.as_deref().unwrap_or_default());
                prop_assert_eq!(view.reserved, reserved);
                let ranges: Vec<(u64, u64)> = resource
                    .ranges
                    .iter()
                    .filter(|_| resource.r#type == value::Type::Ranges as i32)
                    .flat_map(|ranges| &ranges.range)
                    .map(|range| (range.begin, range.end))
                    .collect();
                prop_assert_eq!(view.ranges().collect::<Vec<_>>(), ranges);
            }
            let mut identity = Vec::new();
            view.write_identity(&mut identity);
            prop_assert!(view.has_identity(&identity));
            let bytes = other.encode_to_vec();
            let same = other.hostname == offer.hostname && other.attributes == offer.attributes;
            prop_assert_eq!(OfferView::new(&bytes).unwrap().has_identity(&identity), same);
        }

        #[test]
        fn no_bytes_can_hurt(bytes in prop::collection::vec(any::<u8>(), 0..200), offer in offers(), cut in any::<prop::sample::Index>()) {
            let whole = offer.encode_to_vec();
            for bytes in [bytes.as_slice(), &whole[..cut.index(whole.len())]] {
                if let Ok(view) = OfferView::new(bytes) {
                    for resource in view.resources().flatten() {
                        resource.ranges().count();
                    }
                    let mut identity = Vec::new();
                    view.write_identity(&mut identity);
                }
            }
        }
    }
}
