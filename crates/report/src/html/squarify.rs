//! Rectangles whose areas are given, packed into one so that they come out close to squares.

/// A rectangle; `x` and `y` are its upper left corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rect {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) w: f64,
    pub(super) h: f64,
}

impl Rect {
    fn shorter(&self) -> f64 {
        self.w.min(self.h)
    }
}

/// Returns one rectangle for each weight, in the same order, which together fill `whole`.
///
/// Weights come largest first; one that is zero, negative or no number gets an empty rectangle.
///
/// Source: M. Bruls, K. Huizing, J. van Wijk, "Squarified Treemaps", 2000, section 3.
pub(super) fn squarify(weights: &[f64], whole: Rect) -> Vec<Rect> {
    let weights: Vec<f64> = weights
        .iter()
        .map(|it| if it.is_finite() { it.max(0.0) } else { 0.0 })
        .collect();
    let total: f64 = weights.iter().sum();
    let empty = Rect {
        w: 0.0,
        h: 0.0,
        ..whole
    };
    let space = whole.w * whole.h;
    // Written so that a total that is no number is refused too.
    if !(total > 0.0 && total.is_finite() && space > 0.0) {
        return vec![empty; weights.len()];
    }
    let areas: Vec<f64> = weights.iter().map(|it| it / total * space).collect();
    let mut out = Vec::with_capacity(areas.len());
    let mut rest = whole;
    let mut at = 0;
    while at < areas.len() {
        let row = row_length(&areas[at..], rest.shorter());
        rest = lay(&areas[at..at + row], rest, &mut out);
        at += row;
    }
    out
}

/// Returns how many of the areas make the best row along a side: adding one more would be worse.
fn row_length(areas: &[f64], side: f64) -> usize {
    let mut sum = areas[0];
    let mut best = worst_ratio(areas[0], areas[0], sum, side);
    for (n, area) in areas.iter().enumerate().skip(1) {
        sum += area;
        let next = worst_ratio(areas[0], *area, sum, side);
        if next > best {
            return n;
        }
        best = next;
    }
    areas.len()
}

/// Returns the worst ratio of sides in a row whose largest and smallest areas are these.
fn worst_ratio(largest: f64, smallest: f64, sum: f64, side: f64) -> f64 {
    if smallest <= 0.0 || sum <= 0.0 {
        return f64::INFINITY;
    }
    let (sum, side) = (sum * sum, side * side);
    (side * largest / sum).max(sum / (side * smallest))
}

/// Lays one row along the shorter side and returns what is left of the rectangle.
fn lay(row: &[f64], rest: Rect, out: &mut Vec<Rect>) -> Rect {
    let sum: f64 = row.iter().sum();
    let thick = if rest.shorter() > 0.0 {
        sum / rest.shorter()
    } else {
        0.0
    };
    let mut along = 0.0;
    if rest.w >= rest.h {
        let thick = thick.min(rest.w);
        for area in row {
            let h = if thick > 0.0 { area / thick } else { 0.0 };
            out.push(Rect {
                x: rest.x,
                y: rest.y + along,
                w: thick,
                h,
            });
            along += h;
        }
        Rect {
            x: rest.x + thick,
            w: rest.w - thick,
            ..rest
        }
    } else {
        let thick = thick.min(rest.h);
        for area in row {
            let w = if thick > 0.0 { area / thick } else { 0.0 };
            out.push(Rect {
                x: rest.x + along,
                y: rest.y,
                w,
                h: thick,
            });
            along += w;
        }
        Rect {
            y: rest.y + thick,
            h: rest.h - thick,
            ..rest
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: Rect = Rect {
        x: 0.0,
        y: 0.0,
        w: 6.0,
        h: 4.0,
    };

    #[test]
    fn areas_are_exact_and_nothing_sticks_out() {
        let weights = [6.0, 6.0, 4.0, 3.0, 2.0, 2.0, 1.0];
        let rects = squarify(&weights, WHOLE);
        for (rect, weight) in rects.iter().zip(weights) {
            assert!((rect.w * rect.h - weight).abs() < 1e-9, "{rect:?} {weight}");
            assert!(rect.x >= 0.0 && rect.y >= 0.0, "{rect:?}");
            assert!(
                rect.x + rect.w <= 6.0 + 1e-9 && rect.y + rect.h <= 4.0 + 1e-9,
                "{rect:?}"
            );
        }
        // The first two columns of the paper's own figure.
        assert_eq!(
            rects[0],
            Rect {
                x: 0.0,
                y: 0.0,
                w: 3.0,
                h: 2.0
            }
        );
        assert_eq!(
            rects[1],
            Rect {
                x: 0.0,
                y: 2.0,
                w: 3.0,
                h: 2.0
            }
        );
    }

    #[test]
    fn no_two_overlap() {
        let weights: Vec<f64> = (1..60).rev().map(f64::from).collect();
        let rects = squarify(
            &weights,
            Rect {
                x: 5.0,
                y: 7.0,
                w: 300.0,
                h: 200.0,
            },
        );
        for (n, a) in rects.iter().enumerate() {
            for b in &rects[n + 1..] {
                let apart = a.x + a.w <= b.x + 1e-6 || b.x + b.w <= a.x + 1e-6;
                assert!(
                    apart || a.y + a.h <= b.y + 1e-6 || b.y + b.h <= a.y + 1e-6,
                    "{a:?} {b:?}"
                );
            }
        }
    }

    #[test]
    fn odd_weights_make_no_odd_rectangles() {
        for weights in [
            vec![],
            vec![0.0, 0.0],
            vec![f64::NAN, 1.0, -3.0],
            vec![f64::MAX, f64::MAX],
            vec![1.0, 0.0],
        ] {
            let rects = squarify(&weights, WHOLE);
            assert_eq!(rects.len(), weights.len());
            assert!(
                rects
                    .iter()
                    .all(|r| r.w.is_finite() && r.h.is_finite() && r.w >= 0.0 && r.h >= 0.0),
                "{rects:?}"
            );
        }
    }
}
