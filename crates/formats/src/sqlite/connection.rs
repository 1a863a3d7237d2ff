//! Opens SQLite on an image, with everything turned off that reading tables does not need.
//!
//! The image is hostile. Source of the list: <https://www.sqlite.org/security.html> (2026-11).

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use rusqlite::{
    Connection, OpenFlags, Result,
    config::DbConfig,
    hooks::{AuthAction, AuthContext, Authorization},
    limits::Limit,
};

use super::{image::Image, vfs};

/// Bounds against a hostile schema, well above what any browser's database needs.
const LIMITS: [(Limit, i32); 11] = [
    // Chromium keeps no URL above 2 MiB, Firefox none above 64 KiB; titles are short.
    (Limit::SQLITE_LIMIT_LENGTH, 16 << 20),
    (Limit::SQLITE_LIMIT_SQL_LENGTH, 256 << 10),
    (Limit::SQLITE_LIMIT_COLUMN, 200),
    (Limit::SQLITE_LIMIT_EXPR_DEPTH, 100),
    (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 20),
    (Limit::SQLITE_LIMIT_VDBE_OP, 25_000),
    (Limit::SQLITE_LIMIT_FUNCTION_ARG, 32),
    (Limit::SQLITE_LIMIT_ATTACHED, 0),
    (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1_000),
    (Limit::SQLITE_LIMIT_TRIGGER_DEPTH, 1),
    (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
];

const SWITCHES: [(DbConfig, bool); 6] = [
    (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
    (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
    (DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false),
    (DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false),
    (DbConfig::SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, false),
    (DbConfig::SQLITE_DBCONFIG_WRITABLE_SCHEMA, false),
];

/// `hard_heap_limit` counts all of SQLite in this process: a sort cannot take the machine's memory.
const PRAGMAS: &str = "
    pragma hard_heap_limit = 134217728;
    pragma query_only = on;
    pragma temp_store = memory;
    pragma mmap_size = 0;
    pragma cell_size_check = on;
    pragma cache_size = -8192;
";

/// Pragmas that only tell.
const TELLING: [&str; 6] = [
    "encoding",
    "integrity_check",
    "quick_check",
    "table_info",
    "table_xinfo",
    "user_version",
];

/// SQLite asks us whether to go on after so many steps of its machine.
const STEPS: i32 = 1_000;
/// 100 million steps: a table of a million visits read from end to end takes some 15 million.
const MOST_ASKED: u32 = 100_000;
/// A step can be long when it handles long values or a slow disk; so time counts as well.
const LONGEST: Duration = Duration::from_secs(10);

/// Opens the image for reading.
pub(super) fn open(image: &Arc<Image>) -> Result<Connection> {
    let lent = vfs::lend(image)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags_and_vfs(lent.name(), flags, vfs::NAME)?;
    for (limit, value) in LIMITS {
        connection.set_limit(limit, value)?;
    }
    for (switch, on) in SWITCHES {
        connection.set_db_config(switch, on)?;
    }
    // Before anything reads the schema: its length is the first trap.
    bound_work(&mut connection)?;
    connection.execute_batch(PRAGMAS)?;
    let virtual_tables = virtual_tables(&connection)?;
    connection.authorizer(Some(move |asked: AuthContext<'_>| {
        may(&asked, &virtual_tables)
    }))?;
    Ok(connection)
}

fn bound_work(connection: &mut Connection) -> Result<()> {
    let end = Instant::now() + LONGEST;
    let mut asked = 0;
    let stop = move || {
        asked += 1;
        asked > MOST_ASKED || Instant::now() > end
    };
    connection.progress_handler(STEPS, Some(stop))
}

/// Names the tables that are code instead of rows.
fn virtual_tables(connection: &Connection) -> Result<BTreeSet<String>> {
    connection
        .prepare("select lower(name) from sqlite_master where type = 'table' and rootpage = 0")?
        .query_map([], |row| row.get(0))?
        .collect()
}

fn may(asked: &AuthContext<'_>, virtual_tables: &BTreeSet<String>) -> Authorization {
    let allowed = match asked.action {
        AuthAction::Select | AuthAction::Recursive => true,
        AuthAction::Read { table_name, .. } => {
            !virtual_tables.contains(&table_name.to_ascii_lowercase())
        }
        AuthAction::Function { function_name } => {
            !function_name.eq_ignore_ascii_case("load_extension")
        }
        AuthAction::Pragma { pragma_name, .. } => TELLING
            .iter()
            .any(|it| it.eq_ignore_ascii_case(pragma_name)),
        _ => false,
    };
    if allowed {
        Authorization::Allow
    } else {
        Authorization::Deny
    }
}
