//! Which tables and columns a database has: browsers differ by version, so queries ask first.

use std::collections::BTreeMap;

use rusqlite::Connection;

/// The ordinary tables of a database with their columns.
///
/// Names compare as in SQL, without regard to ASCII case. Views and virtual tables are not in it:
/// anyone can give those any name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tables(BTreeMap<String, Vec<String>>);

impl Tables {
    /// Says whether there is such a table.
    pub fn has_table(&self, table: &str) -> bool {
        self.0.contains_key(&table.to_ascii_lowercase())
    }

    /// Says whether there is such a table with such a column.
    pub fn has(&self, table: &str, column: &str) -> bool {
        self.columns(table)
            .iter()
            .any(|it| it.eq_ignore_ascii_case(column))
    }

    /// Returns the columns of a table in their order, or none when there is no such table.
    pub fn columns(&self, table: &str) -> &[String] {
        self.0
            .get(&table.to_ascii_lowercase())
            .map_or(&[], Vec::as_slice)
    }

    /// Returns the names of all tables in lower case, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// Lists the ordinary tables of a database with their columns.
///
/// # Errors
/// When the schema cannot be read.
pub fn tables(connection: &Connection) -> rusqlite::Result<Tables> {
    // A virtual table has no page of its own.
    let mut statement = connection.prepare(
        "select lower(entry.name), col.name
         from sqlite_master as entry, pragma_table_xinfo(entry.name) as col
         where entry.type = 'table' and entry.rootpage > 0
         order by entry.name, col.cid",
    )?;
    let mut rows = statement.query([])?;
    let mut tables = Tables::default();
    while let Some(row) = rows.next()? {
        tables.0.entry(row.get(0)?).or_default().push(row.get(1)?);
    }
    Ok(tables)
}
