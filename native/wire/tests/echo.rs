//! Messages with every member set, in Mesos's own encoding, come back byte for byte. `tests/wire-schema` makes the
//! samples with the classes of `org.apache.mesos:mesos:1.11.0` and checks that they are up to date.

use mesos_wire::{Call, Event, Message, Resource, TaskState, offer, resource, value};

const RESOURCE: &[u8] = include_bytes!("samples/resource.bin");
const EVENT: &[u8] = include_bytes!("samples/event.bin");
const CALL: &[u8] = include_bytes!("samples/call.bin");

fn echo<M: Message + Default>(bytes: &[u8]) -> M {
    let message = M::decode(bytes).expect("Mesos wrote it");
    assert_eq!(message.encode_to_vec(), bytes);
    message
}

#[test]
fn a_resource_with_everything_is_echoed_as_it_was_offered() {
    let resource: Resource = echo(RESOURCE);
    assert_eq!(resource.name, "name-0-ü");
    assert_eq!(resource.r#type(), value::Type::Text);
    assert_eq!(resource.scalar, Some(value::Scalar { value: 1.125 }));
    assert_eq!(resource.set.unwrap().item, ["item-0-ü", "item-1-ü"]);
    assert_eq!(resource.allocation_info.unwrap().role(), "role-0-ü");
    assert_eq!(resource.provider_id, Some("value-0-ü".into()));
    let reservation = &resource.reservations[0];
    assert_eq!(reservation.r#type(), resource::reservation_info::Type::Dynamic);
    assert!(!reservation.labels.as_ref().unwrap().labels.is_empty());
    assert_eq!(resource.reservation.as_deref(), Some(reservation));
    assert!(resource.disk.unwrap().len() > 100);
    assert_eq!(resource.revocable, Some(Vec::new()));
    assert_eq!(resource.shared, Some(Vec::new()));
}

#[test]
fn an_event_with_everything_is_understood_to_the_last_member() {
    let event: Event = echo(EVENT);
    let offers = event.offers.unwrap().offers;
    let offer = mesos_wire::Offer::decode(offers[0].clone()).unwrap();
    assert_eq!(offer.hostname, "hostname-0-ü");
    assert_eq!(offer.resources, [Resource::decode(RESOURCE).unwrap()]);
    assert!(offer.unavailability.as_ref().unwrap().duration.is_some());
    assert!(offer.domain.as_ref().unwrap().fault_domain.is_some());
    let status = event.update.unwrap().status;
    assert_eq!(TaskState::try_from(status.state), Ok(TaskState::TaskUnknown));
    assert_eq!(status.uuid.unwrap(), [11, 0, 255, 0]);
    assert!(
        status
            .container_status
            .unwrap()
            .container_id
            .unwrap()
            .parent
            .is_some()
    );
    assert!(status.limitation.is_some());
}

#[test]
fn a_call_with_everything_is_said_as_mesos_says_it() {
    let call: Call = echo(CALL);
    let info = call.subscribe.unwrap().framework_info;
    assert!(info.checkpoint() && !info.offer_filters.is_empty());
    let operations = call.accept.unwrap().operations;
    assert_eq!(operations[0].r#type(), offer::operation::Type::DestroyDisk);
    let task = &operations[0].launch.as_ref().unwrap().task_infos[0];
    assert_eq!(task.limits["key-0-ü"], value::Scalar { value: 1.125 });
    let command = task.command.as_ref().unwrap();
    assert!(!command.shell(), "a false that is not the default is kept");
    assert!(
        task.container
            .as_ref()
            .unwrap()
            .docker
            .as_ref()
            .unwrap()
            .privileged()
    );
}
