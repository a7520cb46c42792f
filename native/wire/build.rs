//! Generates the message types from `proto/`, without `protoc`.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use prost::Message as _;

/// Messages that hold a secret: their `Debug` is written by hand, in `src/redact.rs`.
const SECRETIVE: [&str; 4] = [
    ".mesos.v1.CommandInfo.URI",
    ".mesos.v1.Environment.Variable",
    ".mesos.v1.Secret.Value",
    ".mesos.v1.Credential",
];

/// Seldom set members that would make every offer, status or event large.
const BOXED: [&str; 9] = [
    ".mesos.v1.Resource.reservation",
    ".mesos.v1.Offer.url",
    ".mesos.v1.Offer.domain",
    ".mesos.v1.TaskStatus.container_status",
    ".mesos.v1.TaskInfo.container",
    ".mesos.v1.Volume.image",
    ".mesos.v1.InverseOffer.url",
    ".mesos.v1.scheduler.Event.Subscribed.master_info",
    ".mesos.v1.scheduler.Event.Update.status",
];

/// Identifiers that serve as keys of ordered maps.
const ORDERED: [&str; 6] = [
    ".mesos.v1.FrameworkID",
    ".mesos.v1.OfferID",
    ".mesos.v1.AgentID",
    ".mesos.v1.TaskID",
    ".mesos.v1.ExecutorID",
    ".mesos.v1.OperationID",
];

fn main() -> Result<(), Box<dyn Error>> {
    let proto = Path::new("proto");
    let files = [
        proto.join("mesos/v1/mesos.proto"),
        proto.join("mesos/v1/scheduler/scheduler.proto"),
    ];
    for file in &files {
        println!("cargo::rerun-if-changed={}", file.display());
    }

    let mut descriptors = protox::compile(&files, [proto])?;
    let mut config = prost_build::Config::new();
    config.btree_map(["."]);
    config.bytes([".mesos.v1.scheduler.Event.Offers.offers"]);
    config.skip_debug(SECRETIVE);
    for path in BOXED {
        config.boxed(path);
    }
    for path in ORDERED {
        config.type_attribute(path, "#[derive(PartialOrd, Ord)]");
    }
    config.compile_fds(descriptors.clone())?;

    // For the comparison with Mesos's own descriptors; comments and positions are of no use there.
    for file in &mut descriptors.file {
        file.source_code_info = None;
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    fs::write(out.join("descriptors.bin"), descriptors.encode_to_vec())?;
    Ok(())
}
