use super::*;

fn told(roles: serde_json::Value, frameworks: Option<serde_json::Value>) -> Told {
    Told {
        roles: serde_json::from_value(serde_json::json!({ "roles": roles })).unwrap(),
        quotas: None,
        frameworks: frameworks.map(|list| {
            serde_json::from_value(serde_json::json!({"get_frameworks": {"frameworks": list}})).unwrap()
        }),
        metrics: serde_json::from_value(
            serde_json::json!({"master/cpus_total": 8.0, "master/mem_total": 1000.0, "master/uptime_secs": 3.5}),
        )
        .unwrap(),
    }
}

fn amounts(json: serde_json::Value) -> Amounts {
    json.as_object()
        .unwrap()
        .iter()
        .map(|(kind, amount)| (kind.clone(), Scalar::from_f64(amount.as_f64().unwrap()).unwrap()))
        .collect()
}

fn framework(id: &str, role: &str, cpus: f64) -> serde_json::Value {
    serde_json::json!({"framework_info": {"id": {"value": id}, "name": format!("the {id}"), "roles": [role]},
        "active": true, "connected": true, "allocated_resources": [
            {"name": "cpus", "type": "SCALAR", "scalar": {"value": cpus}, "allocation_info": {"role": role}},
            {"name": "ports", "type": "RANGES", "ranges": {"range": []}, "allocation_info": {"role": role}}]})
}

#[test]
fn a_role_is_shown_with_those_above_it_and_who_is_in_them() {
    let told = told(
        serde_json::json!([
            {"name": "eng", "weight": 2.5, "frameworks": [], "allocated": {"cpus": 3.0, "mem": 500.0}, "resources": {},
             "quota": {"role": "eng", "guarantee": {"cpus": 1.0}, "limit": {"cpus": 3.5, "mem": 256.0}, "consumed": {}}},
            {"name": "eng/ci", "weight": 3.0, "frameworks": ["f1", "f2"], "allocated": {"cpus": 2.0, "mem": 500.0},
             "quota": {"guarantee": {}, "limit": {}}},
            {"name": "eng/qa", "weight": 1.0, "frameworks": ["f3"], "allocated": {"cpus": 1.0, "ports": "[1-2]"}},
            {"name": "engine", "weight": 9.0, "frameworks": [], "allocated": {"cpus": 1.0}},
            {"name": "*", "weight": 1.0, "frameworks": ["f4"], "allocated": {"cpus": 4.0}}]),
        Some(serde_json::json!([
            framework("f1", "eng/ci", 1.5),
            framework("f2", "eng/ci", 0.5),
            framework("f3", "eng/qa", 1.0),
            framework("f4", "*", 4.0)
        ])),
    );
    let shares = told.shares(&["eng/ci"], Some("f2"));
    let names: Vec<_> = shares
        .iter()
        .map(|share| (share.role.as_str(), share.ours))
        .collect();
    assert_eq!(names, [("eng", false), ("eng/ci", true)]);

    let eng = &shares[0];
    assert_eq!(eng.used, amounts(serde_json::json!({"cpus": 3, "mem": 500})));
    assert_eq!((eng.weight, eng.share), (2.5, 0.5), "of memory it has the most");
    assert_eq!(eng.guarantee, amounts(serde_json::json!({"cpus": 1})));
    assert_eq!(eng.limit, amounts(serde_json::json!({"cpus": 3.5, "mem": 256})));
    // `engine` has a weight, but nobody is in it.
    assert_eq!(eng.fair_share, 2.5 / 3.5);
    let who: Vec<_> = eng
        .frameworks
        .iter()
        .map(|one| (one.name.as_str(), one.ours))
        .collect();
    assert_eq!(who, [("the f2", true), ("the f1", false), ("the f3", false)]);

    let ci = &shares[1];
    assert_eq!(ci.fair_share, 2.5 / 3.5 * 0.75);
    assert_eq!((ci.guarantee.len(), ci.limit.len()), (0, 0));
    assert_eq!(
        ci.frameworks[1],
        FrameworkShare {
            name: "the f1".to_owned(),
            ours: false,
            active: true,
            used: amounts(serde_json::json!({"cpus": 1.5})),
        }
    );
}

#[test]
fn frameworks_of_a_role_with_roles_below_it_share_with_those() {
    let told = told(
        serde_json::json!([
            {"name": "eng", "weight": 5.0, "frameworks": ["f1"]}, {"name": "eng/ci", "weight": 3.0, "frameworks": ["f2"]}]),
        None,
    );
    let shares = told.shares(&["eng/ci", "eng"], None);
    assert_eq!(
        shares.iter().map(|share| share.fair_share).collect::<Vec<_>>(),
        [1.0, 0.75]
    );
    assert!(shares.iter().all(|share| share.ours));
    assert_eq!(
        shares[1].frameworks[0].name, "f2",
        "the id, where the master does not tell names"
    );
}

#[test]
fn a_role_that_the_master_does_not_know_yet_competes_with_those_it_knows() {
    let told = told(
        serde_json::json!([{"name": "*", "frameworks": ["f1"]}]),
        Some(serde_json::json!([])),
    );
    let shares = told.shares(&["ci"], None);
    assert_eq!(
        (shares.len(), shares[0].weight, shares[0].fair_share),
        (1, 1.0, 0.5)
    );
    assert_eq!((shares[0].share, shares[0].used.len()), (0.0, 0));
}

#[test]
fn nothing_is_counted_twice_whether_or_not_the_master_counts_what_is_below() {
    let used = |roles| told(roles, None).shares(&["a"], None)[0].used.clone();
    let new = serde_json::json!([{"name": "a/b", "allocated": {"cpus": 2}}, {"name": "a/b/c", "allocated": {"cpus": 1}},
        {"name": "a/d", "allocated": {"cpus": 4}}]);
    assert_eq!(used(new), amounts(serde_json::json!({"cpus": 6})));
    let old = serde_json::json!([{"name": "a", "resources": {"cpus": 8}}, {"name": "a/b", "resources": {"cpus": 2}},
        {"name": "a/b/c", "resources": {"cpus": 1}}]);
    assert_eq!(used(old), amounts(serde_json::json!({"cpus": 11})));
}

#[test]
fn masters_of_old_tell_of_quotas_apart_and_of_resources_only() {
    let mut told = told(
        serde_json::json!([{"name": "ci", "weight": 2.0, "frameworks": ["f1"],
            "resources": {"cpus": 2.0, "mem": 0.0, "disk": 0.0, "gpus": 0.0}}]),
        Some(
            serde_json::json!([{"framework_info": {"id": {"value": "f1"}, "name": "old", "role": "ci"},
            "allocated_resources": [{"name": "cpus", "type": "SCALAR", "scalar": {"value": 2.0}}]}]),
        ),
    );
    assert!(!told.roles.tells_quotas());
    told.quotas = Some(
        serde_json::from_value(serde_json::json!({"infos": [
            {"role": "ci", "guarantee": [{"name": "cpus", "type": "SCALAR", "scalar": {"value": 4.0}}]}]}))
        .unwrap(),
    );
    let share = &told.shares(&["ci"], None)[0];
    assert_eq!((share.share, &share.limit), (0.25, &share.guarantee));
    assert_eq!(share.limit, amounts(serde_json::json!({"cpus": 4})));
    assert_eq!(share.frameworks[0].used, amounts(serde_json::json!({"cpus": 2})));
    assert!(!share.frameworks[0].active);
}

#[test]
fn of_many_frameworks_the_first_are_named_and_the_rest_counted() {
    let list: Vec<_> = (0..25)
        .map(|number| framework(&format!("f{number:02}"), "*", 0.1))
        .collect();
    let told = told(serde_json::json!([]), Some(serde_json::json!(list)));
    let share = &told.shares(&["*"], Some("f24"))[0];
    assert_eq!((share.frameworks.len(), share.more_frameworks), (20, 5));
    assert_eq!(share.frameworks[0].name, "the f24", "ours first");
}

#[test]
fn the_master_is_asked_when_somebody_looks_and_not_too_often() {
    let (shares, now) = (Shares::default(), Instant::now());
    let first = Era::default();
    assert_eq!(
        shares.answer(now),
        (
            Roles {
                v: 1,
                ..Roles::default()
            },
            Some(first)
        )
    );
    assert_eq!(shares.answer(now + AGAIN - Duration::from_millis(1)).1, None);
    assert_eq!(shares.answer(now + AGAIN).1, Some(first), "no answer came");
    let roles = Roles {
        v: 1,
        known: true,
        ..Roles::default()
    };
    shares.told(first, roles.clone(), now + AGAIN);
    assert_eq!(shares.answer(now + AGAIN), (roles.clone(), None));
    assert_eq!(shares.answer(now + AGAIN + FRESH), (roles, Some(first)));
    assert!(!shares.answer(now + AGAIN + STALE).0.known, "it is too old");
    shares.told(first, Roles::unknown("no".to_owned()), now + AGAIN + STALE);
    shares.forget();
    assert_eq!(shares.answer(now + AGAIN + STALE).0.message, None);
}

#[test]
fn what_an_earlier_master_says_late_is_not_taken_for_the_word_of_this_one() {
    let (shares, now) = (Shares::default(), Instant::now());
    let before = shares.answer(now).1.unwrap();
    shares.forget();
    let this = shares.answer(now).1.expect("it is asked at once");
    shares.told(before, Roles::unknown("of old".to_owned()), now);
    assert_eq!(
        shares.answer(now),
        (
            Roles {
                v: 1,
                ..Roles::default()
            },
            None
        )
    );
    shares.told(this, Roles::unknown("of now".to_owned()), now);
    assert_eq!(shares.answer(now).0.message.as_deref(), Some("of now"));
}
