//! Tables for people: columns as wide as they need to be, numbers to the right.

use std::fmt;

/// Rows of text under headings.
#[derive(Clone, Debug, Default)]
pub struct Table {
    headings: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    #[must_use]
    pub fn new(headings: &[&str]) -> Self {
        Self { headings: headings.iter().map(|heading| (*heading).to_owned()).collect(), rows: Vec::new() }
    }

    /// Adds a row.
    pub fn push(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = || std::iter::once(&self.headings).chain(&self.rows);
        let cell = |row: &[String], column: usize| row.get(column).cloned().unwrap_or_default();
        let columns = 0..self.headings.len();
        let widths: Vec<usize> = columns
            .clone()
            .map(|column| lines().map(|row| cell(row, column).chars().count()).max().unwrap_or(0))
            .collect();
        let is_number: Vec<bool> = columns
            .map(|column| !self.rows.is_empty() && self.rows.iter().all(|row| is_number(&cell(row, column))))
            .collect();
        for (n, row) in lines().enumerate() {
            let mut line = String::new();
            for (column, width) in widths.iter().enumerate() {
                let text = cell(row, column);
                let padding = " ".repeat(width - text.chars().count());
                let gap = if column == 0 { "" } else { "  " };
                line +=
                    &if is_number[column] { format!("{gap}{padding}{text}") } else { format!("{gap}{text}{padding}") };
            }
            if n > 0 {
                f.write_str("\n")?;
            }
            f.write_str(line.trim_end())?;
        }
        Ok(())
    }
}

fn is_number(text: &str) -> bool {
    text == "-" || text.trim_end_matches([' ', 's', '%']).parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn numbers_stand_under_each_other_from_the_right() {
        let mut table = Table::new(&["version", "stage", "auc", "aliases"]);
        table.push(["v1", "Archived", "0.8", ""].map(str::to_owned));
        table.push(["v12", "Production", "-", "live"].map(str::to_owned));
        expect![[r#"
            version  stage       auc  aliases
            v1       Archived    0.8
            v12      Production    -  live"#]]
        .assert_eq(&table.to_string());
    }
}
