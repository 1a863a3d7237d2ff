//! A tool's part of a report, as values: one model that terminal, page and HTML all draw.

use serde::{Deserialize, Serialize};

use serde_json::value::RawValue;

use crate::{Bytes, Days, Level, List, Moment, PathText};

/// One tool's part of a report.
///
/// Everything in it may hold names from the disk or a browser; whoever draws it escapes it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Section {
    /// A short heading: `Duplicates`.
    pub title: String,
    /// One or two sentences with the figures that matter most.
    pub summary: Vec<String>,
    /// Tables and charts, in reading order.
    pub blocks: Vec<Block>,
    /// What a person must know to read the above rightly: limits, dates of lists, lags.
    pub notes: Vec<String>,
}

/// A piece of a section.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Block {
    /// Rows under headings.
    Table(Table),
    /// Boxes whose area is a measure: a disk map.
    Treemap {
        /// What the boxes are, in a few words.
        title: String,
        /// The outermost box.
        root: Tile,
    },
    /// A few parts of a whole: charge of a battery, kinds of junk.
    Bars {
        /// What the bars are, in a few words.
        title: String,
        /// The bars, in reading order.
        bars: Vec<Bar>,
    },
}

/// Rows under headings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// What the rows are, in a few words.
    pub title: String,
    /// One heading per column.
    pub columns: Vec<String>,
    /// Rows of as many cells as there are columns.
    pub rows: Vec<Vec<Cell>>,
    /// How many rows were left out after these.
    pub more: u64,
}

/// One cell of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cell {
    /// Plain words.
    Text(String),
    /// A size.
    Bytes(Bytes),
    /// A count.
    Count(u64),
    /// An age or a span.
    Days(Days),
    /// A file or folder.
    Path(PathText),
    /// A point in time, shown in the person's own time zone.
    Moment(Moment),
    /// A judgement: how much it asks, and the words for it.
    Verdict(Level, String),
    /// Several lines in one cell: the paths of a group, the hops of a chain.
    Lines(Vec<Cell>),
    /// Nothing known.
    Empty,
}

/// A box of a treemap.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tile {
    /// What the box stands for.
    pub label: PathText,
    /// Its area.
    pub bytes: Bytes,
    /// The boxes inside it, largest first; they add up to no more than `bytes`.
    pub inside: Vec<Tile>,
}

/// A bar of a bar chart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bar {
    /// What the bar stands for.
    pub label: String,
    /// Its length as a part of the whole, 0 to 1; larger values are drawn as full and said in `shown`.
    pub share: f64,
    /// The value in words: `49.5 of 50.1 Wh`.
    pub shown: String,
}

/// What a tool hands over when it has ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Outcome {
    /// The tool: `dupes`.
    pub tool: String,
    /// The tool's own fields of the JSON output, an object as its schema in `schemas/` says.
    pub data: Box<RawValue>,
    /// Further fields of that object: lists so long that they go out in pieces, ahead of the rest.
    #[serde(skip)]
    pub lists: Vec<List>,
    /// The same for people.
    pub section: Section,
    /// What it found. Empty means: nothing found where it looked.
    pub findings: Vec<crate::Finding>,
    /// What it could not look at, sorted by path.
    pub skipped: Vec<crate::Skipped>,
}

impl Outcome {
    /// Returns an outcome whose JSON fields are those of `data`.
    ///
    /// # Panics
    /// When `data` is a type that JSON cannot hold, such as a map with keys that are not strings;
    /// that is a mistake in the tool and shows in its first test.
    #[must_use]
    pub fn new(tool: &str, data: &impl Serialize, section: Section) -> Self {
        let data = serde_json::value::to_raw_value(data).expect("a tool's own types fit JSON");
        Self {
            tool: tool.to_owned(),
            data,
            lists: Vec::new(),
            section,
            findings: Vec::new(),
            skipped: Vec::new(),
        }
    }
}
