//! `cargo xtask docs`: `docs/configuration.md`, put together from the forms, their titles and their help, so that the page
//! says what the help says. A test fails while the file is older than they are.

use std::collections::HashMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use crate::failure::Failure;

mod html;
#[cfg(test)]
mod named_tests;

const RESOURCES: &str = "java-shim/src/main/resources/org/jenkinsci/plugins/mesos";
const PAGE: &str = "docs/configuration.md";

/// A form, and how the page calls it.
struct Form {
    /// Folder of its `config.jelly`; the last part is the prefix of its titles.
    folder: &'static str,
    heading: &'static str,
    intro: &'static str,
}

/// In the order of the page.
const FORMS: &[Form] = &[
    Form {
        folder: "MesosCloud",
        heading: "Cloud",
        intro: "*Manage Jenkins → Clouds → New cloud → Mesos Cloud*.",
    },
    Form {
        folder: "MesosSlaveInfo",
        heading: "Slave template",
        intro: "One kind of agent. A cloud has one template or several.",
    },
    Form {
        folder: "MesosSlaveInfo/ContainerInfo",
        heading: "Container",
        intro: "The block *Use a container* of a template.",
    },
    Form {
        folder: "MesosSlaveInfo/NetworkInfo",
        heading: "Network",
        intro: "An entry of *Networks* of a container.",
    },
    Form {
        folder: "MesosSlaveInfo/PortMapping",
        heading: "Port mapping",
        intro: "An entry of *Port Mappings* of a container.",
    },
    Form {
        folder: "MesosSlaveInfo/Volume",
        heading: "Volume",
        intro: "An entry of *Volumes* of a container.",
    },
    Form {
        folder: "MesosSlaveInfo/Parameter",
        heading: "Parameter",
        intro: "An entry of *Parameters* of a container.",
    },
    Form {
        folder: "MesosSlaveInfo/URI",
        heading: "Additional URI",
        intro: "An entry of *Additional URIs* of a template.",
    },
    Form {
        folder: "EnvironmentVariable",
        heading: "Environment variable",
        intro: "An entry of *Environment variables* of a template.",
    },
];

/// Writes the page.
pub(crate) fn write(root: &Path) -> Result<(), Failure> {
    let page = root.join(PAGE);
    fs::write(&page, page_of(root)?).map_err(|source| Failure::File { path: page, source })
}

fn page_of(root: &Path) -> Result<String, Failure> {
    let resources = root.join(RESOURCES);
    let titles = titles(&read(&resources.join("Messages.properties"))?);
    let mut page = String::from(
        "# Configuration\n\n\
         Every field of the forms, in their order. Each has this help beside it, in English and Chinese; numbers are checked\n\
         while they are typed. The name in brackets is that of the field in `config.xml` and in configuration as code.\n\n\
         This page is made of the help files by `cargo xtask docs`.\n\n",
    );
    for form in FORMS {
        let folder = resources.join(form.folder);
        let prefix = form.folder.rsplit('/').next().unwrap_or(form.folder);
        let _ = write!(page, "## {}\n\n{}\n\n", form.heading, form.intro);
        for field in fields(&read(&folder.join("config.jelly"))?) {
            let title = titles.get(&format!("{prefix}.title.{field}")).ok_or_else(|| {
                Failure::Outcome(format!("Messages.properties has no {prefix}.title.{field}"))
            })?;
            let help = read(&folder.join(format!("help-{field}.html")))?;
            let _ = write!(page, "### {title} (`{field}`)\n\n{}", html::markdown(&help));
        }
    }
    page.truncate(page.trim_end().len());
    page.push('\n');
    Ok(page)
}

fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|source| Failure::File {
        path: path.to_owned(),
        source,
    })
}

/// The fields that have an entry of their own, in the order of the form.
fn fields(jelly: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for rest in jelly.split(" field=\"").skip(1) {
        if let Some((field, _)) = rest.split_once('"')
            && !found.contains(&field)
        {
            found.push(field);
        }
    }
    found
}

/// Keys and texts of a file without line continuations; that is how these are written.
fn titles(properties: &str) -> HashMap<String, String> {
    properties
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(key, text)| (key.trim().to_owned(), text.trim().to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_says_what_the_help_says() {
        let root = testbed::paths::repository();
        let kept = fs::read_to_string(root.join(PAGE)).unwrap_or_default();
        assert!(
            kept == page_of(&root).unwrap(),
            "{PAGE} is older than the help files: run `cargo xtask docs`"
        );
    }

    /// What a person sees in the Pipeline syntax page; `docs/pipeline.md` tells of it.
    const ELSEWHERE: &[&str] = &["MesosDeclarativeAgent"];

    #[test]
    fn every_form_is_on_the_page() {
        let mut missing = Vec::new();
        let mut folders = vec![testbed::paths::repository().join(RESOURCES)];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.ends_with("config.jelly")
                    && !FORMS.iter().any(|form| folder.ends_with(form.folder))
                    && !ELSEWHERE.iter().any(|elsewhere| folder.ends_with(elsewhere))
                    && !fields(&fs::read_to_string(&path).unwrap()).is_empty()
                {
                    missing.push(folder.clone());
                }
            }
        }
        assert_eq!(missing, Vec::<std::path::PathBuf>::new());
    }

    #[test]
    fn a_field_is_listed_once_and_in_its_place() {
        let jelly =
            r#"<f:entry title="b" field="b"><f:repeatableProperty field="b"/></f:entry><f:entry field="a"/>"#;
        assert_eq!(fields(jelly), ["b", "a"]);
    }
}
