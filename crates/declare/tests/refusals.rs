//! What is refused, and where the caret stands.

use candor_declare::Declaration;

const EXAMPLE: &str = include_str!("declarations/threat-sighting.toml");

/// Changes one line of the example and returns the refusal: lines, then sentences.
fn refusal(from: &str, to: &str) -> String {
    assert_eq!(
        EXAMPLE.matches(from).count(),
        1,
        "{from:?} must stand once in the example"
    );
    let changed = EXAMPLE.replace(from, to);
    match Declaration::parse(&changed) {
        Ok(_) => panic!("{to:?} was accepted"),
        Err(error) => error.to_string(),
    }
}

/// Asserts that a change is refused with this sentence, pointing at the text `at`.
#[track_caller]
fn refused(from: &str, to: &str, at: &str, sentence: &str) {
    let shown = refusal(from, to);
    assert!(
        shown.contains(sentence),
        "expected {sentence:?} in\n{shown}"
    );
    let lines: Vec<&str> = shown.lines().collect();
    let pointed = lines.windows(2).any(|pair| {
        pair[1].contains("| ") && pair[1].contains('^') && {
            let start = pair[1].find('^').unwrap_or(0);
            let width = pair[1].matches('^').count();
            let meant: String = pair[0].chars().skip(start).take(width).collect();
            meant == at
        }
    });
    assert!(pointed, "no caret under {at:?} in\n{shown}");
}

#[test]
fn the_example_is_accepted() {
    Declaration::parse(EXAMPLE).unwrap();
}

#[test]
fn an_unknown_key_is_shown_with_a_caret_under_it() {
    insta::assert_snapshot!(refusal("window = \"24h\"\n", "windwo = \"24h\"\n"), @r#"
    line 26, column 1
       |
    26 | windwo = "24h"
       | ^^^^^^
    unknown field `windwo`, expected one of `id`, `name`, `data`, `places`, `access`, `fields`, `window`, `trigger`, `use`, `necessity`, `leaves_device`, `what`, `why`
    "#);
}

#[test]
fn unknown_keys_are_refused_in_every_table() {
    for head in [
        "[product]\n",
        "[controller]\n",
        "[[reads]]\n",
        "[[keeps]]\n",
        "[[sends]]\n",
        "[sandbox]\n",
        "[rights]\n",
    ] {
        refused(
            head,
            &format!("{head}surprise = 1\n"),
            "surprise",
            "unknown field `surprise`",
        );
    }
    refused(
        "name = \"epoch\"\n",
        "name = \"epoch\"\nextra = 1\n",
        "extra",
        "unknown field `extra`",
    );
    refused(
        "schema = \"",
        "extra = 1\nschema = \"",
        "extra",
        "unknown field `extra`",
    );
}

#[test]
fn no_reason_retention_or_consent_may_be_left_out() {
    for (line, key) in [
        (
            "why = { en = \"To find the page that led to harm.\", de = \"Um die Seite zu finden, die Schaden brachte.\" }\n",
            "why",
        ),
        ("retention = \"7d\"\n", "retention"),
        ("retention = \"90d\"\n", "retention"),
        ("consent = \"separate\"\n", "consent"),
        ("default = \"off\"\n", "default"),
        (
            "why = { en = \"So that others are warned.\", de = \"Damit andere gewarnt werden.\" }\n",
            "why",
        ),
    ] {
        let shown = refusal(line, "");
        assert!(shown.contains(&format!("missing field `{key}`")), "{shown}");
    }
}

#[test]
fn a_utility_cannot_name_a_browser_or_persistence_place() {
    let sentence = "may not name the place `browser.history`: places that begin with `browser.` or `persistence.` belong to security tools";
    refused(
        "class = \"security\"",
        "class = \"utility\"",
        "\"browser.history\"",
        sentence,
    );
    for place in ["browser", "browser.profiles", "persistence.launchd"] {
        let utility = EXAMPLE
            .replace("class = \"security\"", "class = \"utility\"")
            .replace("\"browser.history\"", &format!("\"{place}\""));
        let error = Declaration::parse(&utility).unwrap_err();
        // Once for the reading and once for the sandbox: each line must be mended.
        let named = error.problems().iter().filter(|it| {
            it.message
                .contains(&format!("may not name the place `{place}`"))
        });
        assert_eq!(named.count(), 2, "{error}");
    }
}

#[test]
fn what_is_kept_or_sent_must_have_been_read() {
    let keep = "from = \"visits\"\ndata";
    refused(
        keep,
        "from = \"visit\"\ndata",
        "\"visit\"",
        "no [[reads]] has the id `visit`",
    );
    refused(
        "from = \"visits\"\nto",
        "from = \"visit\"\nto",
        "\"visit\"",
        "no [[reads]] has the id `visit`",
    );
    refused(
        "from = \"url\"",
        "from = \"title\"",
        "\"title\"",
        "has no field `title`",
    );
}

#[test]
fn nothing_is_sent_unless_a_person_said_so_to_that_alone() {
    refused(
        "default = \"off\"",
        "default = \"on\"",
        "\"on\"",
        "`default` must be \"off\"",
    );
    refused(
        "consent = \"separate\"",
        "consent = \"bundled\"",
        "\"bundled\"",
        "`consent` must be \"separate\"",
    );
    refused(
        "paid_tier = \"same\"",
        "paid_tier = \"none\"",
        "\"none\"",
        "`paid_tier` must be \"same\"",
    );
    refused(
        "legal_basis = \"consent\"",
        "legal_basis = \"interest\"",
        "\"interest\"",
        "`legal_basis` must be",
    );
}

#[test]
fn leaving_the_device_and_sending_say_the_same() {
    refused(
        "leaves_device = true",
        "leaves_device = false",
        "false",
        "a [[sends]] has from = \"visits\"",
    );
    let reading = "[[reads]]\nid = \"other\"\nname = { en = \"O\", de = \"O\" }\ndata = \"user.x\"\nplaces = [\"browser.history\"]\naccess = \"read\"\nfields = [\"url\"]\ntrigger = \"user-action\"\nuse = \"essential.service\"\nnecessity = \"optional\"\nleaves_device = true\nwhat = { en = \"x\", de = \"x\" }\nwhy = { en = \"x\", de = \"x\" }\n\n[[keeps]]\n";
    refused(
        "[[keeps]]\n",
        reading,
        "true",
        "no [[sends]] has from = \"other\"",
    );
}

#[test]
fn the_sandbox_and_the_readings_say_the_same() {
    refused(
        "list = []",
        "list = [\"home\"]",
        "\"home\"",
        "no [[reads]] with access = \"list\" names it",
    );
    refused(
        "read = [\"browser.history\"]",
        "read = []",
        "\"browser.history\"",
        "[sandbox] does not have it in `read`",
    );
    refused(
        "access = \"read\"",
        "access = \"list\"",
        "\"browser.history\"",
        "no [[reads]] with access = \"read\" names it",
    );
    refused(
        "write = [\"$DATA/sightings/\"]",
        "write = []",
        "\"$DATA/sightings/verdicts.db\"",
        "does not have it in `write`",
    );
    refused(
        "write = [\"$DATA/sightings/\"]",
        "write = [\"$DATA/sight/\"]",
        "\"$DATA/sight/\"",
        "no [[keeps]] says what is kept there",
    );
}

#[test]
fn a_tool_has_no_network_and_starts_nothing() {
    refused(
        "net = \"none\"",
        "net = \"intake.example.org\"",
        "\"intake.example.org\"",
        "`net` must be \"none\"",
    );
    refused(
        "exec = []",
        "exec = [\"curl\"]",
        "[\"curl\"]",
        "`exec` must be empty",
    );
}

#[test]
fn an_id_stands_once() {
    refused(
        "id = \"verdicts\"",
        "id = \"visits\"",
        "\"visits\"",
        "the id `visits` is taken",
    );
    refused(
        "id = \"verdicts\"",
        "id = \"the verdicts\"",
        "\"the verdicts\"",
        "is no id",
    );
}

#[test]
fn a_length_of_time_is_written_in_one_way() {
    refused(
        "window = \"24h\"",
        "window = \"one day\"",
        "\"one day\"",
        "`one day` is no length of time",
    );
    refused(
        "retention = \"90d\"",
        "retention = \"for ever\"",
        "\"for ever\"",
        "is no length of time",
    );
    refused(
        "retention = \"7d\"",
        "retention = \"for ever\"",
        "\"for ever\"",
        "is no retention",
    );
    refused(
        "trigger = \"scheduled:1d\"",
        "trigger = \"often\"",
        "\"often\"",
        "is no trigger",
    );
    refused(
        "max_rate = \"1/day\"",
        "max_rate = \"daily\"",
        "\"daily\"",
        "is no rate",
    );
}

#[test]
fn a_path_is_never_a_place_and_a_place_to_write_never_climbs() {
    let shown = refusal(
        "places = [\"browser.history\"]",
        "places = [\"~/Library/Safari\"]",
    );
    assert!(
        shown.contains("`~/Library/Safari` is no place id"),
        "{shown}"
    );
    for wrong in [
        "~/x",
        "/etc/x",
        "$DATA/../x",
        "$DATA",
        "$DATA/",
        "$HOME/x",
        "$DATA/*/x",
    ] {
        let shown = refusal(
            "where = \"$DATA/sightings/verdicts.db\"",
            &format!("where = \"{wrong}\""),
        );
        assert!(
            shown.contains(&format!("`{wrong}` is no place to write")),
            "{shown}"
        );
    }
}

#[test]
fn every_text_stands_in_every_language_and_english_is_one() {
    refused(
        "languages = [\"en\", \"de\"]",
        "languages = [\"de\"]",
        "[\"de\"]",
        "`en` must be among the languages",
    );
    let one = "name = { en = \"Visits\", de = \"Besuche\" }";
    refused(
        one,
        "name = { en = \"Visits\" }",
        "{ en = \"Visits\" }",
        "the words in `de` are missing",
    );
    refused(
        one,
        "name = { de = \"Besuche\" }",
        "{ de = \"Besuche\" }",
        "the words in `en` are missing",
    );
    refused(
        one,
        "name = { en = \" \", de = \"Besuche\" }",
        "{ en = \" \", de = \"Besuche\" }",
        "the words in `en` are empty",
    );
    refused(
        one,
        "name = { en = \"Visits\", fr = \"x\" }",
        "fr",
        "unknown variant `fr`",
    );
}

#[test]
fn whoever_receives_something_has_a_name_and_a_place_to_complain() {
    let start = EXAMPLE.find("[controller]").unwrap();
    let end = EXAMPLE.find("[[reads]]").unwrap();
    let anonymous = format!("{}{}", &EXAMPLE[..start], &EXAMPLE[end..]);
    let error = Declaration::parse(&anonymous).unwrap_err().to_string();
    assert!(
        error.contains("[controller] must say who answers"),
        "{error}"
    );
    let silent: String = EXAMPLE
        .lines()
        .filter(|line| !line.starts_with("complain"))
        .map(|line| format!("{line}\n"))
        .collect();
    let error = Declaration::parse(&silent).unwrap_err().to_string();
    assert!(error.contains("where a person can complain"), "{error}");
}

#[test]
fn every_field_of_a_record_is_bounded() {
    refused(
        "max_length = 96\n",
        "",
        "\"bytes\"",
        "needs `max_length` alone",
    );
    refused(
        "maximum = 100000\n",
        "",
        "\"integer\"",
        "needs `minimum` and `maximum` alone",
    );
    refused(
        "choices = [\"adware\", \"scam\"]\n",
        "",
        "\"choice\"",
        "needs `choices` alone",
    );
    refused(
        "to = [\"https://intake.example.org\"]",
        "to = [\"http://intake.example.org\"]",
        "\"http://intake.example.org\"",
        "is no address to send to",
    );
}

#[test]
fn all_problems_are_shown_at_once_in_the_order_of_the_file() {
    let twice = EXAMPLE
        .replace("default = \"off\"", "default = \"on\"")
        .replace("net = \"none\"", "net = \"all\"");
    let error = Declaration::parse(&twice).unwrap_err();
    let lines: Vec<usize> = error.problems().iter().map(|it| it.line).collect();
    assert_eq!(lines.len(), 2, "{error}");
    assert!(lines[0] < lines[1]);
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(text in ".{0,200}", cut in 0_usize..4000, with in "[\\PC]{0,4}") {
        let _ = Declaration::parse(&text);
        let at = (0..=cut.min(EXAMPLE.len())).rev().find(|&at| EXAMPLE.is_char_boundary(at)).unwrap_or(0);
        let broken = format!("{}{with}{}", &EXAMPLE[..at], &EXAMPLE[at..]);
        if let Err(error) = Declaration::parse(&broken) {
            proptest::prop_assert!(error.to_string().starts_with("line "));
        }
        let _ = Declaration::parse(&EXAMPLE[..at]);
    }
}
