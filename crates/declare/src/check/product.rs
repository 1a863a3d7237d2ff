//! Rules on who declares, and on which class may name which place.

use std::collections::BTreeSet;

use super::{Broken, Path, at, check_controller, check_words};
use crate::{
    Language,
    declaration::{Class, Document, OPERATOR, Send},
    place::{is_place, is_security_place},
};

pub(super) fn check(document: &Document, broken: &mut Broken) {
    let product = &document.product;
    broken.unless(
        is_place(&product.id) && product.id.contains('.'),
        at!["product", "id"],
        || {
            format!(
                "`{}` is no product id: write dotted lower-case words like `org.candor.history`",
                product.id
            )
        },
    );
    broken.unless(
        !product.version.trim().is_empty(),
        at!["product", "version"],
        || "name the versions this declaration is for, like `>=0.1, <0.2`".to_owned(),
    );
    let languages: BTreeSet<Language> = product.languages.iter().copied().collect();
    broken.unless(
        languages.contains(&Language::En),
        at!["product", "languages"],
        || "`en` must be among the languages".to_owned(),
    );
    broken.unless(
        languages.len() == product.languages.len(),
        at!["product", "languages"],
        || "a language stands twice".to_owned(),
    );
    check_words(document, &product.name, at!["product", "name"], broken);
    check_words(document, &product.what, at!["product", "what"], broken);
    check_words(
        document,
        &document.rights.access,
        at!["rights", "access"],
        broken,
    );
    check_words(
        document,
        &document.rights.erase,
        at!["rights", "erase"],
        broken,
    );
    if let Some(complain) = &document.rights.complain {
        check_words(document, complain, at!["rights", "complain"], broken);
    }
    who_answers(document, broken);
    places_of_its_class(document, broken);
}

/// Whoever receives data has a name, an address and a place to complain at.
fn who_answers(document: &Document, broken: &mut Broken) {
    if let Some(controller) = &document.controller {
        check_controller(controller, at!["controller"], broken);
    }
    if document.sends.is_empty() {
        return;
    }
    let is_operated = |send: &Send| send.to.iter().any(|to| to == OPERATOR);
    let named = document.sends.iter().position(|send| !is_operated(send));
    broken.unless(
        document.controller.is_some() || named.is_none(),
        at!["sends", named.unwrap_or(0), "recipient"],
        || "something is sent, so the table [controller] must say who answers for it".to_owned(),
    );
    let operated = document.sends.iter().position(is_operated);
    broken.unless(
        document.controller.is_none() || operated.is_none(),
        at!["sends", operated.unwrap_or(0), "to"],
        || {
            format!("it goes to `{OPERATOR}`, so the operator's file says who answers for it: take [controller] out")
        },
    );
    broken.unless(
        document.rights.complain.is_some(),
        at!["rights", "access"],
        || {
            "something is sent, so [rights] must say with `complain` where a person can complain"
                .to_owned()
        },
    );
}

/// A utility names no place of a browser and no persistence place, in any list.
fn places_of_its_class(document: &Document, broken: &mut Broken) {
    if document.product.class != Class::Utility {
        return;
    }
    let mut refuse = |path: Path, place: &str| {
        broken.unless(!is_security_place(place), path, || {
            format!(
                "a product of class `utility` may not name the place `{place}`: places that begin with `browser.` or `persistence.` belong to security tools"
            )
        });
    };
    for (i, read) in document.reads.iter().enumerate() {
        for (n, place) in read.places.iter().enumerate() {
            refuse(at!["reads", i, "places", n], place);
        }
    }
    for (key, places) in [
        ("list", &document.sandbox.list),
        ("read", &document.sandbox.read),
    ] {
        for (n, place) in places.iter().enumerate() {
            refuse(at!["sandbox", key, n], place);
        }
    }
}
