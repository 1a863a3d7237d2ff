//! Promise: a utility (battery, disk, duplicates) cannot so much as name a browser's place.
//!
//! In the case Candor answers, a shared module read browser history inside apps that had no
//! business with it. Here such an app has two doors to pass, and neither opens.

use candor_promises::workspace;
use declare::{Class, Declaration};

const UTILITIES: [&str; 6] = [
    "battery",
    "clean",
    "dupes",
    "similar",
    "uninstall",
    "unpack",
];

#[test]
fn its_declaration_is_refused_when_it_names_one() {
    let mut names: Vec<String> = knowledge::browsers::places()
        .into_iter()
        .map(|place| place.id)
        .collect();
    assert!(names.len() >= 10, "the table has too few rows: {names:?}");
    names.extend([
        "browser".into(),
        "browser.history".into(),
        "persistence.agents".into(),
    ]);
    for tool in UTILITIES {
        let text = declaration(tool);
        let real = Declaration::parse(&text).unwrap_or_else(|error| panic!("{tool}: {error}"));
        assert_eq!(real.product().class, Class::Utility, "{tool}");
        // What the tool says it reads, and what it asks the sandbox to open or list.
        for list in ["places = [", "\nread = [", "\nlist = ["] {
            assert!(text.contains(list), "{tool} has no `{}`", list.trim());
            for name in &names {
                let changed = text.replacen(list, &format!("{list}\"{name}\", "), 1);
                let error = Declaration::parse(&changed).expect_err("it must be refused");
                let points_at_it = error.problems().iter().any(|problem| {
                    problem.message.contains(&format!("`{name}`"))
                        && problem.message.contains("utility")
                });
                assert!(
                    points_at_it,
                    "{tool} with {name} in {}: {error}",
                    list.trim()
                );
            }
        }
    }
}

#[test]
fn the_security_tool_may_name_what_a_utility_may_not() {
    let text = declaration("history");
    let real = Declaration::parse(&text).unwrap();
    assert_eq!(real.product().class, Class::Security);
    // The same text under the other class: only the class makes the difference.
    let changed = text.replacen("class = \"security\"", "class = \"utility\"", 1);
    let error = Declaration::parse(&changed).expect_err("it must be refused");
    assert!(error.to_string().contains("`browser.history`"), "{error}");
}

#[test]
fn its_package_links_no_row_about_browsers() {
    for tool in UTILITIES {
        let manifest = table(&format!("tools/{tool}/Cargo.toml"));
        let needs = ["dependencies", "build-dependencies"].into_iter();
        for (name, what) in needs
            .filter_map(|key| manifest.get(key)?.as_table())
            .flatten()
        {
            assert_ne!(
                name, "history",
                "{tool} imports the tool that reads browsers"
            );
            let features = what.get("features").and_then(|it| it.as_array());
            for feature in features.into_iter().flatten() {
                assert_ne!(
                    feature.as_str(),
                    Some("browsers"),
                    "{tool} links the browsers' rows"
                );
            }
        }
        let features = manifest
            .get("features")
            .map(ToString::to_string)
            .unwrap_or_default();
        assert!(
            !features.contains("browsers"),
            "{tool} can be made to link the browsers' rows"
        );

        let layers = table("layers.toml");
        let may = layers["may"][format!("tools/{tool}")]
            .as_array()
            .expect("every tool has a line");
        let sideways = may
            .iter()
            .filter_map(|it| it.as_str())
            .find(|it| it.starts_with("tools/"));
        assert_eq!(sideways, None, "{tool} may import another tool");
    }
    // What the browsers' rows come with unless asked otherwise.
    let default = &table("crates/knowledge/Cargo.toml")["features"]["default"];
    assert_eq!(
        default.as_array().map(Vec::len),
        Some(0),
        "rows are linked without being asked"
    );
    let workspace = table("Cargo.toml")["workspace"]["dependencies"]["knowledge"].to_string();
    assert!(
        !workspace.contains("features"),
        "every crate would link rows: {workspace}"
    );
}

fn declaration(tool: &str) -> String {
    read(&format!("tools/{tool}/declaration.toml"))
}

fn table(path: &str) -> toml::Table {
    read(path)
        .parse()
        .unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn read(path: &str) -> String {
    let full = workspace().join(path);
    std::fs::read_to_string(&full).unwrap_or_else(|error| panic!("{}: {error}", full.display()))
}
