//! Charts out of block characters: bars, and a disk map as an indented list.

use std::path::Path;

use tool::{Bar, Tile};

use super::{Ink, Sheet};
use crate::{
    escape,
    width::{columns, cut_end, cut_middle, pad, pad_left, wrap},
    words,
};

/// How many boxes are listed at each depth of a map.
const TILES: [usize; 3] = [14, 4, 3];
const FEW: usize = 3;
/// How long a bar of a map and a bar of a chart is.
const MAP_BAR: usize = 12;
const BAR: usize = 24;

/// Draws the boxes of a map, largest first, each with its size and its part of the whole.
pub(super) fn treemap(sheet: &mut Sheet, title: &str, root: &Tile) {
    sheet.small_heading(&escape::plain(title));
    tile(sheet, root, None, root.bytes.0, 0);
}

fn tile(sheet: &mut Sheet, it: &Tile, parent: Option<&Path>, whole: u64, depth: usize) {
    #[expect(clippy::cast_precision_loss, reason = "a bar has 96 steps")]
    let share = if whole == 0 {
        0.0
    } else {
        it.bytes.0 as f64 / whole as f64
    };
    let bar_width = if sheet.width >= 60 { MAP_BAR } else { 0 };
    let bar = pad(&bar(share, bar_width), bar_width);
    let mut figures = pad_left(&it.bytes.to_string(), 10);
    if sheet.width >= 40 {
        figures.push_str(&pad_left(&words::percent(it.bytes.0, whole), 7));
    }
    let used = 2 + bar_width + columns(&figures) + 2 + depth * 2;
    let label = cut_middle(&label(sheet, it, parent), sheet.width.saturating_sub(used));
    let bar = sheet.ink(Ink::Bar, &bar);
    sheet.line(&format!("  {bar}{figures}  {}{label}", "  ".repeat(depth)));
    let Some(limit) = TILES.get(depth) else {
        return;
    };
    // Below half a percent a box says little; the first few are shown whatever they are.
    let speaks = |inner: &&Tile| inner.bytes.0 >= whole / 200;
    let limit = it
        .inside
        .iter()
        .take_while(speaks)
        .count()
        .clamp(FEW.min(*limit), *limit);
    for inner in it.inside.iter().take(limit) {
        tile(sheet, inner, Some(&it.label.0), whole, depth + 1);
    }
    let left = it.inside.len().saturating_sub(limit);
    // Deep lists only name their largest; what is left out is said where it is much.
    if left > 0 && depth == 0 {
        let more = words::more(left as u64);
        let blanks =
            (2 + bar_width + columns(&figures) + 4).min(sheet.width.saturating_sub(columns(&more)));
        let more = sheet.ink(Ink::Faint, &more);
        sheet.line(&format!("{}{more}", " ".repeat(blanks)));
    }
}

/// Returns a box's name, without the part its parent has said already.
fn label(sheet: &Sheet, tile: &Tile, parent: Option<&Path>) -> String {
    let path = &tile.label.0;
    match parent.and_then(|parent| path.strip_prefix(parent).ok()) {
        Some(rest) if !rest.as_os_str().is_empty() => sheet.words.path(rest),
        _ => sheet.words.path(path),
    }
}

/// Draws bars under each other, with their value in words.
pub(super) fn bars(sheet: &mut Sheet, title: &str, bars: &[Bar]) {
    sheet.small_heading(&escape::plain(title));
    let labels: Vec<_> = bars.iter().map(|it| escape::plain(&it.label)).collect();
    let label_width = labels
        .iter()
        .map(|it| columns(it))
        .max()
        .unwrap_or(0)
        .min(sheet.width / 3);
    let bar_width = BAR.min(sheet.width / 4);
    for (it, label) in bars.iter().zip(labels) {
        let label = pad(&cut_end(&label, label_width), label_width);
        let full = bar(it.share, bar_width);
        let rest = "·".repeat(bar_width - columns(&full));
        let (full, rest) = (sheet.ink(Ink::Bar, &full), sheet.ink(Ink::Faint, &rest));
        let before = 2 + label_width + 2 + bar_width + 2;
        let shown = wrap(
            &escape::plain(&it.shown),
            sheet.width.saturating_sub(before),
        );
        for (n, line) in shown.iter().enumerate() {
            match n {
                0 => sheet.line(&format!("  {label}  {full}{rest}  {line}")),
                _ => sheet.line(&format!("{}{line}", " ".repeat(before))),
            }
        }
    }
}

/// Returns a bar of eighths: empty for nothing or for what is no number, full for all and more.
fn bar(share: f64, width: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let share = if share.is_nan() {
        0.0
    } else {
        share.clamp(0.0, 1.0)
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "clamped"
    )]
    let mut eighths = (share * (width * 8) as f64).round() as usize;
    if share > 0.0 && width > 0 {
        eighths = eighths.max(1);
    }
    format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_its_share() {
        assert_eq!(bar(0.5, 4), "██");
        assert_eq!(bar(0.53, 4), "██▏");
        assert_eq!(bar(1e-9, 4), "▏");
        assert_eq!(
            [f64::NAN, -1.0, 0.0].map(|share| bar(share, 4)),
            ["", "", ""]
        );
        assert_eq!(
            [1.0, 1.05, f64::INFINITY].map(|share| bar(share, 4)),
            ["████", "████", "████"]
        );
    }
}
