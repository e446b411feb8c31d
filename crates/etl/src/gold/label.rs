use usecases::Label;

use super::silver::{Need, TableRows};
use crate::EtlError;

/// A label ready to be read off an entity's rows.
pub(super) enum LabelPlan<'a> {
    Level { column: usize, negative: &'a str, positive: &'a str },
    Event { column: usize, above: f64, counter: usize, from: u32, to: u32 },
}

impl<'a> LabelPlan<'a> {
    pub(super) fn new(label: &'a Label, table: &mut TableRows<'a>) -> Result<Self, EtlError> {
        Ok(match label {
            Label::Level { column, negative, positive } => {
                Self::Level { column: table.need(column, Need::Text)?, negative, positive }
            }
            Label::Event { column, above, counter, from, to, .. } => {
                if from > to {
                    return Err(EtlError::declaration(format!("the label's window from {from} to {to} is empty")));
                }
                Self::Event {
                    column: table.need(column, Need::Number)?,
                    above: *above,
                    counter: table.need(counter, Need::Number)?,
                    from: *from,
                    to: *to,
                }
            }
        })
    }

    /// 0, 1, or NaN where it is not known; the text says why there can be none.
    pub(super) fn of(&self, table: &TableRows<'_>, rows: &[usize]) -> Result<f32, String> {
        match self {
            Self::Level { column, negative, positive } => {
                let [row] = rows else { return Err(format!("has {} rows, and its label is in one", rows.len())) };
                match table.text(*column, *row) {
                    None => Ok(f32::NAN),
                    Some(level) if level == *positive => Ok(1.0),
                    Some(level) if level == *negative => Ok(0.0),
                    Some(level) => Err(format!("has the label `{level}`")),
                }
            }
            Self::Event { column, above, counter, from, to } => {
                let mut is_positive = false;
                for step in *from..=*to {
                    let at_step = |row: &&usize| table.number(*counter, **row) == Some(f64::from(step));
                    let mut n_known = 0;
                    for number in rows.iter().filter(at_step).map(|&row| table.number(*column, row)) {
                        let Some(number) = number else { return Ok(f32::NAN) };
                        n_known += 1;
                        is_positive |= number > *above;
                    }
                    if n_known == 0 {
                        return Ok(f32::NAN);
                    }
                }
                Ok(if is_positive { 1.0 } else { 0.0 })
            }
        }
    }
}
