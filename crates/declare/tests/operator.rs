//! Nobody receives anything until an operator is named; then everything says who that is.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use candor_declare::{Declaration, Language, Operator};

const EXAMPLE: &str = include_str!("declarations/threat-sighting.toml");
const OPERATOR: &str = include_str!("declarations/operator.toml");

/// The example, sent to whoever an operator's file names.
fn shipped_text() -> String {
    let start = EXAMPLE.find("[controller]").unwrap();
    let end = EXAMPLE.find("[[reads]]").unwrap();
    format!("{}{}", &EXAMPLE[..start], &EXAMPLE[end..])
        .replace("\"https://intake.example.org\"", "\"@operator\"")
        .replace(
            "storage_location = \"DE\"",
            "storage_location = \"@operator\"",
        )
}

fn shipped() -> Declaration {
    Declaration::parse(&shipped_text()).unwrap_or_else(|error| panic!("{error}"))
}

fn operator(from: &str, to: &str) -> Operator {
    assert_eq!(
        OPERATOR.matches(from).count(),
        1,
        "{from:?} must stand once"
    );
    Operator::parse(&OPERATOR.replace(from, to)).unwrap_or_else(|error| panic!("{error}"))
}

fn named() -> Operator {
    Operator::parse(OPERATOR).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn without_an_operator_everything_says_that_nobody_receives_it() {
    let shipped = shipped();
    assert!(shipped.needs_operator() && shipped.controller().is_none());
    for (language, nobody, cannot) in [
        (
            Language::En,
            "nobody, until you name an operator",
            "nothing can be agreed to",
        ),
        (
            Language::De,
            "niemand, bis Sie einen Betreiber benennen",
            "nichts kann vereinbart werden",
        ),
    ] {
        let notice = shipped.notice_text(language, 9999);
        assert!(notice.matches(nobody).count() >= 2, "{notice}");
        assert!(notice.contains(cannot), "{notice}");
        let question = shipped.consent_question(language);
        assert!(question.contains(nobody) && question.contains(cannot));
        // There is no answer to give, so none is offered.
        assert!(!question.contains("Yes, send it") && !question.contains("Ja, senden"));
        assert!(!notice.contains("@operator"), "{notice}");
    }
    let records = serde_json::to_string(&shipped.record_schema()).unwrap();
    assert!(
        records.contains("\"storage_location\":\"@operator\""),
        "{records}"
    );
}

#[test]
fn with_an_operator_everything_says_who_that_is() {
    let operated = shipped().operated_by(&named());
    assert!(!operated.needs_operator());
    assert_eq!(operated.controller().unwrap().name, "Example e.V.");
    for language in [Language::En, Language::De] {
        let notice = operated.notice_text(language, 9999);
        for told in [
            "Example e.V.",
            "Relay Ltd",
            "Random Oy",
            "https://intake.example.org",
            "https://relay.example.net/relay/randomness",
            "in DE",
            named().sha256(),
        ] {
            assert!(notice.contains(told), "{told:?} is not in\n{notice}");
        }
        assert!(!notice.contains("@operator") && !notice.contains("until you name"));
    }
    assert_eq!(
        operated.sends()[0].third_parties,
        ["Relay Ltd", "Random Oy"]
    );
    let question = operated.consent_question(Language::En);
    assert!(question.find("- No, do not").unwrap() < question.find("- Yes, send").unwrap());
    // The bytes of the declaration are the same; who receives is not among them.
    assert_eq!(operated.sha256(), shipped().sha256());
}

#[test]
fn what_the_servers_could_learn_is_said_for_who_runs_them() {
    let told = |operator: &Operator| {
        shipped()
            .operated_by(operator)
            .notice_text(Language::En, 9999)
    };
    let own_relay = operator("run_by = \"Relay Ltd\"", "run_by = \"Example e.V.\"");
    let own_randomness = operator("run_by = \"Random Oy\"", "run_by = \"Example e.V.\"");
    let both = OPERATOR
        .replace("Relay Ltd", "Example e.V.")
        .replace("Random Oy", "Example e.V.");
    let both = Operator::parse(&both).unwrap();
    for (operator, said) in [
        (named(), "Relay and randomness server are run by others"),
        (own_relay, "The relay is the operator's own"),
        (own_randomness, "any text it can guess"),
        (both, "One operator runs everything."),
    ] {
        let notice = told(&operator);
        assert!(notice.contains(said), "{said:?} is not in\n{notice}");
        assert!(notice.contains("Always visible to the operator"));
    }
}

#[test]
fn another_operator_is_another_material_hash() {
    let hash = |operator: &Operator| shipped().operated_by(operator).material_hash();
    let before = hash(&named());
    assert_ne!(before, shipped().material_hash());
    for (from, to) in [
        ("name = \"Example e.V.\"", "name = \"Buyer Ltd\""),
        ("jurisdiction = \"EU\"", "jurisdiction = \"US\""),
        ("storage_location = \"DE\"", "storage_location = \"US\""),
        ("https://intake.example.org", "https://intake.example.com"),
        ("https://issuer.example.org", "https://issuer.example.com"),
        ("run_by = \"Relay Ltd\"", "run_by = \"Example e.V.\""),
        ("relay/intake", "relay/other"),
        ("relay/randomness", "relay/other"),
        ("run_by = \"Random Oy\"", "run_by = \"Example e.V.\""),
        (
            "https://randomness.example.com",
            "https://randomness.example.net",
        ),
    ] {
        assert_ne!(
            hash(&operator(from, to)),
            before,
            "{from:?} to {to:?} went unnoticed"
        );
    }
    // Changed places: the relay's two resources.
    let swapped = OPERATOR
        .replace("relay/intake", "relay/x")
        .replace("relay/randomness", "relay/intake")
        .replace("relay/x", "relay/randomness");
    assert_ne!(hash(&Operator::parse(&swapped).unwrap()), before);
    for (from, to) in [
        (
            "contact = \"privacy@example.org\"",
            "contact = \"us@example.org\"",
        ),
        ("0123abcd", "abcd0123"),
        ("# An example", "# Another example"),
    ] {
        assert_eq!(
            hash(&operator(from, to)),
            before,
            "{from:?} to {to:?} is not material"
        );
    }
}

#[test]
fn a_declaration_that_names_its_receiver_is_as_it_was() {
    let own = Declaration::parse(EXAMPLE).unwrap();
    let operated = own.operated_by(&named());
    assert_eq!(operated.material_hash(), own.material_hash());
    assert!(operated.operator().is_none() && !own.needs_operator());
}

#[track_caller]
fn refused(from: &str, to: &str, sentence: &str) {
    let text = OPERATOR.replace(from, to);
    assert_ne!(text, OPERATOR, "{from:?} must stand there");
    let shown = Operator::parse(&text).expect_err(to).to_string();
    assert!(shown.starts_with("line "), "{shown}");
    assert!(
        shown.contains(sentence),
        "expected {sentence:?} in\n{shown}"
    );
    assert!(shown.contains('^'), "{shown}");
}

#[test]
fn an_operators_file_is_strict() {
    refused(
        "schema = \"candor-operator/1\"",
        "schema = \"candor-operator/2\"",
        "reads the schema",
    );
    refused("issuer = ", "isuer = ", "unknown field `isuer`");
    refused(
        "[relay]\n",
        "[relay]\nsecret = 1\n",
        "unknown field `secret`",
    );
    refused("run_by = \"Relay Ltd\"\n", "", "missing field `run_by`");
    refused(
        "run_by = \"Random Oy\"",
        "run_by = \" \"",
        "say by name who runs it",
    );
    refused(
        "name = \"Example e.V.\"",
        "name = \"\"",
        "`name` must be one line of text",
    );
    refused("\"DE\"", "\"Germany\"", "is no country");
    refused("\"000102", "\"00010", "64 lower-case hex digits");
    refused("+0123abcd+", "+0123abc+", "the log's verifier key");
    for wrong in [
        "http://intake.example.org",
        "http://127.0.0.1.example.org",
        "http://127.0.0.1:80@evil.example",
        "http://localhostile",
        "https://",
        "https://user@example.org",
        "ftp://example.org",
        "@operator",
    ] {
        refused(
            "https://intake.example.org",
            wrong,
            "is no address to send to",
        );
    }
}

#[test]
fn http_is_for_this_machine_alone() {
    for own in [
        "http://127.0.0.1:8080",
        "http://[::1]:1/relay/x",
        "http://localhost",
    ] {
        let operator = operator("https://intake.example.org", own);
        assert_eq!(operator.gateway(), own);
    }
}

#[test]
fn what_the_operator_says_is_not_said_twice() {
    let refused = |from: &str, to: &str, sentence: &str| {
        let text = shipped_text();
        assert_eq!(text.matches(from).count(), 1, "{from:?}");
        let shown = Declaration::parse(&text.replace(from, to))
            .expect_err(to)
            .to_string();
        assert!(
            shown.contains(sentence),
            "expected {sentence:?} in\n{shown}"
        );
    };
    let controller =
        &EXAMPLE[EXAMPLE.find("[controller]").unwrap()..EXAMPLE.find("[[reads]]").unwrap()];
    refused(
        "[[reads]]\n",
        &format!("{controller}[[reads]]\n"),
        "take [controller] out",
    );
    refused(
        "to = [\"@operator\"]",
        "to = [\"@operator\", \"https://x.example\"]",
        "`@operator` stands alone",
    );
    refused(
        "storage_location = \"@operator\"",
        "storage_location = \"DE\"",
        "whose file names the country",
    );
    refused(
        "via = \"ohttp\"",
        "via = \"https\"",
        "goes through its relay",
    );
    refused(
        "recipient = \"controller\"",
        "recipient = \"processor\"",
        "who answers for it",
    );
    refused(
        "to = [\"@operator\"]",
        "to = [\"@nobody\"]",
        "is no address to send to",
    );
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(text in ".{0,200}", cut in 0_usize..1200, with in "[\\PC]{0,4}") {
        let _ = Operator::parse(&text);
        let at = (0..=cut.min(OPERATOR.len())).rev().find(|&at| OPERATOR.is_char_boundary(at)).unwrap_or(0);
        if let Err(error) = Operator::parse(&format!("{}{with}{}", &OPERATOR[..at], &OPERATOR[at..])) {
            proptest::prop_assert!(error.to_string().starts_with("line "));
        }
    }
}
