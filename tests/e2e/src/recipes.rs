//! The recipes of `docs/containers.md`: templates as the configuration file has them, read from the document itself.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Map, Value, json};
use testbed::{RunError, paths};

use crate::trial::unmet;

const DOCUMENT: &str = "docs/containers.md";
const BEGIN: &str = "```yaml recipe=";

/// What a field of a template or a container is called on the way to the driver.
const FIELDS: [(&str, &str); 21] = [
    ("additionalURIs", "uris"),
    ("containerInfo", "container"),
    ("containerPath", "containerPath"),
    ("customDockerCommandShell", "customShell"),
    ("dockerAccess", "dockerAccess"),
    ("dockerForcePullImage", "forcePull"),
    ("dockerImage", "image"),
    ("environment", "environment"),
    ("hostPath", "hostPath"),
    ("idleTerminationMinutes", "idleTerminationMinutes"),
    ("key", "key"),
    ("labelString", "label"),
    ("name", "name"),
    ("networking", "networking"),
    ("parameters", "parameters"),
    ("remoteFSRoot", "remoteFsRoot"),
    ("singleUse", "singleUse"),
    ("slaveMem", "mem"),
    ("useCustomDockerCommandShell", "useCustomShell"),
    ("value", "value"),
    ("volumes", "volumes"),
];

/// All recipes by name, as templates of the driver's configuration.
///
/// # Errors
/// [`RunError::Condition`] for a recipe that is none, and for a field that no template has.
pub fn all() -> Result<BTreeMap<String, Value>, RunError> {
    let read = |(name, text): (String, String)| match parsed(&text) {
        Ok(recipe) => Ok((name, recipe)),
        Err(problem) => Err(unmet(&format!("the recipe {name}"), problem)),
    };
    texts()?.into_iter().map(read).collect()
}

/// All recipes by name, as they stand.
///
/// # Errors
/// [`RunError::Condition`] when two have one name; [`RunError::File`].
pub fn texts() -> Result<BTreeMap<String, String>, RunError> {
    let path = paths::repository().join(DOCUMENT);
    let text = fs::read_to_string(&path).map_err(|source| RunError::File {
        doing: "reading",
        path,
        source,
    })?;
    let mut recipes = BTreeMap::new();
    for part in text.split(BEGIN).skip(1) {
        let (name, rest) = part.split_once('\n').unwrap_or((part, ""));
        let body = rest.split("```").next().unwrap_or_default();
        if recipes.insert(name.trim().to_owned(), body.to_owned()).is_some() {
            return Err(unmet(
                "recipes of different names",
                format!("there are two of {name}"),
            ));
        }
    }
    Ok(recipes)
}

/// A template in as much of YAML as recipes need: mappings and lists by indentation, texts in quotes, numbers, `true`.
fn parsed(text: &str) -> Result<Value, String> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let indent = line.len() - line.trim_start().len();
        match line.trim().strip_prefix("- ") {
            // An entry of a list: a line of its own that opens it, and its first member.
            Some(member) => lines.extend([(indent, "-".to_owned()), (indent + 2, member.to_owned())]),
            None => lines.push((indent, line.trim().to_owned())),
        }
    }
    let mut rest = &lines[..];
    let value = block(&mut rest)?;
    match rest.first() {
        None => Ok(value),
        Some((_, line)) => Err(format!("`{line}` belongs to nothing")),
    }
}

type Lines<'a> = &'a [(usize, String)];

fn block(lines: &mut Lines<'_>) -> Result<Value, String> {
    let Some(&(indent, _)) = lines.first() else {
        return Err("it ends too early".to_owned());
    };
    let mut list = Vec::new();
    while lines
        .first()
        .is_some_and(|(at, line)| *at == indent && line == "-")
    {
        *lines = &lines[1..];
        list.push(block(lines)?);
    }
    if !list.is_empty() {
        return Ok(Value::Array(list));
    }
    let mut map = Map::new();
    while let Some((at, line)) = lines.first().filter(|(at, line)| *at == indent && line != "-") {
        *lines = &lines[1..];
        let (name, value) = line.split_once(':').ok_or(format!("`{line}` is no field"))?;
        let known = FIELDS.iter().find(|(field, _)| *field == name);
        let (_, name) = known.ok_or(format!("no template has the field {name}"))?;
        let inner = lines
            .first()
            .is_some_and(|(next, next_line)| next > at || (next == at && next_line == "-"));
        let value = match value.trim() {
            "" if inner => block(lines)?,
            "" => return Err(format!("{name} has no value")),
            value => serde_json::from_str(value).map_err(|error| format!("{value}: {error}"))?,
        };
        map.insert((*name).to_owned(), value);
    }
    Ok(Value::Object(map))
}

/// Puts what the test bed has in the place of what a recipe names as an example.
///
/// # Errors
/// [`RunError::Condition`] when the recipe does not name it.
pub fn with(recipe: &Value, places: &[(&str, &str)]) -> Result<Value, RunError> {
    let mut text = recipe.to_string();
    for (example, own) in places {
        let (example, own) = (json!(example).to_string(), json!(own).to_string());
        let (example, own) = (example.trim_matches('"'), own.trim_matches('"'));
        if !text.contains(example) {
            return Err(unmet(&format!("`{example}` in a recipe"), text));
        }
        text = text.replace(example, own);
    }
    serde_json::from_str(&text).map_err(|error| unmet("a recipe", error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipe_is_read() {
        let text = "labelString: \"a\"\nsingleUse: true\ncontainerInfo:\n  dockerImage: \"b:1\"\n  parameters:\n  - key: \"user\"\n    value: \"0\"\n  - key: \"env\"\n    value: \"A=b: c\"\n  networking: \"HOST\"\n";
        let expected = json!({"label": "a", "singleUse": true, "container": {"image": "b:1",
            "parameters": [{"key": "user", "value": "0"}, {"key": "env", "value": "A=b: c"}], "networking": "HOST"}});
        assert_eq!(parsed(text), Ok(expected.clone()));
        let own = with(&expected, &[("b:1", "c:2")]).unwrap();
        assert_eq!(own["container"]["image"], "c:2");
        assert!(with(&expected, &[("d:1", "c:2")]).is_err());
    }

    #[test]
    fn what_is_no_recipe_is_none() {
        for bad in [
            "colour: \"blue\"",
            "labelString",
            "labelString:",
            "labelString: blue",
            "labelString: \"a\"\n  key: \"x\"",
        ] {
            assert!(parsed(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_document_has_recipes() {
        assert!(all().unwrap().len() > 5);
    }
}
