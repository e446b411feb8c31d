use resvg::{
    tiny_skia::{Pixmap, Transform},
    usvg::{Options, Tree},
};

/// DejaVu Sans, cut down to Latin letters and a few signs; its licence lies beside it.
const PLAIN: &[u8] = include_bytes!("../fonts/DejaVuSans-subset.ttf");
/// The same in bold.
const BOLD: &[u8] = include_bytes!("../fonts/DejaVuSans-Bold-subset.ttf");
/// Name that the fonts have.
const FAMILY: &str = "DejaVu Sans";
/// Most pixels of a picture: 64 MB of memory.
const MAX_PIXELS: u64 = 16_000_000;

/// Why no picture could be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PngError {
    /// The text is not an SVG.
    #[error("this is not an SVG: {problem}")]
    NotSvg {
        /// What the parser says.
        problem: String,
    },
    /// The picture would have no pixel, or too many.
    #[error("a picture of {width} by {height} pixels cannot be made: 1 to {MAX_PIXELS} are possible")]
    Size {
        /// Width asked for.
        width: u32,
        /// Height asked for.
        height: u32,
    },
    /// The picture could not be written as PNG.
    #[error("the picture could not be written: {problem}")]
    Encode {
        /// What the encoder says.
        problem: String,
    },
}

/// Renders an SVG as PNG, one pixel per unit.
///
/// Only the fonts in this crate are used, and nothing is read from disk or network: the same text gives the same bytes
/// on every machine.
///
/// # Errors
/// Text that is no SVG, or a picture without or with too many pixels.
pub fn to_png(svg: &str) -> Result<Vec<u8>, PngError> {
    let mut options = Options { font_family: FAMILY.to_owned(), ..Options::default() };
    let fonts = options.fontdb_mut();
    fonts.load_font_data(PLAIN.to_vec());
    fonts.load_font_data(BOLD.to_vec());
    fonts.set_sans_serif_family(FAMILY);
    let tree = Tree::from_str(svg, &options).map_err(|error| PngError::NotSvg { problem: error.to_string() })?;
    let size = tree.size().to_int_size();
    let (width, height) = (size.width(), size.height());
    let too_large = u64::from(width) * u64::from(height) > MAX_PIXELS;
    let pixmap = if too_large { None } else { Pixmap::new(width, height) };
    let mut pixmap = pixmap.ok_or(PngError::Size { width, height })?;
    resvg::render(&tree, Transform::default(), &mut pixmap.as_mut());
    pixmap.encode_png().map_err(|error| PngError::Encode { problem: error.to_string() })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;

    fn svg(width: u32, body: &str) -> String {
        format!(r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="40">{body}</svg>"#)
    }

    #[test]
    fn a_text_leaves_pixels_without_any_font_of_the_machine() {
        let text = |weight: &str| {
            svg(
                80,
                &format!(
                    r#"<text x="2" y="30" font-size="20" font-weight="{weight}" font-family="'DejaVu Sans'">ROC</text>"#
                ),
            )
        };
        let (empty, plain, bold) =
            (to_png(&svg(80, "")).unwrap(), to_png(&text("normal")).unwrap(), to_png(&text("bold")).unwrap());
        assert!(plain.starts_with(b"\x89PNG"));
        assert!(plain.len() > empty.len() && plain != bold);
        assert_eq!(to_png(&text("bold")).unwrap(), bold, "the same text gives the same bytes");
    }

    #[test]
    fn what_cannot_be_drawn_has_a_name() {
        assert!(matches!(to_png("<html>"), Err(PngError::NotSvg { .. })));
        assert!(matches!(to_png(&svg(1_000_000, "")), Err(PngError::Size { width: 1_000_000, .. })));
    }
}
