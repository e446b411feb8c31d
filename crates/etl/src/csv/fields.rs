use std::borrow::Cow;

/// How a line breaks the rules of quoting (RFC 4180), and in which field, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadQuote {
    /// Field at fault.
    pub(crate) field: usize,
    /// What is wrong.
    pub(crate) problem: &'static str,
}

/// The fields of one line; those written in quotes come without them.
pub(crate) type Fields<'a> = Vec<Cow<'a, str>>;

/// Splits a line at `delimiter`, which must be ASCII, into `fields`, which are emptied first.
pub(crate) fn split<'a>(line: &'a str, delimiter: u8, fields: &mut Fields<'a>) -> Result<(), BadQuote> {
    fields.clear();
    let mut rest = line;
    loop {
        let (field, after) = match rest.strip_prefix('"') {
            Some(quoted) => take_quoted(quoted, delimiter),
            None => take_plain(rest, delimiter),
        }
        .map_err(|problem| BadQuote { field: fields.len(), problem })?;
        fields.push(field);
        match after {
            Some(after) => rest = after,
            None => return Ok(()),
        }
    }
}

/// A field, and what follows its delimiter.
type Taken<'a> = (Cow<'a, str>, Option<&'a str>);

fn take_plain(rest: &str, delimiter: u8) -> Result<Taken<'_>, &'static str> {
    let (field, after) = match memchr::memchr(delimiter, rest.as_bytes()) {
        Some(at) => (&rest[..at], Some(&rest[at + 1..])),
        None => (rest, None),
    };
    if field.contains('"') {
        return Err("quote inside a field that is not quoted");
    }
    Ok((Cow::Borrowed(field), after))
}

/// `quoted` begins after the opening quote.
fn take_quoted(quoted: &str, delimiter: u8) -> Result<Taken<'_>, &'static str> {
    let mut closing = None;
    let mut doubled = false;
    let mut quotes = memchr::memchr_iter(b'"', quoted.as_bytes()).peekable();
    while let Some(at) = quotes.next() {
        if quotes.next_if_eq(&(at + 1)).is_some() {
            doubled = true;
        } else {
            closing = Some(at);
            break;
        }
    }
    let at = closing.ok_or("quote is not closed at the end of the line")?;
    let field = &quoted[..at];
    let field = if doubled { Cow::Owned(field.replace("\"\"", "\"")) } else { Cow::Borrowed(field) };
    match quoted.as_bytes().get(at + 1) {
        None => Ok((field, None)),
        Some(&byte) if byte == delimiter => Ok((field, Some(&quoted[at + 2..]))),
        Some(_) => Err("text after a closing quote"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use proptest::prelude::*;

    use super::*;

    fn fields(line: &str) -> Result<Vec<String>, BadQuote> {
        let mut fields = Vec::new();
        split(line, b',', &mut fields)?;
        Ok(fields.into_iter().map(Cow::into_owned).collect())
    }

    fn bad(field: usize, problem: &'static str) -> Result<Vec<String>, BadQuote> {
        Err(BadQuote { field, problem })
    }

    #[test]
    fn quotes_hide_delimiters_and_doubled_quotes() {
        assert_eq!(fields(r#"a,"b,c","d ""e""",,"","#).unwrap(), ["a", "b,c", "d \"e\"", "", "", ""]);
        assert_eq!(fields("").unwrap(), [""]);
        assert_eq!(fields(",").unwrap(), ["", ""]);
        assert_eq!(fields(r#""""#).unwrap(), [""]);
        assert_eq!(fields(r#""""""#).unwrap(), ["\""]);
    }

    #[test]
    fn names_the_field_with_a_bad_quote() {
        assert_eq!(fields(r#"a,"b"#), bad(1, "quote is not closed at the end of the line"));
        assert_eq!(fields(r#"a,b"c,d"#), bad(1, "quote inside a field that is not quoted"));
        assert_eq!(fields(r#"a,b,"c"d"#), bad(2, "text after a closing quote"));
    }

    proptest! {
        #[test]
        fn reads_what_the_csv_crate_writes(record in prop::collection::vec("[a-c\",; é]{0,6}", 1..6)) {
            let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
            writer.write_record(&record).unwrap();
            let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            prop_assert_eq!(fields(text.trim_end_matches('\n')).unwrap(), record);
        }

        #[test]
        fn agrees_with_the_csv_crate_on_every_line_it_accepts(line in "[ab\",]{1,12}") {
            if let Ok(found) = fields(&line) {
                let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(line.as_bytes());
                let expected: Vec<String> =
                    reader.records().next().unwrap().unwrap().iter().map(str::to_owned).collect();
                prop_assert_eq!(found, expected);
            }
        }
    }
}
