use std::ops::Range;

/// One line of a file, without its line break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    /// First byte of the line in the file.
    pub(crate) offset: u64,
    /// Number of the line in the file from 1, where the reader began at a line whose number it knew.
    pub(crate) number: Option<u64>,
    /// What the line holds.
    pub(crate) text: Text<'a>,
}

/// The bytes of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Text<'a> {
    /// All of them.
    Whole(&'a [u8]),
    /// The line is longer than the reader may hold.
    TooLong {
        /// Its first bytes.
        start: &'a [u8],
        /// Its length.
        size_bytes: u64,
    },
}

/// How many bytes of a line that is too long are kept to show.
const SHOWN_BYTES: usize = 200;

/// Cuts a file into lines while it is fed in pieces, and gives those that start inside a range of bytes.
///
/// Whatever the ranges, as long as they meet, every line is given by exactly one reader: the last line of a range is
/// read to its end beyond the range, and a reader that begins inside a line drops what is left of it.
#[derive(Debug)]
pub(crate) struct LineReader {
    /// Bytes at which lines may start.
    range: Range<u64>,
    max_line_bytes: usize,
    /// Whether a line break inside quotes belongs to the record.
    spans_lines: bool,
    /// Whether the record being read has an odd number of quotes so far.
    in_quotes: bool,
    /// Line breaks inside the record being read.
    n_inner_lines: u64,
    /// Offset of the next byte that will be pushed.
    position: u64,
    /// Offset and number of the line being read.
    line_start: u64,
    line_number: Option<u64>,
    /// What is known of the line from earlier pushes.
    carry: Vec<u8>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// In the rest of a line that started before the range.
    Aligning,
    /// In a line, or at the start of one.
    Reading,
    /// In a line that is too long; only its start is kept.
    Skipping,
    /// Past the last line of the range.
    Done,
}

impl LineReader {
    /// A reader of lines that start in `range`, the first of them at the first byte of the range and of this number.
    pub(crate) fn at_line(range: Range<u64>, number: u64, max_line_bytes: u64) -> Self {
        Self::new(range.start, range, Some(number), State::Reading, max_line_bytes)
    }

    /// A reader of lines that start in `range`, which may begin inside a line and must not begin at byte 0.
    ///
    /// It wants to see the byte before the range, to know whether a line starts with the range.
    pub(crate) fn anywhere(range: Range<u64>, max_line_bytes: u64) -> Self {
        Self::new(range.start.saturating_sub(1), range, None, State::Aligning, max_line_bytes)
    }

    /// The same reader for files whose quoted fields may hold line breaks; it must have begun at a line.
    pub(crate) const fn spanning_lines(mut self, spans_lines: bool) -> Self {
        self.spans_lines = spans_lines;
        self
    }

    fn new(position: u64, range: Range<u64>, number: Option<u64>, state: State, max_line_bytes: u64) -> Self {
        let state = if range.is_empty() { State::Done } else { state };
        Self {
            line_start: position,
            line_number: number,
            position,
            range,
            max_line_bytes: usize::try_from(max_line_bytes).unwrap_or(usize::MAX).max(SHOWN_BYTES),
            spans_lines: false,
            in_quotes: false,
            n_inner_lines: 0,
            carry: Vec::new(),
            state,
        }
    }

    /// Offset of the byte to push next; `None` when no byte is wanted any more.
    pub(crate) fn wants(&self) -> Option<u64> {
        (self.state != State::Done).then_some(self.position)
    }

    /// Reads `bytes`, which lie at [`LineReader::wants`], and returns which of them belong to lines of the range.
    pub(crate) fn push<E>(
        &mut self,
        bytes: &[u8],
        emit: &mut impl FnMut(Line<'_>) -> Result<(), E>,
    ) -> Result<Range<usize>, E> {
        let mut at = 0;
        if self.state == State::Aligning {
            match memchr::memchr(b'\n', bytes) {
                Some(newline) => {
                    at = newline + 1;
                    self.position += at as u64;
                    self.begin_line(State::Reading);
                }
                None => {
                    self.position += bytes.len() as u64;
                    return Ok(bytes.len()..bytes.len());
                }
            }
        }
        let first = at;
        while self.state != State::Done && at < bytes.len() {
            let newline = memchr::memchr(b'\n', &bytes[at..]).map(|found| at + found);
            let until = newline.unwrap_or(bytes.len());
            let piece = &bytes[at..until];
            let line_end = self.position + piece.len() as u64;
            let next = newline.map_or(bytes.len(), |newline| newline + 1);
            self.position += (next - at) as u64;
            at = next;
            if self.spans_lines && memchr::memchr_iter(b'"', piece).count() % 2 == 1 {
                self.in_quotes = !self.in_quotes;
            }
            if newline.is_some() && !self.in_quotes {
                self.end_line(piece, line_end, emit)?;
                self.line_number = self.line_number.map(|number| number + 1 + self.n_inner_lines);
                self.begin_line(State::Reading);
            } else if newline.is_some() {
                self.n_inner_lines += 1;
                self.keep(piece);
                self.keep(b"\n");
            } else {
                self.keep(piece);
            }
        }
        Ok(first..at)
    }

    /// Ends the file: a last line without a line break is a line too.
    pub(crate) fn finish<E>(&mut self, emit: &mut impl FnMut(Line<'_>) -> Result<(), E>) -> Result<(), E> {
        if matches!(self.state, State::Reading | State::Skipping) && self.position > self.line_start {
            self.end_line(&[], self.position, emit)?;
        }
        self.state = State::Done;
        Ok(())
    }

    fn begin_line(&mut self, state: State) {
        self.carry.clear();
        self.in_quotes = false;
        self.n_inner_lines = 0;
        self.line_start = self.position;
        self.state = if self.line_start < self.range.end { state } else { State::Done };
    }

    fn keep(&mut self, piece: &[u8]) {
        if self.state == State::Skipping {
            return;
        }
        if self.carry.len() + piece.len() <= self.max_line_bytes {
            self.carry.extend_from_slice(piece);
        } else {
            let missing = SHOWN_BYTES.saturating_sub(self.carry.len()).min(piece.len());
            self.carry.extend_from_slice(&piece[..missing]);
            self.carry.truncate(SHOWN_BYTES);
            self.carry.shrink_to(SHOWN_BYTES);
            self.state = State::Skipping;
        }
    }

    /// Gives the line whose last piece this is and which ends before byte `end`.
    fn end_line<E>(
        &mut self,
        piece: &[u8],
        end: u64,
        emit: &mut impl FnMut(Line<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let is_whole = self.state == State::Reading && self.carry.is_empty() && piece.len() <= self.max_line_bytes;
        if !is_whole {
            self.keep(piece);
        }
        let text = match (is_whole, self.state) {
            (true, _) => Text::Whole(strip_cr(piece)),
            (false, State::Skipping) => Text::TooLong { start: &self.carry, size_bytes: end - self.line_start },
            (false, _) => Text::Whole(strip_cr(&self.carry)),
        };
        emit(Line { offset: self.line_start, number: self.line_number, text })
    }
}

fn strip_cr(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;

    type Found = (u64, Option<u64>, Result<Vec<u8>, u64>);

    /// Feeds `reader` from `file` in pieces of `step` bytes; gives the lines and the bytes that belong to them.
    fn read(file: &[u8], mut reader: LineReader, step: usize) -> (Vec<Found>, Vec<u8>) {
        let mut lines = Vec::new();
        let mut own = Vec::new();
        let mut emit = |line: Line<'_>| {
            let text = match line.text {
                Text::Whole(bytes) => Ok(bytes.to_vec()),
                Text::TooLong { size_bytes, .. } => Err(size_bytes),
            };
            lines.push((line.offset, line.number, text));
            Ok::<(), Infallible>(())
        };
        while let Some(from) = reader.wants() {
            let from = usize::try_from(from).unwrap();
            if from >= file.len() {
                reader.finish(&mut emit).unwrap();
                break;
            }
            let bytes = &file[from..file.len().min(from + step)];
            let used = reader.push(bytes, &mut emit).unwrap();
            own.extend_from_slice(&bytes[used]);
        }
        (lines, own)
    }

    fn whole(file: &[u8], max: u64) -> Vec<Found> {
        read(file, LineReader::at_line(0..file.len() as u64, 1, max), 1 << 20).0
    }

    #[test]
    fn both_kinds_of_line_break_end_a_line() {
        let lines = whole(b"a\r\nb\n\r\nlast", 1000);
        let texts: Vec<_> =
            lines.iter().map(|(offset, number, text)| (*offset, number.unwrap(), text.clone().unwrap())).collect();
        assert_eq!(
            texts,
            [(0, 1, b"a".to_vec()), (3, 2, b"b".to_vec()), (5, 3, b"".to_vec()), (7, 4, b"last".to_vec())]
        );
    }

    #[test]
    fn a_line_that_is_too_long_is_skipped_and_its_length_told() {
        let mut file = b"short\n".to_vec();
        file.extend(vec![b'x'; 5000]);
        file.extend(b"\nnext\n");
        for step in [1, 7, 100, 4096, 100_000] {
            let (lines, _) = read(&file, LineReader::at_line(0..file.len() as u64, 1, 300), step);
            let expected =
                [(0, Some(1), Ok(b"short".to_vec())), (6, Some(2), Err(5000)), (5007, Some(3), Ok(b"next".to_vec()))];
            assert_eq!(lines, expected, "step {step}");
        }
    }

    #[test]
    fn a_skipped_line_is_not_held_in_memory() {
        let mut reader = LineReader::at_line(0..1 << 40, 1, 4096);
        let piece = vec![b'x'; 1 << 20];
        for _ in 0..100 {
            reader.push(&piece, &mut |_| Ok::<(), Infallible>(())).unwrap();
        }
        assert!(reader.carry.capacity() <= 4096);
    }

    #[test]
    fn a_quoted_line_break_belongs_to_the_record_where_the_table_says_so() {
        let file = b"a,\"b\nc\"\nd,e\n\"never closed\nf,g\n";
        for step in [1, 3, 100] {
            let reader = LineReader::at_line(0..file.len() as u64, 1, 1000).spanning_lines(true);
            let (lines, own) = read(file, reader, step);
            let text = |text: &[u8]| Ok(text.to_vec());
            let expected = [
                (0, Some(1), text(b"a,\"b\nc\"")),
                (8, Some(3), text(b"d,e")),
                (12, Some(4), text(b"\"never closed\nf,g\n")),
            ];
            assert_eq!(lines, expected, "step {step}");
            assert_eq!(own, file);
        }
    }

    proptest! {
        #[test]
        fn any_cut_gives_every_line_once(
            file in prop::collection::vec(prop::sample::select(b"ab\n\r,\"".to_vec()), 0..60),
            mut cuts in prop::collection::vec(1..60_u64, 0..5),
            step in 1..20_usize,
        ) {
            let size = file.len() as u64;
            cuts.retain(|&cut| cut < size);
            cuts.extend([0, size]);
            cuts.sort_unstable();
            cuts.dedup();
            let mut lines = Vec::new();
            let mut own = Vec::new();
            for pair in cuts.windows(2) {
                let reader = match pair[0] {
                    0 => LineReader::at_line(0..pair[1], 1, 1000),
                    start => LineReader::anywhere(start..pair[1], 1000),
                };
                let (part, bytes) = read(&file, reader, step);
                lines.extend(part.into_iter().map(|(offset, _, text)| (offset, text)));
                own.extend(bytes);
            }
            let expected: Vec<_> = whole(&file, 1000).into_iter().map(|(offset, _, text)| (offset, text)).collect();
            prop_assert_eq!(lines, expected);
            prop_assert_eq!(own, file);
        }
    }
}
