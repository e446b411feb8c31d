//! Raw values as bytes, the way a host hands rows to the WebAssembly guest.
//!
//! A row is its values one after the other, without a count: both sides know the fields from the plan.
//! Each value is a tag byte and its content: 0 missing; 1 number, then 8 bytes of IEEE 754 double, little-endian;
//! 2 category, then 4 bytes of length, little-endian, and that many bytes of UTF-8.
//!
//! ```
//! use features::{Value, wire};
//!
//! let mut bytes = Vec::new();
//! for value in [Value::Number(2.5), Value::Missing, Value::Category("yes")] {
//!     wire::encode_value(&value, &mut bytes);
//! }
//! let mut row = [Value::Missing; 3];
//! let mut reader = wire::Reader::new(&bytes);
//! reader.read_row(&mut row)?;
//! assert_eq!(row, [Value::Number(2.5), Value::Missing, Value::Category("yes")]);
//! assert!(reader.is_at_end());
//! # Ok::<(), features::FeatureError>(())
//! ```

use crate::{FeatureError, Value};

const MISSING: u8 = 0;
const NUMBER: u8 = 1;
const CATEGORY: u8 = 2;

/// Appends one value to `out`.
///
/// A text of 4 GiB or more, which no reader here accepts, is written as missing.
pub fn encode_value(value: &Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Missing => out.push(MISSING),
        Value::Number(number) => {
            out.push(NUMBER);
            out.extend_from_slice(&number.to_le_bytes());
        }
        Value::Category(level) => match u32::try_from(level.len()) {
            Ok(length) => {
                out.push(CATEGORY);
                out.extend_from_slice(&length.to_le_bytes());
                out.extend_from_slice(level.as_bytes());
            }
            Err(_) => out.push(MISSING),
        },
    }
}

/// Reads coded values one after the other, without allocating: texts stay where they are.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    /// A reader at the first of `bytes`.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, offset: 0 }
    }

    /// Whether every byte was read.
    #[must_use]
    pub const fn is_at_end(&self) -> bool {
        self.offset == self.bytes.len()
    }

    /// Bytes read so far.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// Reads the next value.
    ///
    /// # Errors
    /// [`FeatureError::Wire`] for an unknown tag, too few bytes, or a text that is not UTF-8.
    pub fn read_value(&mut self) -> Result<Value<'a>, FeatureError> {
        let start = self.offset;
        let [tag] = self.take::<1>()?;
        match tag {
            MISSING => Ok(Value::Missing),
            NUMBER => Ok(Value::Number(f64::from_le_bytes(self.take()?))),
            CATEGORY => {
                let length = u32::from_le_bytes(self.take()?) as usize;
                let text = self.slice(length)?;
                let text = std::str::from_utf8(text)
                    .map_err(|_| FeatureError::Wire { offset: start, reason: "the text is not UTF-8" })?;
                Ok(Value::Category(text))
            }
            _ => Err(FeatureError::Wire { offset: start, reason: "unknown tag" }),
        }
    }

    /// Fills `row` with the next values.
    ///
    /// # Errors
    /// As [`Self::read_value`].
    pub fn read_row(&mut self, row: &mut [Value<'a>]) -> Result<(), FeatureError> {
        for value in row {
            *value = self.read_value()?;
        }
        Ok(())
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], FeatureError> {
        let offset = self.offset;
        let slice = self.slice(N)?;
        slice.try_into().map_err(|_| FeatureError::Wire { offset, reason: "too few bytes" })
    }

    fn slice(&mut self, length: usize) -> Result<&'a [u8], FeatureError> {
        let too_few = FeatureError::Wire { offset: self.offset, reason: "too few bytes" };
        let end = self.offset.checked_add(length).ok_or_else(|| too_few.clone())?;
        let slice = self.bytes.get(self.offset..end).ok_or(too_few)?;
        self.offset = end;
        Ok(slice)
    }
}
