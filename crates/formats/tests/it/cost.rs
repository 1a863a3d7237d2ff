//! Only the pages a query needs are read.

use candor_formats::sqlite;

use crate::made;

#[test]
fn a_query_by_index_reads_a_small_part() {
    let (made, connection) = made::database(4096, "delete", 100_000);
    drop(connection);
    let (seen, cost) = sqlite::read(&made.path, |connection| {
        connection.query_row(
            "select count(*), max(length(url)) from visits where time > ?1",
            [7 * 99_900],
            |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)),
        )
    })
    .unwrap();
    assert_eq!(seen.0, 100);
    assert!(cost.pages_total > 3000, "{cost:?}");
    assert!(cost.pages_read * 50 < cost.pages_total, "{cost:?}");
    assert!(cost.bytes_read < 50 * 4096, "{cost:?}");
}
