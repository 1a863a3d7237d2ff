//! Fields with few values, and their numbers.
//!
//! Neither the order of fields nor that of choices is material to a declaration: both are sorted
//! here, so that two declarations with one material hash count in one way.

use std::collections::BTreeMap;

use declare::{Field, FieldType};

use super::{EncodeError, Value};

/// Fields with few values each, sorted by name.
#[derive(Clone, Debug)]
pub(super) struct Listing(Vec<Listed>);

/// One field and the values it may take.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    name: String,
    values: Values,
}

#[derive(Clone, Debug)]
enum Values {
    /// Sorted.
    Choices(Vec<String>),
    Integers {
        minimum: i64,
        maximum: i64,
    },
    Booleans,
}

impl Listing {
    /// Takes those fields that `which` names.
    pub(super) fn of(fields: &[Field], which: impl Fn(&Field) -> bool) -> Result<Self, String> {
        let taken = fields.iter().filter(|field| which(field));
        let mut listed = taken.map(Listed::of).collect::<Result<Vec<_>, _>>()?;
        listed.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(Self(listed))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|field| field.name == name)
    }

    /// How many values all fields have together; 1 where there is none.
    pub(super) fn size(&self) -> u64 {
        let sizes = self.0.iter().map(|field| field.values.size());
        sizes.fold(1, u64::saturating_mul)
    }

    /// The number of these values in mixed radix: the last field counts fastest.
    pub(super) fn number_of(&self, values: &BTreeMap<String, Value>) -> Result<u64, EncodeError> {
        self.0.iter().try_fold(0_u64, |number, field| {
            let digit = field.digit_of(values)?;
            Ok(number
                .saturating_mul(field.values.size())
                .saturating_add(digit))
        })
    }

    /// The values of a number; `None` where it stands for none.
    pub(super) fn values_of(&self, mut number: u64) -> Option<BTreeMap<String, Value>> {
        let mut values = BTreeMap::new();
        for field in self.0.iter().rev() {
            let size = field.values.size();
            values.insert(field.name.clone(), field.values.value(number % size)?);
            number /= size;
        }
        (number == 0).then_some(values)
    }

    /// `name=value;name=value`, in the order of the names.
    pub(super) fn text_of(&self, values: &BTreeMap<String, Value>) -> Result<String, EncodeError> {
        let words = self.0.iter().map(|field| {
            let digit = field.digit_of(values)?;
            Ok(format!("{}={}", field.name, field.values.word(digit)))
        });
        Ok(words.collect::<Result<Vec<_>, EncodeError>>()?.join(";"))
    }

    /// Reads what [`Self::text_of`] wrote, and nothing else.
    pub(super) fn read_text(&self, text: &str) -> Option<BTreeMap<String, Value>> {
        let mut words = text.split(';');
        let mut values = BTreeMap::new();
        for field in &self.0 {
            let word = words.next()?.strip_prefix(&field.name)?.strip_prefix('=')?;
            values.insert(field.name.clone(), field.values.read(word)?);
        }
        words.next().is_none().then_some(values)
    }

    /// The length in bytes of the longest text.
    pub(super) fn longest_text(&self) -> usize {
        let lengths = self
            .0
            .iter()
            .map(|field| field.name.len() + 1 + field.values.longest());
        lengths.sum::<usize>() + self.0.len().saturating_sub(1)
    }

    /// All names and values, in one line a field: what is hashed.
    pub(super) fn canonical(&self) -> String {
        let lines = self.0.iter().map(|field| {
            let values = match &field.values {
                Values::Choices(choices) => format!("choice {}", choices.join("|")),
                Values::Integers { minimum, maximum } => format!("integer {minimum}..{maximum}"),
                Values::Booleans => "boolean".to_owned(),
            };
            format!("{} {values}\n", field.name)
        });
        lines.collect()
    }
}

impl Listed {
    fn of(field: &Field) -> Result<Self, String> {
        let values = match field.kind {
            FieldType::Boolean => Values::Booleans,
            FieldType::Integer => Values::Integers {
                minimum: field.minimum.unwrap_or_default(),
                maximum: field.maximum.unwrap_or_default(),
            },
            FieldType::Choice => {
                let mut choices = field.choices.clone().unwrap_or_default();
                choices.sort_unstable();
                choices.dedup();
                if let Some(word) = choices.iter().find(|word| !is_plain(word)) {
                    return Err(format!(
                        "the choice `{word}` of `{}` is no plain word: letters, digits, `-`, `_`, \
                         `.`, `+`",
                        field.name
                    ));
                }
                Values::Choices(choices)
            }
            FieldType::Text | FieldType::Bytes => {
                return Err(format!(
                    "the field `{}` has no list of values, and is not the one secret text",
                    field.name
                ));
            }
        };
        Ok(Self {
            name: field.name.clone(),
            values,
        })
    }

    fn digit_of(&self, values: &BTreeMap<String, Value>) -> Result<u64, EncodeError> {
        let field = || self.name.clone();
        let Some(value) = values.get(&self.name) else {
            return Err(EncodeError::Missing { field: field() });
        };
        let digit = self.values.digit(value);
        digit.ok_or_else(|| EncodeError::Value { field: field() })
    }
}

impl Values {
    fn size(&self) -> u64 {
        match self {
            Self::Choices(choices) => choices.len() as u64,
            // A declaration whose bounds are out of order does not parse.
            Self::Integers { minimum, maximum } => maximum.abs_diff(*minimum).saturating_add(1),
            Self::Booleans => 2,
        }
    }

    fn digit(&self, value: &Value) -> Option<u64> {
        match (self, value) {
            (Self::Choices(choices), Value::Text(word)) => {
                choices.binary_search(word).ok().map(|at| at as u64)
            }
            (Self::Integers { minimum, maximum }, Value::Integer(number)) => (minimum..=maximum)
                .contains(&number)
                .then(|| number.abs_diff(*minimum)),
            (Self::Booleans, Value::Boolean(yes)) => Some(u64::from(*yes)),
            _ => None,
        }
    }

    fn value(&self, digit: u64) -> Option<Value> {
        Some(match self {
            Self::Choices(choices) => {
                Value::Text(choices.get(usize::try_from(digit).ok()?)?.clone())
            }
            Self::Integers { minimum, .. } => Value::Integer(minimum.checked_add_unsigned(digit)?),
            Self::Booleans => Value::Boolean(digit == 1),
        })
    }

    fn word(&self, digit: u64) -> String {
        match self.value(digit) {
            Some(Value::Text(word)) => word,
            Some(Value::Integer(number)) => number.to_string(),
            Some(Value::Boolean(yes)) => yes.to_string(),
            None => String::new(),
        }
    }

    fn read(&self, word: &str) -> Option<Value> {
        let value = match self {
            Self::Choices(_) => Value::Text(word.to_owned()),
            Self::Integers { .. } => Value::Integer(word.parse().ok()?),
            Self::Booleans => Value::Boolean(word.parse().ok()?),
        };
        let digit = self.digit(&value)?;
        // One way to write a value: no `+7`, no `007`.
        (self.word(digit) == word).then_some(value)
    }

    fn longest(&self) -> usize {
        match self {
            Self::Choices(choices) => choices.iter().map(String::len).max().unwrap_or_default(),
            Self::Integers { minimum, maximum } => {
                minimum.to_string().len().max(maximum.to_string().len())
            }
            Self::Booleans => "false".len(),
        }
    }
}

fn is_plain(word: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.+".contains(&byte);
    !word.is_empty() && word.bytes().all(plain)
}
