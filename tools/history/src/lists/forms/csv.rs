//! Rows of columns. A remark may stand before the row of names, and the names themselves in a remark, as
//! in the lists of URLhaus.
//!
//! Source: RFC 4180, without line breaks inside of quotes.

use std::io::{self, BufRead};

use super::{Odd, Said, Shape, Tally, lines};
use crate::lists::{Subject, sources::is_day};

/// Reads the rows.
///
/// # Errors
/// What the file fails with, or that a named column is not there.
pub(super) fn read(
    shape: &Shape,
    from: &mut dyn BufRead,
    take: &mut dyn FnMut(Said<'_>),
) -> io::Result<Tally> {
    let separator = shape.separator.unwrap_or(',');
    let mut columns = Columns::of(shape);
    let tally = lines::each(from, take, |line, take| {
        let text = line.trim();
        let (is_remark, text) = match text.strip_prefix('#') {
            Some(rest) => (true, rest.trim_start()),
            None => (false, text),
        };
        // Rows up to the one with the names are no entries.
        let waits = columns.waits();
        if text.is_empty() || (is_remark && !waits) {
            return Ok(());
        }
        let fields = fields(text, separator).ok_or(Odd::NotOfThisForm)?;
        match waits {
            true => columns.look_for_names(&fields),
            false => row(&columns, &fields, take)?,
        }
        Ok(())
    })?;
    match columns.missing() {
        None => Ok(tally),
        Some(name) => {
            let error = format!("no row names a column `{name}`");
            Err(io::Error::new(io::ErrorKind::InvalidData, error))
        }
    }
}

fn row(columns: &Columns, fields: &[String], take: &mut dyn FnMut(Said<'_>)) -> Result<(), Odd> {
    let field = |at: Option<usize>| {
        let text = fields.get(at?)?.trim();
        (!text.is_empty()).then_some(text)
    };
    let text = field(columns.subject.at).ok_or(Odd::NotOfThisForm)?;
    let subject = match text.contains("://") || text.contains('/') {
        true => Subject::Page(text),
        false => Subject::Host(super::hosts::host(text)?),
    };
    take(Said::Listed {
        subject,
        family: field(columns.family.at),
        since: field(columns.date.at).and_then(day),
    });
    Ok(())
}

/// Returns the day a date begins with, if it does.
fn day(text: &str) -> Option<&str> {
    text.get(..10).filter(|day| is_day(day))
}

/// One column: what it was called, and where it is.
struct Column {
    name: Option<String>,
    at: Option<usize>,
}

impl Column {
    fn of(name: Option<&String>) -> Self {
        let number = name.and_then(|name| name.parse::<usize>().ok());
        Self {
            at: number.and_then(|number| number.checked_sub(1)),
            name: name.cloned(),
        }
    }
}

struct Columns {
    subject: Column,
    family: Column,
    date: Column,
}

impl Columns {
    fn of(shape: &Shape) -> Self {
        let first = "1".to_owned();
        Self {
            subject: Column::of(Some(shape.column.as_ref().unwrap_or(&first))),
            family: Column::of(shape.family_column.as_ref()),
            date: Column::of(shape.date_column.as_ref()),
        }
    }

    fn all(&self) -> [&Column; 3] {
        [&self.subject, &self.family, &self.date]
    }

    /// Returns whether a column is still to be found by its name.
    fn waits(&self) -> bool {
        self.missing().is_some()
    }

    /// Returns the name of a column that was not found.
    fn missing(&self) -> Option<&str> {
        let missing = self
            .all()
            .into_iter()
            .find(|it| it.at.is_none() && it.name.is_some());
        missing?.name.as_deref()
    }

    /// Looks for the names in a row; they count only if all are there.
    fn look_for_names(&mut self, fields: &[String]) {
        let place = |column: &Column| {
            let name = column.name.as_ref().filter(|_| column.at.is_none())?;
            fields
                .iter()
                .position(|it| it.trim().eq_ignore_ascii_case(name))
        };
        let found = self.all().map(place);
        let waiting = self.all().map(|it| it.at.is_none() && it.name.is_some());
        if found
            .iter()
            .zip(waiting)
            .all(|(found, waits)| found.is_some() == waits)
        {
            for (column, at) in [&mut self.subject, &mut self.family, &mut self.date]
                .into_iter()
                .zip(found)
            {
                column.at = column.at.or(at);
            }
        }
    }
}

/// Takes a row apart; `None` when a quote is not closed.
fn fields(text: &str, separator: char) -> Option<Vec<String>> {
    let mut all = Vec::new();
    let mut rest = text;
    loop {
        let Some(quoted) = rest.strip_prefix('"') else {
            match rest.split_once(separator) {
                Some((field, after)) => {
                    all.push(field.to_owned());
                    rest = after;
                    continue;
                }
                None => {
                    all.push(rest.to_owned());
                    return Some(all);
                }
            }
        };
        let mut field = String::new();
        let mut inside = quoted;
        loop {
            let (part, after) = inside.split_once('"')?;
            field.push_str(part);
            match after.strip_prefix('"') {
                Some(more) => {
                    field.push('"');
                    inside = more;
                }
                None => {
                    inside = after;
                    break;
                }
            }
        }
        all.push(field);
        match inside.strip_prefix(separator) {
            Some(after) => rest = after,
            None => return inside.trim().is_empty().then_some(all),
        }
    }
}
