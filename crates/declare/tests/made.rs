//! What is made from a declaration says everything, in every form.

use candor_declare::{Declaration, Language, SandboxPlan};

const EXAMPLE: &str = include_str!("declarations/threat-sighting.toml");

fn example() -> Declaration {
    Declaration::parse(EXAMPLE).expect("the example is valid")
}

/// A declaration that sends nothing: the example without its `[[sends]]`.
fn silent() -> Declaration {
    let start = EXAMPLE.find("[[sends]]").expect("the example sends");
    let end = EXAMPLE
        .find("[sandbox]")
        .expect("the example has a sandbox");
    let text = format!("{}{}", &EXAMPLE[..start], &EXAMPLE[end..]);
    Declaration::parse(&text.replace("leaves_device = true", "leaves_device = false"))
        .expect("it is valid without what it sends")
}

/// Everything a person must find in a notice of the example.
const TOLD: [&str; 21] = [
    "Threat sightings: what it reads, keeps and sends",
    "The addresses visited in the last 24 hours.",
    "To find the page that led to harm.",
    "browser.history",
    "visit_time",
    "24 hours",
    "$DATA/sightings/verdicts.db",
    "7 days",
    "So that a second look is quick.",
    "Delete the file. Nothing else is lost.",
    "So that others are warned.",
    "threshold-share:k=20",
    "https://intake.example.org",
    "through a relay",
    "90 days, in DE",
    "candor consent withdraw threat-sighting",
    "Example e.V.",
    "privacy@example.org",
    "the authority in Berlin",
    "It cannot open a network connection.",
    "1/day",
];

#[test]
fn every_form_of_the_notice_tells_everything() {
    let declaration = example();
    let unescaped = declaration.notice_markdown(Language::En).replace('\\', "");
    let html = declaration.notice_html(Language::En).replace("&#39;", "'");
    let terminal = declaration.notice_text(Language::En, usize::MAX);
    for told in TOLD {
        assert!(
            unescaped.contains(told),
            "{told:?} is not in the Markdown form"
        );
        assert!(html.contains(told), "{told:?} is not in the HTML form");
        assert!(
            terminal.contains(told),
            "{told:?} is not in the terminal form"
        );
    }
}

#[test]
fn every_made_file_names_the_declaration() {
    let declaration = example();
    let made = [
        declaration.notice_markdown(Language::En),
        declaration.notice_html(Language::De),
        declaration.notice_text(Language::En, 80),
        declaration.consent_question(Language::En),
        serde_json::to_string(&declaration.sandbox_plan()).unwrap(),
        serde_json::to_string(&declaration.record_schema()).unwrap(),
    ];
    for text in made {
        assert!(text.contains(declaration.sha256()), "{text}");
    }
}

#[test]
fn the_german_notice_is_german_throughout() {
    let text = example().notice_text(Language::De, 72);
    assert!(text.contains("Die in den letzten 24 Stunden besuchten Adressen."));
    for english in [
        " what ", " keeps", " Why", " the ", " and ", " hours", "Where",
    ] {
        assert!(!text.contains(english), "{english:?} in\n{text}");
    }
}

#[test]
fn lines_for_a_terminal_keep_to_its_width() {
    for line in silent().notice_text(Language::En, 60).lines() {
        assert!(
            line.chars().count() <= 60 || !line.trim().contains(' '),
            "{line:?}"
        );
    }
}

#[test]
fn the_page_loads_nothing_and_runs_nothing() {
    let html = example().notice_html(Language::En);
    assert!(html.contains("default-src 'none'"));
    for forbidden in [
        "<script", "src=", "href=", "url(", "@import", "onload", "<link", "<iframe",
    ] {
        assert!(!html.contains(forbidden), "{forbidden}");
    }
    assert!(html.contains("<html lang=\"en\">"));
    assert_eq!(html.matches("<h1>").count(), 1);
    for tag in [
        "main", "dl", "dt", "dd", "ul", "li", "h2", "h3", "p", "code",
    ] {
        let opened = html.matches(&format!("<{tag}>")).count();
        assert_eq!(opened, html.matches(&format!("</{tag}>")).count(), "{tag}");
        assert!(opened > 0, "{tag}");
    }
}

#[test]
fn where_nothing_is_sent_nothing_is_asked() {
    let declaration = silent();
    let question = declaration.consent_question(Language::En);
    assert!(question.contains("No consent is asked, because nothing leaves this machine."));
    assert!(!question.contains("May this be sent"));
    assert!(
        declaration
            .notice_text(Language::En, 999)
            .contains("Nothing leaves this machine.")
    );
    assert!(declaration.record_schema().records().is_empty());
}

#[test]
fn a_question_offers_no_first_and_both_in_one_step() {
    let question = example().consent_question(Language::En);
    let no = question.find("- No, do not send it").unwrap();
    let yes = question.find("- Yes, send it").unwrap();
    assert!(no < yes);
    assert_eq!(question.matches("May this be sent?").count(), 1);
    assert!(!question.contains("[x]"));
}

#[test]
fn the_sandbox_plan_survives_json() {
    let plan = example().sandbox_plan();
    let json = serde_json::to_string(&plan).unwrap();
    assert_eq!(serde_json::from_str::<SandboxPlan>(&json).unwrap(), plan);
    assert_eq!((plan.net.as_str(), plan.exec.len()), ("none", 0));
    assert!(plan.may_read("browser.history.firefox"));
    assert!(!plan.may_read("browser.cookies"));
    assert!(!plan.may_list("home"));
}

#[test]
fn united_plans_allow_what_each_allows_and_no_more() {
    let mut other = example().sandbox_plan();
    other.products = vec![("org.example.map".to_owned(), "0".repeat(64))];
    other.read.clear();
    other.write.clear();
    other.list.insert("home".to_owned());
    let united = SandboxPlan::united([example().sandbox_plan(), other]);
    assert!(united.may_list("home") && !united.may_read("home"));
    assert!(united.may_read("browser.history"));
    assert_eq!(united.products.len(), 2);
    assert_eq!((united.net.as_str(), united.exec.len()), ("none", 0));
    assert_eq!(united.write.len(), 1);
}

#[test]
fn the_record_schema_bounds_every_field() {
    let declaration = example();
    let json = serde_json::to_string_pretty(declaration.record_schema().records()).unwrap();
    insta::assert_snapshot!(json.replace(declaration.sha256(), "SHA256"), @r#"
    [
      {
        "id": "threat-sighting",
        "retention": "90d",
        "deletion": "a partition per day is dropped",
        "storage_location": "DE",
        "max_rate": "1/day",
        "kill_switch": true,
        "record": {
          "$schema": "https://json-schema.org/draft/2020-12/schema",
          "$id": "urn:candor:record:org.example.sightings:threat-sighting:SHA256",
          "title": "Threat sighting",
          "description": "A share of the host's name. It can be read only when 20 others have met the same host.",
          "type": "object",
          "additionalProperties": false,
          "required": [
            "epoch",
            "list",
            "share"
          ],
          "properties": {
            "epoch": {
              "description": "the number of the day",
              "type": "integer",
              "minimum": 0,
              "maximum": 100000
            },
            "list": {
              "description": "the list it stands on",
              "type": "string",
              "enum": [
                "adware",
                "scam"
              ]
            },
            "share": {
              "description": "one of many shares of the host's name",
              "$comment": "threshold-share:k=20",
              "type": "string",
              "contentEncoding": "base64",
              "maxLength": 128
            }
          }
        }
      }
    ]
    "#);
}
