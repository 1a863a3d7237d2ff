//! Cells of a row as they are: SQLite lets any column hold anything.

use formats::sqlite::{
    Tables,
    rusqlite::{Connection, Result, Row, Statement, types::ValueRef},
};

/// Returns a whole number, or none if the cell holds something else.
pub(super) fn integer(row: &Row<'_>, at: usize) -> Option<i64> {
    match row.get_ref(at).ok()? {
        ValueRef::Integer(value) => Some(value),
        _ => None,
    }
}

/// Returns a number with its fraction, or none if the cell holds something else.
pub(super) fn real(row: &Row<'_>, at: usize) -> Option<f64> {
    match row.get_ref(at).ok()? {
        #[expect(clippy::cast_precision_loss, reason = "a time in whole seconds fits")]
        ValueRef::Integer(value) => Some(value as f64),
        ValueRef::Real(value) => Some(value).filter(|value| value.is_finite()),
        _ => None,
    }
}

/// Returns the bytes of a text, or none if the cell holds something else.
pub(super) fn bytes<'a>(row: &'a Row<'_>, at: usize) -> Option<&'a [u8]> {
    match row.get_ref(at).ok()? {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(bytes),
        _ => None,
    }
}

/// Returns whether a cell holds a text that is not empty.
pub(super) fn is_text(row: &Row<'_>, at: usize) -> bool {
    bytes(row, at).is_some_and(|bytes| !bytes.is_empty())
}

/// Returns a text that is not empty; bytes that are not UTF-8 are replaced.
pub(super) fn text(row: &Row<'_>, at: usize) -> Option<String> {
    let bytes = bytes(row, at).filter(|bytes| !bytes.is_empty())?;
    // Nearly all text is what it should be, and is checked many bytes at a time.
    Some(match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => String::from_utf8_lossy(bytes).into_owned(),
    })
}

/// Returns `alias.column` if the table has that column, else `NULL`.
pub(super) fn column(tables: &Tables, table: &str, alias: &str, column: &str) -> String {
    match tables.has(table, column) {
        true => format!("{alias}.{column}"),
        false => "NULL".to_owned(),
    }
}

/// Prepares a query that goes by an index, or the same without it where the file lacks it.
///
/// `sql` holds `{index}` where the words belong.
pub(super) fn by_index<'a>(
    connection: &'a Connection,
    sql: &str,
    index: &str,
) -> Result<Statement<'a>> {
    let by_name = sql.replace("{index}", &format!("INDEXED BY {index}"));
    connection
        .prepare(&by_name)
        .or_else(|_| connection.prepare(&sql.replace("{index}", "")))
}
