//! What a program refuses.

use crate::normal::NormalError;

/// Why there is no program.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProgramError {
    /// The declaration sends no such record.
    #[error("there is no record `{id}`: the declaration sends nothing of that name")]
    NoSuchRecord {
        /// The program's id.
        id: String,
    },
    /// The protocol cannot carry the record as it is declared.
    #[error("the record `{id}` cannot be sent: {why}")]
    Unfit {
        /// The program's id.
        id: String,
        /// What does not fit, and what would.
        why: String,
    },
}

/// Why values are no record of a program.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// A field has no value.
    #[error("the field `{field}` is missing")]
    Missing {
        /// Its name.
        field: String,
    },
    /// The record has no such field.
    #[error("the record has no field `{field}`")]
    Unknown {
        /// Its name.
        field: String,
    },
    /// A value is of another type, or none of those the declaration lists.
    #[error("the field `{field}` has a value that its declaration does not list")]
    Value {
        /// Its name.
        field: String,
    },
    /// The text is longer than declared.
    #[error("the text has {length} bytes: at most {most}")]
    TooLong {
        /// Its length in bytes.
        length: usize,
        /// The most there may be.
        most: u16,
    },
    /// The text is not in its normal form.
    #[error("the text is not in its normal form")]
    Normal(#[from] NormalError),
    /// The text does not list the declared choices, in their order.
    #[error("the text does not list the declared choices in their order")]
    Choices,
}

/// Why what was revealed is no record of a program.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The text is not as the program would send it.
    #[error("the text is not in the normal form of the program")]
    Text,
    /// The number stands for no values.
    #[error("{aux} stands for no values of the counted fields")]
    Aux {
        /// The number.
        aux: u16,
    },
}
