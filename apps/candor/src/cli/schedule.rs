//! The options of `candor schedule`.

use clap::{Args, ValueEnum};

#[derive(Args, Debug)]
pub(crate) struct Schedule {
    /// What is to be started by itself
    #[arg(value_enum, value_name = "WHAT", default_value_t)]
    pub(crate) what: What,
    /// The day of the week on which the junk is shown; Sunday unless another is named
    #[arg(long, value_enum, value_name = "DAY")]
    pub(crate) day: Option<Day>,
    /// Show what would be written, and write nothing
    #[arg(long, conflicts_with = "remove")]
    pub(crate) show: bool,
    /// Remove what an earlier `candor schedule` wrote for this
    #[arg(long)]
    pub(crate) remove: bool,
}

/// What a timer starts. None of it changes anything that is yours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum What {
    /// Once a week, a page that shows the junk
    #[cfg(feature = "clean")]
    #[cfg_attr(feature = "clean", default)]
    Preview,
    /// Once an hour, the courier: it sends what you agreed to and saw, and nothing else
    #[cfg(feature = "consent")]
    #[cfg_attr(not(feature = "clean"), default)]
    Courier,
    /// Once a day, `candor update`
    #[cfg(feature = "history")]
    #[cfg_attr(not(any(feature = "clean", feature = "consent")), default)]
    Lists,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Day {
    #[default]
    Sunday,
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
}
