//! Links that lead out, and what is written through them.

use fixture::archives::{folder, link, same, tar, zip};

use crate::attacks::{Attack, attack, evil};

pub(crate) fn attacks() -> Vec<Attack> {
    let through = [
        link("out", "../../outside"),
        evil("out/victim"),
        evil("out/new"),
    ];
    let told_of_through = &[
        "out not: damaged",
        "out/victim at out (2)/victim taken",
        "out/new at out (2)/new taken",
    ];
    let chain = [
        link("a", "b"),
        link("b", "../../outside"),
        evil("a/victim"),
        evil("b/new"),
    ];
    let told_of_chain = &[
        "a not: damaged",
        "b not: damaged",
        "a/victim at a (2)/victim taken",
        "b/new at b (2)/new taken",
    ];
    let to_a_file = [link("v", "../../outside/victim"), evil("v")];
    let told_of_file = &["v not: damaged", "v at v (2) taken"];
    vec![
        attack(
            "through a link, in zip",
            zip::pack(&through),
            told_of_through,
        ),
        attack(
            "through a link, in tar",
            tar::pack(&through),
            told_of_through,
        ),
        attack("through a chain, in zip", zip::pack(&chain), told_of_chain),
        attack("through a chain, in tar", tar::pack(&chain), told_of_chain),
        attack("over a link, in zip", zip::pack(&to_a_file), told_of_file),
        attack("over a link, in tar", tar::pack(&to_a_file), told_of_file),
        attack(
            "up, and out from there",
            tar::pack(&[
                folder("d/"),
                link("d/up", ".."),
                link("out", "d/up/../outside"),
                evil("out/victim"),
            ]),
            &[
                "d/ at d",
                "d/up at d/up",
                "out not: damaged",
                "out/victim at out (2)/victim taken",
            ],
        ),
        attack(
            "up, and out from there, where case does not count",
            tar::pack(&[
                folder("d/"),
                link("d/Up", ".."),
                link("out", "D/uP/../outside"),
            ]),
            &["d/ at d", "d/Up at d/Up", "out not: damaged"],
        ),
        attack(
            "links to the root and to devices",
            zip::pack(&[
                link("r", "/"),
                link("null", "/dev/null"),
                evil("r/tmp/candor-was-here"),
            ]),
            &[
                "r not: damaged",
                "null not: damaged",
                "r/tmp/candor-was-here at r (2)/tmp/candor-was-here taken",
            ],
        ),
        attack(
            "a folder that becomes a link",
            tar::pack(&[evil("d/x"), link("d", "../../outside"), evil("d/victim")]),
            &["d/x at d/x", "d not: damaged taken", "d/victim at d/victim"],
        ),
        attack(
            "links in a circle",
            tar::pack(&[
                link("a", "b"),
                link("b", "a"),
                link("c", "c/c"),
                evil("a/x"),
            ]),
            &[
                "a not: damaged",
                "b not: damaged",
                "c not: damaged",
                "a/x at a (2)/x taken",
            ],
        ),
        attack(
            "a hard link to a link",
            tar::pack(&[link("l", "../../outside/victim"), same("h", "l"), evil("h")]),
            &["l not: damaged", "h not: damaged", "h at h (2) taken"],
        ),
        attack(
            "a hard link out, written to",
            tar::pack(&[
                same("h", "/etc/passwd"),
                same("i", "../../outside/victim"),
                evil("h"),
                evil("i"),
            ]),
            &[
                "h not: damaged",
                "i not: damaged",
                "h at h (2) taken",
                "i at i (2) taken",
            ],
        ),
        attack(
            "a link whose target is cut by NUL",
            zip::pack(&[link("l", "good\0/../../outside"), evil("good")]),
            &["l not: damaged", "good at good"],
        ),
    ]
}
