//! Every Groovy example of `docs/pipeline.md`, run as it stands there.

use std::path::Path;

use today::bed_for_pipelines;

/// The steps with an image need a Docker engine, which this bed has not: they are looked at until the agent is asked for.
const IMAGE: &str = "image:";

/// The fenced blocks of this language, in their order.
fn examples(markdown: &str, language: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut block: Option<String> = None;
    for line in markdown.lines() {
        match &mut block {
            None if line == format!("```{language}") => block = Some(String::new()),
            None => {}
            Some(_) if line == "```" => found.extend(block.take()),
            Some(text) => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    found
}

/// A step of a shared library is a function of its file's name; here it is one of the Pipeline that uses it.
fn runnable(example: &str) -> String {
    match example
        .strip_prefix("// vars/")
        .and_then(|rest| rest.split_once(".groovy\n"))
    {
        Some((name, body)) => format!(
            "{}\n{name}('mesos') {{\n    sh 'echo by the library'\n}}\n",
            body.replace("def call(", &format!("def {name}("))
        ),
        None => example.to_owned(),
    }
}

#[test]
fn every_example_of_the_documentation_runs() {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/pipeline.md");
    let examples = examples(&std::fs::read_to_string(document).unwrap(), "groovy");
    assert!(examples.len() >= 15, "{} examples were found", examples.len());
    let bed = bed_for_pipelines().unwrap();
    let (with_image, others): (Vec<_>, Vec<_>) = examples.iter().partition(|example| example.contains(IMAGE));

    for (number, example) in others.iter().enumerate() {
        let job = format!("example-{number}");
        bed.run_pipeline(&job, &runnable(example)).unwrap();
        let console = bed.success_of(&job).unwrap();
        println!("{job} succeeds:\n{example}");
        assert!(!console.contains("Scripts not permitted"), "{console}");
    }

    assert_eq!(with_image.len(), 1);
    bed.run_pipeline("image", with_image[0]).unwrap();
    bed.console_with("image", "This step's own Mesos agent has the label mesos-node-")
        .unwrap();
    bed.run_pipeline("other-image", &with_image[0].replace("alpine:3.20", "debian:13"))
        .unwrap();
    let console = bed.console_with("other-image", "Finished: FAILURE").unwrap();
    assert!(
        console.contains(
            "mesosNode: image: image debian:13: the Mesos cloud MesosCloud lets Pipelines name only images"
        ),
        "{console}"
    );
    bed.jenkins
        .groovy("Jenkins.instance.getItemByFullName('image').builds.each { it.doKill() }; println ''")
        .unwrap();
}
