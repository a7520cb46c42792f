use super::*;
use mesos_wire::{Attribute, Offer, value};

fn attribute(name: &str, kind: value::Type) -> Attribute {
    Attribute {
        name: name.to_owned(),
        r#type: kind as i32,
        ..Attribute::default()
    }
}

fn text(name: &str, text: &str) -> Attribute {
    Attribute {
        text: Some(value::Text {
            value: text.to_owned(),
        }),
        ..attribute(name, value::Type::Text)
    }
}

fn host() -> Offer {
    Offer {
        hostname: "node-7.example".to_owned(),
        attributes: vec![
            text("rack", "a"),
            text("os", "ubuntu-24.04"),
            text("zone", "z1"),
            Attribute {
                scalar: Some(value::Scalar { value: 8.5 }),
                ..attribute("cores", value::Type::Scalar)
            },
            Attribute {
                ranges: Some(value::Ranges {
                    range: vec![
                        value::Range { begin: 10, end: 20 },
                        value::Range { begin: 40, end: 40 },
                    ],
                }),
                ..attribute("vlans", value::Type::Ranges)
            },
            Attribute {
                set: Some(value::Set {
                    item: vec!["ssd".to_owned(), "x".to_owned()],
                }),
                ..attribute("disks", value::Type::Set)
            },
        ],
        ..Offer::default()
    }
}

fn refusal(lines: &str) -> Option<Refusal> {
    let mut symbols = Symbols::default();
    let profile = Profile::new(&host(), &mut symbols);
    let constraints = Constraints::default().and(lines).unwrap();
    Rule::new("", constraints, &mut symbols).refusal(&profile, None, &symbols)
}

#[test]
fn each_comparison_holds_for_each_type_of_attribute() {
    let good = [
        "rack = a",
        "rack=a",
        "rack equals a",
        "rack is a",
        "rack != b",
        "rack not b",
        "rack in b, a",
        "rack not in b, c",
        "os matches ubuntu-2[24].*",
        "os =~ ubuntu.*",
        "os !~ ubuntu",
        "os not matches .*windows.*",
        "cores = 8.5",
        "cores at least 8",
        "cores >= 8.5",
        "cores at most 9",
        "cores <= 8.5",
        "cores not in 8, 9",
        "vlans = 15",
        "vlans in 1, 40",
        "vlans != 21",
        "vlans at least 40",
        "vlans at most 10",
        "disks = ssd",
        "disks in hdd, ssd",
        "disks not nvme",
        "disks matches s.d",
        "hostname matches node-[0-9]+\\.example",
        "hostname = node-7.example",
        "zone = z1",
        "nothing != a",
        "unique per hostname",
        "at most 2 per rack",
        "near hosts used lately",
        "# a note",
    ];
    for line in good {
        assert_eq!(refusal(line), None, "{line}");
    }
    let bad = [
        "rack = b",
        "rack != a",
        "rack in b, c",
        "rack not in c, a",
        "os matches ubuntu",
        "os !~ ubuntu.*",
        "cores at least 8.501",
        "cores <= 8.4",
        "cores = 8",
        "vlans = 21",
        "vlans = 15.5",
        "vlans != 15",
        "vlans at least 41",
        "vlans at most 9",
        "disks = hdd",
        "disks != ssd",
        "region = r",
        "nothing = a",
        "rack at least 1",
    ];
    for line in bad {
        assert_eq!(refusal(line), Some(Refusal::Condition(0)), "{line}");
    }
    assert_eq!(refusal("rack = a\nunique per row"), Some(Refusal::Limit(0)));
    assert_eq!(refusal("rack = a\n\nos = x"), Some(Refusal::Condition(1)));
}

#[test]
fn a_line_that_cannot_be_read_says_which_and_what_to_write() {
    let problem = |lines: &str| Constraints::default().and(lines).unwrap_err().to_string();
    assert!(problem("rack = a\nrack").starts_with("line 2: `rack` has no comparison: write it as"));
    assert!(problem("= a").contains("begins with no name"));
    assert!(problem("rack =").contains("compared with nothing"));
    assert!(problem("rack in ,").contains("lists nothing"));
    assert!(problem("cores at least many").contains("`many` is no number"));
    assert!(problem("os matches (").contains("no regular expression"));
    assert!(problem("at most 0 per rack").contains("no number from 1"));
    assert!(problem("near hosts used lately\navoid hosts used lately").contains("keep one of them"));
}
