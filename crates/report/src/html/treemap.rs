//! A disk map: boxes as an SVG drawing, and the same figures as a table.
//!
//! Every box is a link to its row in the table, so that it can be reached and read without a mouse,
//! without colour and without a script. There are two drawings of the same boxes, since text in a
//! drawing scales with it: one for wide pages and one for narrow ones; a page shows one of them.

use std::{collections::VecDeque, fmt::Write as _, path::Path};

use tool::{Bytes, Tile};

use super::{
    Page,
    squarify::{Rect, squarify},
};
use crate::{
    escape,
    width::{columns, cut_end},
    words::{self, Words},
};

/// How many boxes a box shows inside, by depth; and how many there are at most.
const INSIDE: [usize; 3] = [32, 12, 6];
const BOXES: usize = 320;
/// Boxes thinner than this are left to the table, in units of the drawing.
const THIN: f64 = 3.0;
/// How wide a character of a label is drawn, and how high its line is.
const LETTER: f64 = 7.1;
const LINE: f64 = 15.0;
/// Hues there are for the outermost boxes; they repeat.
const HUES: usize = 8;

/// A box that is drawn and has a row: those that are too many are summed up in one.
struct Drawn {
    label: String,
    bytes: u64,
    depth: usize,
    hue: usize,
    /// True for the sum of what has no box of its own.
    rest: bool,
    inside: Vec<usize>,
}

/// Draws a map. `number` tells the maps of one page apart.
pub(super) fn draw(page: &mut Page, number: usize, title: &str, root: &Tile) {
    let boxes = chosen(root, &page.words);
    let title = escape::html(title);
    let total = boxes[0].bytes;
    _ = write!(
        page.out,
        "<figure class=\"map\"><figcaption>{title} <span class=\"faint\">{}</span></figcaption>",
        escape::html(&format!("{}, {}", boxes[0].label, Bytes(total)))
    );
    svg(
        &mut page.out,
        number,
        "wide",
        &title,
        &boxes,
        (1000.0, 460.0),
    );
    svg(
        &mut page.out,
        number,
        "narrow",
        &title,
        &boxes,
        (320.0, 400.0),
    );
    table(&mut page.out, number, &title, &boxes);
    page.out.push_str("</figure>\n");
}

/// Returns the boxes worth drawing, the root first; `inside` names others by their place.
fn chosen(root: &Tile, words: &Words) -> Vec<Drawn> {
    let whole = words.path(&root.label.0);
    let mut boxes = vec![Drawn {
        label: whole,
        bytes: root.bytes.0,
        depth: 0,
        hue: 0,
        rest: false,
        inside: Vec::new(),
    }];
    // By breadth, so that the limit takes from the depth.
    let mut queue = VecDeque::from([(root, 0)]);
    while let Some((tile, at)) = queue.pop_front() {
        let depth = boxes[at].depth;
        let Some(limit) = INSIDE.get(depth) else {
            continue;
        };
        let mut inside: Vec<&Tile> = tile.inside.iter().filter(|it| it.bytes.0 > 0).collect();
        inside.sort_by_key(|it| std::cmp::Reverse(it.bytes));
        inside.truncate((*limit).min(BOXES.saturating_sub(boxes.len())));
        if inside.is_empty() {
            continue;
        }
        let mut left = tile.bytes.0;
        for (n, it) in inside.into_iter().enumerate() {
            left = left.saturating_sub(it.bytes.0);
            let hue = if depth == 0 { n % HUES } else { boxes[at].hue };
            let label = label(it, &tile.label.0, words);
            let new = boxes.len();
            boxes[at].inside.push(new);
            boxes.push(Drawn {
                label,
                bytes: it.bytes.0,
                depth: depth + 1,
                hue,
                rest: false,
                inside: Vec::new(),
            });
            queue.push_back((it, new));
        }
        if left > 0 {
            let (hue, new) = (boxes[at].hue, boxes.len());
            boxes[at].inside.push(new);
            let label = "everything else there".to_owned();
            boxes.push(Drawn {
                label,
                bytes: left,
                depth: depth + 1,
                hue,
                rest: true,
                inside: Vec::new(),
            });
        }
    }
    boxes
}

fn label(tile: &Tile, parent: &Path, words: &Words) -> String {
    let path = &tile.label.0;
    let rest = path
        .strip_prefix(parent)
        .ok()
        .filter(|rest| !rest.as_os_str().is_empty());
    words.path(rest.unwrap_or(path))
}

fn svg(
    out: &mut String,
    number: usize,
    kind: &str,
    title: &str,
    boxes: &[Drawn],
    (w, h): (f64, f64),
) {
    let id = format!("map{number}-{kind}");
    _ = write!(
        out,
        "<svg class=\"{kind}\" viewBox=\"0 0 {w} {h}\" role=\"group\" aria-labelledby=\"{id}-t {id}-d\">\
         <title id=\"{id}-t\">{title}</title>\
         <desc id=\"{id}-d\">Boxes by size. Each leads to its row in the table below.</desc>"
    );
    inside(
        out,
        number,
        boxes,
        0,
        Rect {
            x: 0.0,
            y: 0.0,
            w,
            h,
        },
    );
    out.push_str("</svg>\n");
}

/// Draws the boxes inside one box. Bounded by the depth of [`INSIDE`].
fn inside(out: &mut String, number: usize, boxes: &[Drawn], at: usize, space: Rect) {
    let inner = &boxes[at].inside;
    #[expect(clippy::cast_precision_loss, reason = "areas are drawn in pixels")]
    let weights: Vec<f64> = inner.iter().map(|it| boxes[*it].bytes as f64).collect();
    for (it, rect) in inner.iter().zip(squarify_sorted(&weights, space)) {
        if rect.w >= THIN && rect.h >= THIN {
            one_box(out, number, boxes, *it, rect);
        }
    }
}

/// As [`squarify`], for weights whose last, the rest, may be larger than those before it.
fn squarify_sorted(weights: &[f64], space: Rect) -> Vec<Rect> {
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by(|a, b| weights[*b].total_cmp(&weights[*a]));
    let sorted: Vec<f64> = order.iter().map(|at| weights[*at]).collect();
    let mut rects = vec![
        Rect {
            w: 0.0,
            h: 0.0,
            ..space
        };
        weights.len()
    ];
    for (at, rect) in order.into_iter().zip(squarify(&sorted, space)) {
        rects[at] = rect;
    }
    rects
}

fn one_box(out: &mut String, number: usize, boxes: &[Drawn], at: usize, rect: Rect) {
    let it = &boxes[at];
    let size = Bytes(it.bytes).to_string();
    let full = escape::html(&format!(
        "{} {size}, {}",
        it.label,
        words::percent(it.bytes, boxes[0].bytes)
    ));
    let class = match it.rest {
        true => "rest".to_owned(),
        false => format!("h{} d{}", it.hue, it.depth),
    };
    // A hair of ground shows between neighbours.
    let (x, y, w, h) = (rect.x + 0.75, rect.y + 0.75, rect.w - 1.5, rect.h - 1.5);
    _ = write!(
        out,
        "<a href=\"#map{number}-{at}\" aria-label=\"{full}\"><title>{full}</title>\
         <rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{w:.1}\" height=\"{h:.1}\" rx=\"2\"/></a>"
    );
    let holds_boxes = !it.inside.is_empty() && w > 44.0 && h > LINE * 2.5;
    let letters = letters(w - 10.0);
    if letters >= 3 && h >= LINE + 3.0 {
        // Beside the link and not in it: it may be shortened, the link's name never is.
        let beside = holds_boxes && columns(&it.label) + columns(&size) < letters;
        let below = !holds_boxes && h >= LINE * 2.0 + 4.0 && columns(&size) <= letters;
        let name = escape::html(&cut_end(&it.label, letters));
        let (left, top) = (x + 5.0, y + 13.0);
        _ = write!(
            out,
            "<text aria-hidden=\"true\" x=\"{left:.1}\" y=\"{top:.1}\">{name}"
        );
        if beside {
            _ = write!(out, " <tspan class=\"size\">{size}</tspan>");
        } else if below {
            let top = top + LINE;
            _ = write!(
                out,
                " <tspan class=\"size\" x=\"{left:.1}\" y=\"{top:.1}\">{size}</tspan>"
            );
        }
        out.push_str("</text>");
    }
    if holds_boxes {
        let below = Rect {
            x: x + 3.0,
            y: y + LINE + 3.0,
            w: w - 6.0,
            h: h - LINE - 6.0,
        };
        inside(out, number, boxes, at, below);
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a drawing's width, made positive"
)]
fn letters(width: f64) -> usize {
    (width / LETTER).max(0.0) as usize
}

fn table(out: &mut String, number: usize, title: &str, boxes: &[Drawn]) {
    _ = write!(
        out,
        "<details><summary>The same as a table, {} rows</summary><table class=\"twin\"><caption>{title}</caption>\
         <thead><tr><th scope=\"col\">Folder</th><th scope=\"col\" class=\"figure\">Size</th>\
         <th scope=\"col\" class=\"figure\">Part</th></tr></thead><tbody>",
        words::count(boxes.len() as u64)
    );
    rows(out, number, boxes, 0);
    out.push_str("</tbody></table></details>");
}

fn rows(out: &mut String, number: usize, boxes: &[Drawn], at: usize) {
    let it = &boxes[at];
    _ = writeln!(
        out,
        "<tr id=\"map{number}-{at}\" class=\"in{}\"><th scope=\"row\">{}</th><td class=\"figure\">{}</td>\
         <td class=\"figure\">{}</td></tr>",
        it.depth,
        escape::html(&it.label),
        Bytes(it.bytes),
        escape::html(&words::percent(it.bytes, boxes[0].bytes)),
    );
    for inner in &it.inside {
        rows(out, number, boxes, *inner);
    }
}

#[cfg(test)]
mod tests {
    use tool::PathText;

    use super::*;
    use crate::Zone;

    fn tile(label: &str, bytes: u64, inside: Vec<Tile>) -> Tile {
        Tile {
            label: PathText(label.into()),
            bytes: Bytes(bytes),
            inside,
        }
    }

    fn chosen_of(root: &Tile) -> Vec<Drawn> {
        chosen(
            root,
            &Words {
                home: None,
                zone: &Zone::utc(),
            },
        )
    }

    #[test]
    fn what_has_no_box_is_summed_up() {
        let many = (0..100)
            .map(|n| tile(&format!("/r/{n}"), 10, vec![]))
            .collect();
        let boxes = chosen_of(&tile("/r", 1500, many));
        assert_eq!(boxes[0].inside.len(), INSIDE[0] + 1);
        let rest = boxes.last().unwrap();
        assert!(rest.rest);
        assert_eq!(rest.bytes, 1500 - 320);
        assert_eq!(
            boxes[1].label, "0",
            "the parent's part of the name is said once"
        );
    }

    #[test]
    fn a_map_of_hostile_shape_stays_small() {
        let mut deep = tile("/x", 1, vec![]);
        for n in 0..500_u64 {
            deep = tile("/x", n, vec![deep]);
        }
        let wide = (0..50).map(|n| {
            tile(
                &format!("/w/{n}"),
                u64::MAX,
                vec![tile("/w/i", u64::MAX, vec![]); 50],
            )
        });
        for root in [deep, tile("/w", 3, wide.collect()), tile("", 0, vec![])] {
            let boxes = chosen_of(&root);
            assert!(boxes.len() <= BOXES * 2, "{}", boxes.len());
            let mut out = String::new();
            svg(&mut out, 0, "wide", "t", &boxes, (1000.0, 500.0));
            table(&mut out, 0, "t", &boxes);
            assert!(
                out.len() < 200_000 && !out.contains("NaN") && !out.contains("inf\""),
                "{}",
                out.len()
            );
        }
    }
}
