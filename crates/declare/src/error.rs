//! What is wrong with a declaration, shown where it stands.

use std::{fmt, ops::Range};

/// One thing that is wrong, and its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong, as a sentence.
    pub message: String,
    /// The line, counted from 1.
    pub line: usize,
    /// The column, in characters, counted from 1.
    pub column: usize,
    /// The text of that line.
    text: String,
    /// How many characters of it are meant.
    width: usize,
}

impl Problem {
    /// Points a message at a range of bytes; a range over several lines is cut at the first.
    pub(crate) fn at(source: &str, span: Range<usize>, message: String) -> Self {
        let start = floor(source, span.start);
        let end = floor(source, span.end).max(start);
        let before = source.get(..start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let rest = source.get(line_start..).unwrap_or_default();
        let text = rest.lines().next().unwrap_or_default().to_owned();
        let meant = source
            .get(start..end)
            .unwrap_or_default()
            .lines()
            .next()
            .unwrap_or_default();
        Self {
            message,
            line: before.matches('\n').count() + 1,
            column: source
                .get(line_start..start)
                .unwrap_or_default()
                .chars()
                .count()
                + 1,
            width: meant.trim_end().chars().count().max(1),
            text,
        }
    }
}

/// Returns the nearest place at or before `at` where a character begins.
fn floor(source: &str, at: usize) -> usize {
    (0..=at.min(source.len()))
        .rev()
        .find(|&at| source.is_char_boundary(at))
        .unwrap_or(0)
}

impl fmt::Display for Problem {
    /// Writes the line with a caret under what is meant, then the sentence.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.line.to_string();
        let margin = " ".repeat(number.len());
        // Tabs stay tabs, so that the caret stands under its word however wide they are shown.
        let lead: String = self
            .text
            .chars()
            .take(self.column - 1)
            .map(|c| if c == '\t' { '\t' } else { ' ' })
            .collect();
        writeln!(out, "line {number}, column {}", self.column)?;
        writeln!(out, "{margin} |")?;
        writeln!(out, "{number} | {}", self.text)?;
        writeln!(out, "{margin} | {lead}{}", "^".repeat(self.width))?;
        write!(out, "{}", self.message)
    }
}

/// Everything that is wrong with one declaration, in the order of its lines.
///
/// The display form begins with `line N`; whoever knows the path puts it in front.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", shown(problems))]
pub struct DeclarationError {
    problems: Vec<Problem>,
}

impl DeclarationError {
    pub(crate) fn new(mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(|problem| (problem.line, problem.column));
        Self { problems }
    }

    /// What the reader of TOML found wrong.
    pub(crate) fn of_toml(text: &str, error: &toml::de::Error) -> Self {
        let span = error.span().unwrap_or(0..0);
        Self::new(vec![Problem::at(text, span, error.message().to_owned())])
    }

    /// Returns each problem; there is at least one.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

fn shown(problems: &[Problem]) -> String {
    let all: Vec<String> = problems.iter().map(ToString::to_string).collect();
    all.join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stands_under_what_is_meant() {
        let source = "a = 1\n\tü = \"wrong\"\n";
        let start = source.find("\"wrong\"").unwrap();
        let problem = Problem::at(source, start..start + 7, "no".to_owned());
        assert_eq!(
            problem.to_string(),
            "line 2, column 6\n  |\n2 | \tü = \"wrong\"\n  | \t    ^^^^^^^\nno"
        );
    }

    #[test]
    fn a_span_outside_the_text_is_pointed_at_its_end() {
        let problem = Problem::at("é", 1..90, String::new());
        assert_eq!((problem.line, problem.column), (1, 1));
        assert_eq!(Problem::at("", 5..6, String::new()).line, 1);
    }
}
