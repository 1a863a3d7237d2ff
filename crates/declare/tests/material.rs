//! What makes a new promise out of a declaration, and what does not.

use candor_declare::Declaration;
use proptest::prelude::*;

const EXAMPLE: &str = include_str!("declarations/threat-sighting.toml");

fn hash(text: &str) -> String {
    Declaration::parse(text)
        .unwrap_or_else(|error| panic!("{error}"))
        .material_hash()
}

#[test]
fn each_material_change_changes_the_hash() {
    let changes = [
        (
            "data = \"user.behavior.browsing_history\"\nplaces",
            "data = \"user.behavior\"\nplaces",
        ),
        (
            "fields = [\"url\", \"visit_time\", \"from_visit\"]",
            "fields = [\"url\", \"visit_time\", \"title\"]",
        ),
        ("window = \"24h\"", "window = \"48h\""),
        ("window = \"24h\"\n", ""),
        ("trigger = \"user-action\"", "trigger = \"first-run\""),
        (
            "use = \"essential.service.security\"",
            "use = \"marketing.advertising\"",
        ),
        ("retention = \"7d\"", "retention = \"8d\""),
        ("retention = \"7d\"", "retention = \"until-deleted\""),
        (
            "where = \"$DATA/sightings/verdicts.db\"",
            "where = \"$DATA/sightings/other.db\"",
        ),
        ("encrypted = true", "encrypted = false"),
        ("name = \"Example e.V.\"", "name = \"Buyer Ltd\""),
        ("jurisdiction = \"EU\"", "jurisdiction = \"US\""),
        (
            "to = [\"https://intake.example.org\"]",
            "to = [\"https://intake.example.com\"]",
        ),
        ("via = \"ohttp\"", "via = \"https\""),
        ("recipient = \"controller\"", "recipient = \"processor\""),
        ("third_parties = []", "third_parties = [\"Partner Inc\"]"),
        (
            "purpose = \"essential.fraud_detection\"",
            "purpose = \"analytics.reporting\"",
        ),
        ("purpose_type = \"secondary\"", "purpose_type = \"primary\""),
        ("trigger = \"scheduled:1d\"", "trigger = \"scheduled:1h\""),
        ("linked = false", "linked = true"),
        ("tracking = false", "tracking = true"),
        ("identifiers = []", "identifiers = [\"install-id\"]"),
        ("retention = \"90d\"", "retention = \"365d\""),
        ("storage_location = \"DE\"", "storage_location = \"US\""),
        ("max_rate = \"1/day\"", "max_rate = \"24/day\""),
        ("transform = \"threshold-share:k=20\"\n", ""),
        ("max_length = 96", "max_length = 4096"),
        ("maximum = 100000", "maximum = 100001"),
        (
            "choices = [\"adware\", \"scam\"]",
            "choices = [\"adware\", \"scam\", \"other\"]",
        ),
    ];
    let before = hash(EXAMPLE);
    for (from, to) in changes {
        assert_eq!(
            EXAMPLE.matches(from).count(),
            1,
            "{from:?} must stand once in the example"
        );
        assert_ne!(
            hash(&EXAMPLE.replace(from, to)),
            before,
            "{from:?} to {to:?} went unnoticed"
        );
    }
}

#[test]
fn places_are_material() {
    let other = EXAMPLE.replace("\"browser.history\"", "\"browser.history.chromium\"");
    assert_ne!(hash(&other), hash(EXAMPLE));
}

#[test]
fn order_ids_and_comments_are_not_material() {
    let before = hash(EXAMPLE);
    let changed = EXAMPLE
        .replace(
            "\"url\", \"visit_time\", \"from_visit\"",
            "\"from_visit\", \"url\", \"visit_time\"",
        )
        .replace("\"adware\", \"scam\"", "\"scam\", \"adware\"")
        .replace("\"visits\"", "\"seen\"")
        .replace("window = \"24h\"\n", "")
        .replace(
            "access = \"read\"\n",
            "window = \"24h\" # how far back\naccess = \"read\"\n",
        )
        .replace("\"90d\"", "\"2160h\"");
    assert_ne!(changed, EXAMPLE);
    assert_eq!(hash(&changed), before);
}

/// Each words table of the example: `{ en = "…", de = "…" }`.
fn reworded(words: &[String]) -> String {
    let mut next = words.iter().cycle();
    let mut lines = Vec::new();
    for line in EXAMPLE.lines() {
        match line.split_once(" = { en = ") {
            Some((key, _)) => {
                let [en, de] = [next.next(), next.next()]
                    .map(|it| toml::Value::from(it.map_or("", String::as_str)));
                lines.push(format!("{key} = {{ en = {en}, de = {de} }}"));
            }
            None => lines.push(line.to_owned()),
        }
    }
    lines.join("\n")
}

proptest! {
    #[test]
    fn wording_alone_never_changes_the_hash(words in prop::collection::vec("[^\\p{C}\\p{Z}][^\\p{C}\\p{Zl}\\p{Zp}]{0,40}", 1..60)) {
        let text = reworded(&words);
        let declaration = Declaration::parse(&text);
        prop_assert!(declaration.is_ok(), "{}\n{text}", declaration.unwrap_err());
        let declaration = declaration.unwrap();
        prop_assert_eq!(declaration.material_hash(), hash(EXAMPLE));
        prop_assert_eq!(declaration.sha256() == Declaration::parse(EXAMPLE).unwrap().sha256(), text == EXAMPLE);
    }
}
